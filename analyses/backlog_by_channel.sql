-- On which channel does work pile up?
-- Sur quel canal le travail s'accumule-t-il ?
--
-- Open tickets at the end of each complete month by channel, and those of them that are past their promise, beside what
-- came in and what was solved in the month. A backlog that grows while as much is solved as before wants people.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

stock_changes as (

    select * from {{ ref('fct_ticket_stock_changes') }}

),

periods as (

    select * from {{ ref('dim_periods') }}
    where period_grain = 'month' and is_complete_period

),

channel_changes as (

    select
        coalesce(tickets.channel, 'unknown') as channel,
        stock_changes.changed_date,
        case when stock_changes.stock = 'open_backlog' then stock_changes.change end as backlog_change,
        case
            when stock_changes.stock = 'overdue_open_first_response' then stock_changes.change
        end as overdue_first_response_change,
        case
            when stock_changes.stock = 'overdue_open_resolution' then stock_changes.change
        end as overdue_resolution_change
    from stock_changes
    inner join tickets on stock_changes.ticket_id = tickets.ticket_id
    where tickets.is_in_scope

),

stocks as (

    select
        channel_changes.channel,
        periods.period_start_date as month_start_date,
        {{ open_backlog('channel_changes.backlog_change') }} as open_backlog,
        {{ overdue_open_first_response('channel_changes.overdue_first_response_change') }}
            as overdue_open_first_response,
        {{ overdue_open_resolution('channel_changes.overdue_resolution_change') }} as overdue_open_resolution
    from periods
    inner join channel_changes on periods.next_period_start_date > channel_changes.changed_date
    group by channel_changes.channel, periods.period_start_date

),

created as (

    select
        coalesce(channel, 'unknown') as channel,
        {{ period_start('month', 'created_date') }} as month_start_date,
        {{ ticket_volume('ticket_id') }} as ticket_volume
    from tickets
    where is_in_scope
    group by coalesce(channel, 'unknown'), {{ period_start('month', 'created_date') }}

),

solved as (

    select
        coalesce(channel, 'unknown') as channel,
        {{ period_start('month', 'last_solved_date') }} as month_start_date,
        {{ tickets_resolved('is_solved') }} as tickets_resolved
    from tickets
    where is_in_scope and is_solved
    group by coalesce(channel, 'unknown'), {{ period_start('month', 'last_solved_date') }}

),

final as (

    select
        stocks.channel,
        stocks.month_start_date,
        -- Nothing created or solved in a month truly is none.
        coalesce(created.ticket_volume, 0) as ticket_volume,
        coalesce(solved.tickets_resolved, 0) as tickets_resolved,
        stocks.open_backlog,
        stocks.overdue_open_first_response,
        stocks.overdue_open_resolution
    from stocks
    left join created
        on stocks.channel = created.channel
        and stocks.month_start_date = created.month_start_date
    left join solved
        on stocks.channel = solved.channel
        and stocks.month_start_date = solved.month_start_date

)

select * from final
order by channel, month_start_date
