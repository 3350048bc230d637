-- The backlog at the end of each day is what was created until then, less what was solved, plus what was reopened; on
-- the last day it is the tickets that are not solved.

with

kpi_values as (

    select * from {{ ref('kpi_values') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

events as (

    select * from {{ ref('int_ticket_events_ordered') }}

),

-- A ticket that came in solved was never open until it was reopened.
open_tickets as (

    select
        tickets.ticket_id,
        tickets.created_date,
        tickets.is_solved,
        coalesce({{ is_solved_status('histories.first_known_status') }}, false) as is_created_solved
    from tickets
    inner join histories on tickets.ticket_id = histories.ticket_id
    where tickets.is_in_scope

),

flows as (

    select
        created_date as flow_date,
        count(*) as ticket_count
    from open_tickets
    where not is_created_solved
    group by created_date

    union all

    select
        {{ local_date('events.occurred_at') }} as flow_date,
        {{ count_if('events.is_solve_undone') }} - {{ count_if('events.is_solve') }} as ticket_count
    from events
    inner join open_tickets on events.ticket_id = open_tickets.ticket_id
    where events.is_solve or events.is_solve_undone
    group by {{ local_date('events.occurred_at') }}

),

daily_flows as (

    select
        flow_date,
        sum(ticket_count) as ticket_count
    from flows
    group by flow_date

),

backlogs as (

    select
        kpi_values.period_start_date,
        kpi_values.value,
        sum(coalesce(daily_flows.ticket_count, 0)) over (order by kpi_values.period_start_date) as expected_value,
        row_number() over (order by kpi_values.period_start_date desc) as day_number_from_last
    from kpi_values
    left join daily_flows on kpi_values.period_start_date = daily_flows.flow_date
    where
        kpi_values.kpi_key = 'open_backlog'
        and kpi_values.period_grain = 'day'
        and kpi_values.dimension = 'overall'

),

unsolved as (

    select {{ count_if('not is_solved and not is_created_solved') }} as ticket_count
    from open_tickets

)

select
    backlogs.period_start_date,
    backlogs.value,
    backlogs.expected_value,
    unsolved.ticket_count as unsolved_tickets
from backlogs
cross join unsolved
where
    backlogs.value <> backlogs.expected_value
    -- Tickets that came in solved and were reopened are open too: at least those that came in open.
    or (backlogs.day_number_from_last = 1 and backlogs.value < unsolved.ticket_count)
