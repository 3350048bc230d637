-- Grain: one row per band of first response time.
{% do check_policy('response_time_bands') %}

with

response_time_bands as (

    {{ policy_rows('response_time_bands', policy_relation('response_time_bands')) }}

),

final as (

    select
        band_key,
        upper_minutes,
        name_en,
        name_fr

    from response_time_bands

)

select * from final
