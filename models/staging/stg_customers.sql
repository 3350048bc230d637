-- Grain: one row per customer.

with

customers as (

    select * from {{ ref('base_customers') }}
    where verdict = 'accepted'

),

reporting_window as (

    select * from {{ ref('stg_reporting_window') }}

),

final as (

    select
        -- keys
        customers.customer_id,

        -- description
        customers.customer_segment,
        customers.country_code,
        customers.language_code,

        -- time
        {{ known_by('reporting_window.as_of', 'customers.created_at') }} as created_at,

        -- personal
        customers.email

    from customers
    cross join reporting_window

)

select * from final
