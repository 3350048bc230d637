{#- Share of negative texts among those with a label; percent. Card: customer_sentiment_negative_pct. -#}
{% macro customer_sentiment_negative_pct(sentiment_label, part='value') -%}
    {{ ratio(
        count_if(sentiment_label ~ " = 'negative'"), 'count(' ~ sentiment_label ~ ')', scale=100, part=part
    ) }}
{%- endmacro %}
