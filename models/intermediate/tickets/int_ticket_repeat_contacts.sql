-- Grain: one row per in-scope ticket of a known customer that was solved: the same customer's next ticket on its topic.
{{ config(meta={'touched': 'int_touched_tickets', 'partition_field': 'next_created_at'}) }}
{% set is_unknown_topic_a_repeat = "'" ~ var('fcr_unknown_topic') ~ "' = 'repeat'" %}

with

tickets as (

    select * from {{ ref('int_tickets_scoped') }}
    {{ only_touched('customer_id', 'int_touched_ticket_customers') }}

),

histories as (

    select * from {{ ref('int_ticket_histories') }}

),

customer_tickets as (

    select
        tickets.ticket_id,
        tickets.customer_id,
        tickets.topic,
        tickets.created_at,
        histories.first_solved_at
    from tickets
    inner join histories on tickets.ticket_id = histories.ticket_id
    where tickets.is_in_scope and tickets.customer_id is not null

),

-- A ticket is heard under its topic and, where an empty topic may repeat any other, under "empty" and "any".
creations as (

    select
        customer_id,
        'topic' as topic_kind,
        topic,
        created_at
    from customer_tickets
    where topic is not null

    union all

    select
        customer_id,
        'empty' as topic_kind,
        '' as topic,
        created_at
    from customer_tickets
    where topic is null and {{ is_unknown_topic_a_repeat }}

    union all

    select
        customer_id,
        'any' as topic_kind,
        '' as topic,
        created_at
    from customer_tickets
    where {{ is_unknown_topic_a_repeat }}

),

first_solves as (

    select
        customer_id,
        'topic' as topic_kind,
        topic,
        first_solved_at,
        ticket_id
    from customer_tickets
    where first_solved_at is not null and topic is not null

    union all

    select
        customer_id,
        'empty' as topic_kind,
        '' as topic,
        first_solved_at,
        ticket_id
    from customer_tickets
    where first_solved_at is not null and topic is not null and {{ is_unknown_topic_a_repeat }}

    union all

    select
        customer_id,
        'any' as topic_kind,
        '' as topic,
        first_solved_at,
        ticket_id
    from customer_tickets
    where first_solved_at is not null and topic is null and {{ is_unknown_topic_a_repeat }}

),

-- A creation in the very second of a solve sorts before it: a repeat comes after the solve.
timeline as (

    select
        customer_id,
        topic_kind,
        topic,
        created_at as occurred_at,
        0 as turn,
        created_at,
        null as ticket_id
    from creations

    union all

    select
        customer_id,
        topic_kind,
        topic,
        first_solved_at as occurred_at,
        1 as turn,
        null as created_at,
        ticket_id
    from first_solves

),

followed_solves as (

    select
        ticket_id,
        min(created_at) over (
            partition by customer_id, topic_kind, topic
            order by occurred_at, turn
            rows between 1 following and unbounded following
        ) as next_created_at
    from timeline

),

final as (

    select
        ticket_id,
        min(next_created_at) as next_created_at
    from followed_solves
    where ticket_id is not null
    group by ticket_id

)

select * from final
{{ only_touched('ticket_id', 'int_touched_tickets') }}
