-- Grain: one row.
{{ config(materialized='table', post_hook='{{ compare_as_of() }}') }}

-- Every model that looks at time comes after this one, so that it is where a build stops whose inputs are beyond use:
-- their rejected rows are then written, and no mart is.
-- depends_on: {{ ref('row_reconciliation') }}
-- depends_on: {{ ref('rejected_rows') }}
{% do check_rejected_share() %}

with

main_instants as (

    {% for thing in [
        'tickets', 'ticket_events', 'contacts', 'contact_legs', 'survey_responses', 'servqual_answers',
        'self_service_sessions', 'bot_conversations', 'bot_questions', 'social_mentions',
    ] -%}
    select
        min(main_instant) as first_instant,
        max(main_instant) as last_instant

    from {{ ref('base_' ~ thing) }}
    where verdict = 'accepted'

    {{ 'union all' if not loop.last }}

    {% endfor %}
),

span as (

    select
        min(first_instant) as first_instant,
        max(last_instant) as last_instant

    from main_instants

),

days as (

    select
        {{ local_date('first_instant') }} as first_date,
        {{ local_date('last_instant') }} as last_date

    from span

),

final as (

    select
        coalesce(
            {{ as_of_instant() }},
            least({{ day_start('last_date + 1') }}, {{ run_start() }})
        ) as as_of,
        first_date,
        last_date

    from days

)

select * from final
