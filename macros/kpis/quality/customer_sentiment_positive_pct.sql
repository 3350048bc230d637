{#- Share of positive texts among those with a label; percent. Card: customer_sentiment_positive_pct. -#}
{% macro customer_sentiment_positive_pct(sentiment_label, part='value') -%}
    {{ ratio(
        count_if(sentiment_label ~ " = 'positive'"), 'count(' ~ sentiment_label ~ ')', scale=100, part=part
    ) }}
{%- endmacro %}
