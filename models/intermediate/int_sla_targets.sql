-- Grain: one row per metric, priority, channel (null = any without a policy of its own) and stretch of time:
-- the policy in force then. Where several are valid the channel's wins over the general one,
-- then the greatest `valid_from`, then the greatest id.

with

policies as (

    select
        sla_policy_id,
        metric,
        priority,
        channel,
        target_minutes,
        clock,
        coalesce(valid_from, timestamp '1000-01-01 00:00:00') as valid_from,
        coalesce(valid_to, timestamp '9999-12-31 00:00:00') as valid_to
    from {{ ref('stg_sla_policies') }}

),

keys as (

    select distinct
        metric,
        priority,
        channel
    from policies

),

candidates as (

    select
        keys.metric,
        keys.priority,
        keys.channel,
        policies.sla_policy_id,
        policies.channel is not null as is_for_channel,
        policies.target_minutes,
        policies.clock,
        policies.valid_from,
        policies.valid_to
    from keys
    inner join policies
        on keys.metric = policies.metric
        and keys.priority = policies.priority
        and (policies.channel is null or keys.channel = policies.channel)

),

boundaries as (

    select
        metric,
        priority,
        channel,
        valid_from as starts_at
    from candidates
    union
    select
        metric,
        priority,
        channel,
        valid_to as starts_at
    from candidates

),

stretches as (

    select
        *,
        lead(starts_at) over (partition by metric, priority, channel order by starts_at) as ends_at
    from boundaries

),

ranked as (

    select
        stretches.metric,
        stretches.priority,
        stretches.channel,
        stretches.starts_at,
        stretches.ends_at,
        candidates.sla_policy_id,
        candidates.target_minutes,
        candidates.clock,
        row_number() over (
            partition by stretches.metric, stretches.priority, stretches.channel, stretches.starts_at
            order by candidates.is_for_channel desc, candidates.valid_from desc, candidates.sla_policy_id desc
        ) as rank_in_stretch
    from stretches
    inner join candidates
        on stretches.metric = candidates.metric
        and stretches.priority = candidates.priority
        and coalesce(stretches.channel, '') = coalesce(candidates.channel, '')
        and stretches.starts_at >= candidates.valid_from
        and stretches.starts_at < candidates.valid_to
    where stretches.ends_at is not null

),

final as (

    select
        -- keys
        metric,
        priority,
        channel,
        starts_at,
        ends_at,

        -- policy in force
        sla_policy_id,
        {{ as_word('clock', ['business', 'calendar']) }} as clock,
        cast(round(target_minutes * 60000000) as bigint) as target_microseconds

    from ranked
    where rank_in_stretch = 1

)

select * from final
