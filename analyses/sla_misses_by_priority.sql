-- Where do we break our promises?
-- Où manquons-nous à nos engagements ?
--
-- Share of first responses and of resolutions within their SLA, by priority and quarter: that of the reply, or of the
-- solve, so that a ticket may be in two of them.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

promises as (

    select
        {{ period_start('quarter', 'first_reply_date') }} as quarter_start_date,
        priority,
        is_first_response_within_sla,
        cast(null as boolean) as is_resolution_within_sla
    from tickets
    where is_in_scope and first_reply_at is not null

    union all

    select
        {{ period_start('quarter', 'last_solved_date') }} as quarter_start_date,
        priority,
        cast(null as boolean) as is_first_response_within_sla,
        is_resolution_within_sla
    from tickets
    where is_in_scope and is_solved

),

final as (

    select
        quarter_start_date,
        priority,
        count(is_first_response_within_sla) as first_response_count,
        {{ first_response_sla_pct('is_first_response_within_sla') }} as first_response_sla_pct,
        count(is_resolution_within_sla) as resolution_count,
        {{ resolution_sla_pct('is_resolution_within_sla') }} as resolution_sla_pct
    from promises
    group by quarter_start_date, priority

)

select * from final
order by priority, quarter_start_date
