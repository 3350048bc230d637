{#- Positive less negative social mentions among those with a label. -100 to 100. Card: social_net_sentiment. -#}
{% macro social_net_sentiment(sentiment_label, part='value') -%}
    {{ ratio(
        count_if(sentiment_label ~ " = 'positive'") ~ ' - ' ~ count_if(sentiment_label ~ " = 'negative'"),
        'count(' ~ sentiment_label ~ ')',
        scale=100,
        part=part
    ) }}
{%- endmacro %}
