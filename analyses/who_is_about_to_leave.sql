-- Who is about to leave?
-- Qui risque de nous quitter ?
--
-- Active customers with at least two kinds of warning sign in the 90 days before the end of the last month (of the
-- running one: until now): a bad rating, an answer that it was hard, a request that came back, mostly negative words.
-- Those with most signs first. They are keys, not names: names stay in staging.

with

customer_risks as (

    select * from {{ ref('fct_customer_risks') }}
    where period_grain = 'month'

),

latest_month as (

    select max(period_start_date) as month_start_date from customer_risks

),

latest_risks as (

    select customer_risks.*
    from customer_risks
    inner join latest_month on customer_risks.period_start_date = latest_month.month_start_date

),

final as (

    select
        period_start_date as month_start_date,
        coalesce(customer_segment, 'unknown') as customer_segment,
        customer_id,
        warning_count,
        has_bad_rating,
        has_high_effort,
        has_come_back,
        has_negative_texts
    from latest_risks
    group by
        period_start_date,
        coalesce(customer_segment, 'unknown'),
        customer_id,
        warning_count,
        has_bad_rating,
        has_high_effort,
        has_come_back,
        has_negative_texts
    -- What is at risk is the KPI's to say.
    having {{ customers_at_risk('is_active_at_end', 'warning_count') }} > 0

)

select * from final
order by warning_count desc, customer_segment asc, customer_id asc
