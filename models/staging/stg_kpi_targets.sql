-- Grain: one row per target of a KPI, of all or some of its members, and time it is in force.
{% do check_policy('kpi_targets') %}

with

kpi_targets as (

    {{ policy_rows('kpi_targets', policy_relation('kpi_targets')) }}

),

final as (

    select
        kpi_key,
        kpi_variant,
        dimension,
        member,
        target,
        warning,
        valid_from,
        valid_to,
        owner

    from kpi_targets

)

select * from final
