{#- Share of texts that carry a label; percent. Card: sentiment_coverage_pct. -#}
{% macro sentiment_coverage_pct(text_id, sentiment_label, part='value') -%}
    {{ ratio('count(' ~ sentiment_label ~ ')', 'count(' ~ text_id ~ ')', scale=100, part=part) }}
{%- endmacro %}
