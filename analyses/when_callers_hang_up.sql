-- When do callers hang up?
-- Quand nos appelants raccrochent-ils ?
--
-- Inbound calls by weekday (1 = Monday) and local hour of the offer, the hours with most abandoned calls first: share
-- answered, share answered in time, and how long the answered ones waited.

with

contacts as (

    select * from {{ ref('fct_contacts') }}

),

calls as (

    select
        contacts.*,
        {{ iso_weekday('contacts.offered_date') }} as iso_weekday,
        cast(extract(
            hour from {{ utc_to_local('contacts.offered_at', "'" ~ var('report_timezone') ~ "'") }}
        ) as integer) as hour_of_day,
        contacts.outcome = 'abandoned' as is_abandoned,
        contacts.outcome = 'answered'
        and contacts.wait_seconds <= {{ var('service_level_seconds') }} as is_answered_in_time,
        case when contacts.outcome = 'answered' then contacts.wait_seconds end as answer_wait_seconds
    from contacts
    where contacts.is_call_offered

),

final as (

    select
        iso_weekday,
        hour_of_day,
        {{ abandon_rate('is_call_offered', 'is_abandoned', part='denominator') }} as offered_calls,
        {{ abandon_rate('is_call_offered', 'is_abandoned', part='numerator') }} as abandoned_calls,
        {{ abandon_rate('is_call_offered', 'is_abandoned') }} as abandon_rate,
        {{ answer_rate('is_call_offered', 'is_answered_by_human') }} as answer_rate,
        {{ answer_rate_within_threshold('is_call_offered', 'is_answered_in_time') }} as answer_rate_within_threshold,
        {{ average_wait_time('answer_wait_seconds', 'median') }} as median_wait_seconds
    from calls
    group by iso_weekday, hour_of_day

)

select * from final
order by abandoned_calls desc, iso_weekday asc, hour_of_day asc
