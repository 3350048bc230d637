-- Grain: one row per pair of an efficiency KPI and the quality KPI it may be bought with.
{% do check_policy('kpi_pairs') %}

with

kpi_pairs as (

    {{ policy_rows('kpi_pairs', policy_relation('kpi_pairs')) }}

),

final as (

    select
        efficiency_kpi_key,
        quality_kpi_key,
        reason_en,
        reason_fr

    from kpi_pairs

)

select * from final
