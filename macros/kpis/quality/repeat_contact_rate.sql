{#- Share of solved tickets whose customer came back on the same topic; percent. Card: repeat_contact_rate. -#}
{% macro repeat_contact_rate(is_counted, has_repeat_contact, part='value') -%}
    {{ share(is_counted, has_repeat_contact, part) }}
{%- endmacro %}
