-- Grain: one row per reopening of a ticket.
{{ config(materialized='view', unique_key='ticket_id', meta={'touched': 'int_arrived_tickets'}) }}

with

reopenings as (

    select * from {{ ref('int_ticket_reopenings') }}

),

final as (

    select
        -- keys
        event_id,
        ticket_id,

        -- reopening
        reopened_at,
        {{ local_date('reopened_at') }} as reopened_date

    from reopenings

)

select * from final
