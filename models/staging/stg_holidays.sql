-- Grain: one row per calendar, holiday and interval in which it is open, if any.
{% do check_policy('holidays') %}

with

holidays as (

    {{ policy_rows('holidays', policy_relation('holidays')) }}

),

final as (

    select
        calendar_id,
        holiday_date,
        opens_at as opens_minute,
        closes_at as closes_minute,
        name

    from holidays

)

select * from final
