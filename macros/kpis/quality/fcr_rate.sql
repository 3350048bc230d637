{#- Share of solved tickets resolved at the first contact; percent. Card: fcr_rate. -#}
{% macro fcr_rate(is_counted, is_resolved_at_first_contact, part='value') -%}
    {{ share(is_counted, is_resolved_at_first_contact, part) }}
{%- endmacro %}
