-- Grain: one row per customer of the customers delivered; an id that tickets alone know is not among them.

with

customers as (

    select * from {{ ref('stg_customers') }}

),

final as (

    select
        -- keys
        customer_id,

        -- attributes
        customer_segment,
        country_code,
        language_code,

        -- instants
        created_at,

        -- days
        {{ local_date('created_at') }} as created_date

    from customers

)

select * from final
