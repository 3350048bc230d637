-- Grain: one row per calendar, weekday and opening interval.
{% do check_policy('business_hours') %}

with

business_hours as (

    {{ policy_rows('business_hours', policy_relation('business_hours')) }}

),

final as (

    select
        calendar_id,
        iso_weekday,
        opens_at as opens_minute,
        closes_at as closes_minute,
        timezone,
        valid_from,
        valid_to

    from business_hours

)

select * from final
