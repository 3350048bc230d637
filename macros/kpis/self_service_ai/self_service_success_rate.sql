{#- Share of visitors who found what they looked for; percent. `outcome_rank` of a session: 3 helpful, 2 not helpful,
    1 read an article and did not ask, 0 nothing; a visitor's greatest decides, 3 and 1 being found. Card: self_service_success_rate. -#}
{% macro self_service_success_rate(visitor_id, outcome_rank, part='value') -%}
    {{ ratio(
        visitors_from(visitor_id, outcome_rank, 1)
        ~ ' - ' ~ visitors_from(visitor_id, outcome_rank, 2)
        ~ ' + ' ~ visitors_from(visitor_id, outcome_rank, 3),
        visitors_from(visitor_id, outcome_rank, 0),
        scale=100,
        is_additive=false,
        part=part
    ) }}
{%- endmacro %}

{#- Visitors with a session of at least a rank. -#}
{% macro visitors_from(visitor_id, outcome_rank, rank) -%}
    count(distinct {{ visitor_id }}) filter (where {{ outcome_rank }} >= {{ rank }})
{%- endmacro %}
