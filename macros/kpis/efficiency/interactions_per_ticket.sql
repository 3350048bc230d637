{#- Replies up to the last solve (a chat session is one) per solved ticket. Card: interactions_per_ticket. -#}
{% macro interactions_per_ticket(interaction_count, part='value') -%}
    {{ ratio('sum(' ~ interaction_count ~ ')', 'count(' ~ interaction_count ~ ')', part=part) }}
{%- endmacro %}
