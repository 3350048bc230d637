-- Grain: one row per target of a priority, on all channels or one.
{% do check_policy('sla_policies') %}

with

sla_policies as (

    {{ policy_rows('sla_policies', policy_relation('sla_policies')) }}

),

final as (

    select
        sla_policy_id,
        cast(metric as {{ type_text() }}) as metric,
        cast(priority as {{ type_text() }}) as priority,
        channel,
        target_minutes,
        cast(clock as {{ type_text() }}) as clock,
        valid_from,
        valid_to

    from sla_policies

)

select * from final
