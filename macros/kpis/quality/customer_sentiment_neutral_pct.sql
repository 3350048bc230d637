{#- Share of neutral texts among those with a label; percent. Card: customer_sentiment_neutral_pct. -#}
{% macro customer_sentiment_neutral_pct(sentiment_label, part='value') -%}
    {{ ratio(
        count_if(sentiment_label ~ " = 'neutral'"), 'count(' ~ sentiment_label ~ ')', scale=100, part=part
    ) }}
{%- endmacro %}
