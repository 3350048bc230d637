{#- Share of known customers with a session or a ticket whose sessions were followed by no ticket; percent.
    `session_customer`, `followed_customer`: the customer of a session, of a session followed by a ticket, else null. Card: self_service_usage_rate. -#}
{% macro self_service_usage_rate(customer_id, session_customer, followed_customer, part='value') -%}
    {{ ratio(
        'count(distinct ' ~ session_customer ~ ') - count(distinct ' ~ followed_customer ~ ')',
        'count(distinct ' ~ customer_id ~ ')',
        scale=100,
        is_additive=false,
        part=part
    ) }}
{%- endmacro %}
