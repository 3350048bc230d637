-- Grain: one row per contact (call, chat or other handled interaction), however many agents took part.
{{ config(
    materialized='incremental', incremental_strategy='replace_keys', unique_key='contact_id',
    on_schema_change='fail', meta={'touched': 'int_touched_contacts', 'partition_field': 'offered_at'}
) }}
{% set short_abandon_seconds = var('short_abandon_seconds') %}

with

contacts as (

    select * from {{ ref('stg_contacts') }}
    {{ only_touched('contact_id', 'int_touched_contacts') }}

),

legs as (

    select * from {{ ref('stg_contact_legs') }}
    {{ only_touched('contact_id', 'int_touched_contacts') }}

),

tickets as (

    select * from {{ ref('int_tickets_scoped') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

legs_by_contact as (

    select
        contact_id,
        count(*) as leg_count,
        max(ended_at) as last_leg_ended_at,
        {{ exact_sum(handle_seconds('talk_seconds', 'hold_seconds', 'wrap_up_seconds')) }} as handle_seconds
    from legs
    group by contact_id

),

timed_contacts as (

    select
        contacts.*,
        {{ is_answered_by_human('contacts.outcome') }} as is_answered_by_human,
        case
            when contacts.outcome = 'answered' then {{ seconds_between('contacts.offered_at', 'contacts.answered_at') }}
            when contacts.outcome = 'abandoned' then {{ seconds_between('contacts.offered_at', 'contacts.ended_at') }}
        end as wait_seconds
    from contacts

),

final as (

    select
        -- keys
        timed_contacts.contact_id,
        timed_contacts.ticket_id,
        timed_contacts.customer_id,

        -- attributes: its own, else its ticket's
        coalesce(timed_contacts.channel, tickets.channel) as channel,
        timed_contacts.queue,
        timed_contacts.direction,
        timed_contacts.outcome,
        case
            when timed_contacts.customer_id is not null then customers.customer_segment
            else tickets.customer_segment
        end as customer_segment,

        -- call
        timed_contacts.is_answered_by_human,
        timed_contacts.wait_seconds,
        timed_contacts.direction = 'inbound'
        and timed_contacts.channel = 'phone'
        and timed_contacts.outcome in ('answered', 'abandoned', 'callback_answered', 'callback_missed')
        -- Those who hang up at once may be left out of what was offered; 0 leaves nobody out.
        and not coalesce(
            {{ short_abandon_seconds }} > 0
            and timed_contacts.outcome = 'abandoned'
            and timed_contacts.wait_seconds <= {{ short_abandon_seconds }}, false
        ) as is_call_offered,

        -- handling
        legs_by_contact.contact_id is not null as has_leg,
        cast(legs_by_contact.handle_seconds as {{ type_double() }}) as handle_seconds,

        -- instants
        timed_contacts.offered_at,
        timed_contacts.answered_at,
        coalesce(timed_contacts.ended_at, legs_by_contact.last_leg_ended_at, timed_contacts.answered_at) as ended_at,

        -- days
        {{ local_date('timed_contacts.offered_at') }} as offered_date,
        {{ local_date(
            'coalesce(timed_contacts.ended_at, legs_by_contact.last_leg_ended_at, timed_contacts.answered_at)'
        ) }} as ended_date

    from timed_contacts
    left join legs_by_contact on timed_contacts.contact_id = legs_by_contact.contact_id
    left join tickets on timed_contacts.ticket_id = tickets.ticket_id
    left join customers on timed_contacts.customer_id = customers.customer_id

)

select * from final
