-- Does the first response get worse on a channel?
-- Le délai de première réponse se dégrade-t-il sur un canal ?
--
-- Read down a channel: median and slowest tenth of the business minutes to the first reply, month by month, and the
-- share within the SLA. The median tells what a customer meets with; a p90 that rises alone is a queue that some wait
-- in much longer than others.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

final as (

    select
        coalesce(channel, 'unknown') as channel,
        {{ period_start('month', 'first_reply_date') }} as month_start_date,
        count(first_response_business_minutes) as first_reply_count,
        {{ first_response_time('first_response_business_minutes', 'median') }} as median_business_minutes,
        {{ first_response_time('first_response_business_minutes', 'p90') }} as p90_business_minutes,
        {{ first_response_sla_pct('is_first_response_within_sla') }} as first_response_sla_pct
    from tickets
    where is_in_scope and first_reply_at is not null
    group by coalesce(channel, 'unknown'), {{ period_start('month', 'first_reply_date') }}

)

select * from final
order by channel, month_start_date
