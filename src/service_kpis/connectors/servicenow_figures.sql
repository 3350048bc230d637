-- One row: what the log's own columns say, for comparison with the figures published on it and with the warehouse's.
-- `made_sla` starts true and turns false, and all counters grow: the last row of an incident is what counts.
with

incidents as (

    select
        log.number,
        log.contact_type,
        log.priority,
        log.made_sla = 'true' as is_sla_made,
        cast(log.reopen_count as bigint) as reopen_count,
        epoch(instant(log.resolved_at)) - epoch(instant(log.opened_at)) as seconds_to_resolved,
        epoch(instant(log.closed_at)) - epoch(instant(log.opened_at)) as seconds_to_closed
    from log
    inner join updates
        on log.file_position = updates.file_position
    where updates.is_last

),

contact_types as (

    select
        contact_type,
        count(*) as incidents
    from incidents
    group by contact_type

),

priorities_made as (

    select
        priority,
        count(*) as incidents,
        100.0 * count(*) filter (where is_sla_made) / nullif(count(*), 0) as made_sla_pct
    from incidents
    group by priority

)

select
    (select count(*) from log) as updates,
    count(*) as incidents,
    count(*) filter (where is_sla_made) as made_sla,
    100.0 * count(*) filter (where is_sla_made) / nullif(count(*), 0) as made_sla_pct,
    count(*) filter (where reopen_count > 0) as reopened_incidents,
    100.0 * count(*) filter (where reopen_count > 0) / nullif(count(*), 0) as reopened_incidents_pct,
    cast(sum(reopen_count) as bigint) as reopenings,
    count(*) filter (where seconds_to_resolved is null) as without_resolved_at,
    avg(seconds_to_closed) / 86400 as days_to_closed_mean,
    percentile_cont(0.5) within group (order by seconds_to_closed) / 86400 as days_to_closed_median,
    avg(seconds_to_resolved) / 86400 as days_to_resolved_mean,
    percentile_cont(0.5) within group (order by seconds_to_resolved) / 86400 as days_to_resolved_median,
    (
        select
            map(
                list(contact_type order by incidents desc, contact_type),
                list(incidents order by incidents desc, contact_type)
            )
        from contact_types
    ) as contact_types,
    (
        select
            map(
                list(priority order by priority),
                list({'incidents': incidents, 'made_sla_pct': made_sla_pct} order by priority)
            )
        from priorities_made
    ) as made_sla_by_priority
from incidents
