{#- Share of the mentions that need a reply which got one; percent. Card: social_response_rate. -#}
{% macro social_response_rate(needs_reply, is_answered, part='value') -%}
    {{ share(needs_reply, is_answered, part) }}
{%- endmacro %}
