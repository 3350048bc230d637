{#- Positive less negative texts among those with a label. -100 to 100. Card: net_sentiment. -#}
{% macro net_sentiment(sentiment_label, part='value') -%}
    {{ ratio(
        count_if(sentiment_label ~ " = 'positive'") ~ ' - ' ~ count_if(sentiment_label ~ " = 'negative'"),
        'count(' ~ sentiment_label ~ ')',
        scale=100,
        part=part
    ) }}
{%- endmacro %}
