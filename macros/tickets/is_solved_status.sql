{#- Whether a ticket in this status counts as solved. -#}
{% macro is_solved_status(status) -%}
    {{ status }} in ('solved', 'closed')
{%- endmacro %}
