{#- Number of tickets created. Card: ticket_volume. -#}
{% macro ticket_volume(ticket_id, part='value') -%}
    {{ total('count(' ~ ticket_id ~ ')', part) }}
{%- endmacro %}
