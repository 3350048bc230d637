-- Which channel must be staffed, and when?
-- Quel canal faut-il renforcer, et à quels moments ?
--
-- Tickets by channel, weekday (1 = Monday) and local hour of their creation, the busiest first, with how long customers
-- of that hour waited: an hour that is busy and slow wants people, one that is busy and fast has them.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

dated_tickets as (

    select
        tickets.*,
        {{ iso_weekday('tickets.created_date') }} as iso_weekday,
        cast(extract(
            hour from {{ utc_to_local('tickets.created_at', "'" ~ var('report_timezone') ~ "'") }}
        ) as integer) as hour_of_day
    from tickets
    where tickets.is_in_scope

),

final as (

    select
        coalesce(channel, 'unknown') as channel,
        iso_weekday,
        hour_of_day,
        {{ ticket_volume('ticket_id') }} as ticket_volume,
        {{ first_response_time('first_response_business_minutes', 'median') }} as median_business_minutes,
        {{ first_response_sla_pct('is_first_response_within_sla') }} as first_response_sla_pct
    from dated_tickets
    group by coalesce(channel, 'unknown'), iso_weekday, hour_of_day

)

select * from final
order by ticket_volume desc, channel asc, iso_weekday asc, hour_of_day asc
