{#- Number of public mentions, comments and reviews. Card: social_mentions. -#}
{% macro social_mentions(is_counted, part='value') -%}
    {{ total(count_if(is_counted), part) }}
{%- endmacro %}
