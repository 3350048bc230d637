-- From a ServiceNow incident event log to raw tables, in DuckDB. The Python module beside this file prepares
--   log              one row per update of an incident, text as delivered, '?' and '' as null, with file_position
--   instant(text)    d/m/yyyy hh:mm in the log's time zone -> timestamp with time zone
--   system_accounts  the accounts that are no person
-- and runs the statements below from top to bottom. Why each choice was made: docs/connectors.md.

create table states (state text, status text);
insert into states values
('New', 'new'),
('Active', 'open'),
('In Progress', 'open'),
('Awaiting User Info', 'pending'),
('Awaiting Problem', 'on_hold'),
('Awaiting Vendor', 'on_hold'),
('Awaiting Evidence', 'on_hold'),
('On Hold', 'on_hold'),
('Resolved', 'solved'),
('Closed', 'closed'),
('Canceled', 'closed'),
('-100', null); -- a choice that was deleted from the list: the state is unknown, so the one before it stays

create table priorities (label text, priority text);
insert into priorities values
('1 - Critical', 'urgent'),
('2 - High', 'high'),
('3 - Moderate', 'normal'),
('4 - Low', 'low'),
('5 - Planning', 'low');

create table channels (contact_type text, channel text);
insert into channels values
('Phone', 'phone'),
('IVR', 'phone'), -- a call, taken by the voice menu; `source` still says IVR
('Email', 'email'),
('Self service', 'web'),
('Direct opening', 'direct');


-- Grain: one row per row of the log.
create table updates as

with

counted as (

    select
        log.*,
        try_cast(sys_mod_count as bigint) as modification,
        count(*) over (partition by number) as update_count
    from log

),

judged as (

    select
        *,
        count(distinct modification) over (partition by number) = update_count as is_order_known
    from counted

),

-- Many updates share a minute, so only the modification count orders them; where it repeats within an incident
-- it is wrong (a stale first row), and the order of the file is right.
ordered as (

    select
        *,
        row_number() over (
            partition by number
            order by case when is_order_known then modification end, file_position
        ) as update_number
    from judged

),

translated as (

    select
        ordered.number,
        ordered.file_position,
        ordered.update_number,
        ordered.update_number = ordered.update_count as is_last,
        -- A stale row can bear a later time than the rows that follow it: time does not run backwards.
        min(instant(ordered.sys_updated_at)) over (
            partition by ordered.number
            order by ordered.update_number
            rows between current row and unbounded following
        ) as updated_at,
        ordered.sys_updated_by,
        system_accounts.account is not null as is_by_system,

        -- words that the lists do not hold stay as they are: the warehouse rejects them with their reason
        case when states.state is null then lower(ordered.incident_state) else states.status end as stated_status,
        coalesce(priorities.priority, lower(ordered.priority)) as priority,
        coalesce(channels.channel, lower(ordered.contact_type)) as channel,

        ordered.contact_type,
        ordered.assignment_group as team,
        ordered.assigned_to as assignee_id,
        ordered.caller_id,
        ordered.category,
        ordered.subcategory,
        ordered.opened_at,
        ordered.resolved_by
    from ordered
    left join states on ordered.incident_state = states.state
    left join priorities on ordered.priority = priorities.label
    left join channels on ordered.contact_type = channels.contact_type
    left join system_accounts on ordered.sys_updated_by = system_accounts.account

)

select
    * exclude (stated_status),
    coalesce(
        last_value(stated_status ignore nulls) over (
            partition by number
            order by update_number
            rows between unbounded preceding and current row
        ),
        'new'
    ) as status
from translated;


-- Grain: one row per field that an update changed. Before its first row an incident is new and belongs to nobody.
create table changes as

with

compared as (

    select
        *,
        case when update_number = 1 then 'new' else lag(status) over incident_updates end as old_status,
        -- The priority of the first row is the one at creation: no change.
        case when update_number = 1 then priority else lag(priority) over incident_updates end as old_priority,
        lag(team) over incident_updates as old_team,
        lag(assignee_id) over incident_updates as old_assignee_id
    from updates
    window incident_updates as (partition by number order by update_number)

),

-- Within one update the status comes last: who solves has taken the incident first.
listed as (

    select
        number,
        update_number,
        updated_at,
        sys_updated_by,
        is_by_system,
        team,
        resolved_by,
        unnest(
            [
                {'place': 1, 'event_type': 'priority_change', 'old_value': old_priority, 'new_value': priority},
                {'place': 2, 'event_type': 'team_change', 'old_value': old_team, 'new_value': team},
                {'place': 3, 'event_type': 'assignment', 'old_value': old_assignee_id, 'new_value': assignee_id},
                {'place': 4, 'event_type': 'status_change', 'old_value': old_status, 'new_value': status}
            ],
            recursive := true
        )
    from compared

)

select
    printf('%s-%04d-%d', number, update_number, place) as event_id,
    number,
    update_number,
    place,
    updated_at,
    event_type,
    old_value,
    new_value,
    team,
    -- What a system account records as resolved was resolved by the person that resolved_by names.
    case
        when not is_by_system then sys_updated_by
        when event_type = 'status_change' and new_value = 'solved' then resolved_by
    end as actor_id,
    case when is_by_system and actor_id is null then 'system' else 'human_agent' end as actor_type
from listed
where old_value is distinct from new_value;


create table raw_tickets as
select
    number as ticket_id,
    caller_id as customer_id,
    'inbound' as direction,
    channel,
    contact_type as source,
    'incident' as ticket_type,
    nullif(concat_ws(' / ', category, subcategory), '') as topic,
    priority,
    status,
    team,
    assignee_id,
    cast(null as text) as calendar_id,
    instant(opened_at) as created_at,
    updated_at,
    cast(null as boolean) as is_spam,
    cast(null as boolean) as is_deleted,
    cast(null as boolean) as is_test,
    cast(null as text) as merged_into_ticket_id
from updates
where is_last
order by ticket_id;


-- The log holds no texts: no event is a message, and no actor can be told to be a customer or a bot.
create table raw_ticket_events as
select
    event_id,
    number as ticket_id,
    updated_at as occurred_at,
    event_type,
    actor_type,
    actor_id,
    cast(null as boolean) as is_public,
    old_value,
    new_value,
    cast(null as text) as session_id,
    cast(null as text) as body,
    cast(null as text) as sentiment_label
from changes
order by number, update_number, place;


-- Everybody that the tickets and events name; the team is the group that held most of their incidents.
create table raw_agents as

with

appearances as (

    select
        actor_id as agent_id,
        team,
        number
    from changes
    where actor_id is not null

    union all

    select
        assignee_id as agent_id,
        team,
        number
    from updates
    where assignee_id is not null

),

teams as (

    select
        agent_id,
        team,
        -- the most incidents, then the first name in the alphabet; rows without a group only where there is no other
        row_number() over (
            partition by agent_id
            order by team is null, count(distinct number) desc, team
        ) as place
    from appearances
    group by agent_id, team

)

select
    agent_id,
    agent_id as agent_name,
    cast(null as text) as email,
    team,
    cast(null as integer) as tier,
    'human' as agent_kind,
    cast(null as date) as started_on,
    cast(null as date) as ended_on
from teams
where place = 1
order by agent_id;


create table raw_customers as
select distinct
    caller_id as customer_id,
    cast(null as text) as customer_segment,
    cast(null as text) as country_code,
    cast(null as text) as language_code,
    cast(null as text) as email,
    cast(null as timestamp with time zone) as created_at
from updates
where caller_id is not null
order by customer_id;
