{#- Number of reopenings. Card: reopen_count. -#}
{% macro reopen_count(reopening, part='value') -%}
    {{ total('count(' ~ reopening ~ ')', part) }}
{%- endmacro %}
