-- Grain: one row per self-service session that an incremental run works out again; none in a build of everything.
{% set windows = ['self_service_window_hours', 'ai_window_hours'] %}

with

sessions as (

    select * from {{ ref('base_self_service_sessions') }}

),

final as (

    select distinct session_id
    from sessions
    where
        session_id is not null
        and (
            {{ is_row_arrived() }}
            or {{ is_key_among('customer_id', ref('int_touched_customers')) }}
            {% for window in windows -%}
            or {{ is_after_last_as_of('started_at + ' ~ var(window) ~ " * interval '1 hour'") }}
            {% endfor %}
        )

)

select * from final
