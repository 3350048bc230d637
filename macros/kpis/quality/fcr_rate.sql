{#- Share of solved tickets resolved at the first contact; percent. Card: fcr_rate. -#}
{% macro fcr_rate(is_counted, is_resolved_at_first_contact, part='value') -%}
    {{ ratio(count_if(is_counted ~ ' and ' ~ is_resolved_at_first_contact), count_if(is_counted), scale=100, part=part) }}
{%- endmacro %}
