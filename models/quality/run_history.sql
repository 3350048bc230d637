-- Grain: one row per run of `service-kpis refresh` up to this version.

-- Made empty: how a run went is known when it is over, and the command line writes it down before it publishes.
with

final as (

    select
        -- the run
        cast(null as {{ type_text() }}) as version,
        cast(null as {{ type_text() }}) as status,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as finished_at,
        cast(null as {{ type_double() }}) as duration_seconds,
        cast(null as boolean) as is_incremental,

        -- what it found
        cast(null as bigint) as rows_read,
        cast(null as bigint) as rows_rejected,
        cast(null as bigint) as tests_passed,
        cast(null as bigint) as tests_warned,
        cast(null as bigint) as changed_kpi_count,
        cast(null as bigint) as new_signal_count,
        cast(null as {{ type_text() }}) as reason

    where 1 = 0

)

select * from final
