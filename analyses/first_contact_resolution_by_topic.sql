-- Which questions do we not settle at the first contact?
-- Quelles demandes ne réglons-nous pas au premier contact ?
--
-- FCR by topic over all tickets whose window is over, with what stands in its way: customers who came back with the
-- same topic, tickets reopened, tickets handed to a higher tier. The topic worth working on is low and frequent.

with

tickets as (

    select * from {{ ref('fct_tickets') }}

),

final as (

    select
        coalesce(topic, 'unknown') as topic,
        {{ fcr_rate('is_fcr_counted', 'is_resolved_at_first_contact', part='denominator') }} as counted_tickets,
        {{ fcr_rate('is_fcr_counted', 'is_resolved_at_first_contact') }} as fcr_rate,
        {{ repeat_contact_rate('is_fcr_counted', 'has_repeat_contact') }} as repeat_contact_rate,
        {{ reopen_rate('is_reopen_counted', 'is_reopened_in_window') }} as reopen_rate,
        {{ escalation_rate('is_first_handled_at_tier_1', 'is_escalated') }} as escalation_rate,
        {{ interactions_per_ticket('case when is_solved then interaction_count end') }} as interactions_per_ticket
    from tickets
    where is_in_scope
    group by coalesce(topic, 'unknown')

)

select * from final
order by fcr_rate asc nulls last, topic asc
