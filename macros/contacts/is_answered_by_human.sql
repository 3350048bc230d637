{#- Whether a contact with this outcome was handled by a person. -#}
{% macro is_answered_by_human(outcome) -%}
    {{ outcome }} in ('answered', 'callback_answered')
{%- endmacro %}
