{#- Share of the mentions that need a reply which got one; percent. Card: social_response_rate. -#}
{% macro social_response_rate(needs_reply, is_answered, part='value') -%}
    {{ ratio(count_if(needs_reply ~ ' and ' ~ is_answered), count_if(needs_reply), scale=100, part=part) }}
{%- endmacro %}
