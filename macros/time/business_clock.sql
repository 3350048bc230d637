{#- Join condition that finds the stretch of `int_business_clock` (alias `clock`) in which an instant lies. -#}
{% macro on_business_clock(clock, calendar_id, instant) -%}
    {{ clock }}.calendar_id = {{ calendar_id }}
        and {{ clock }}.epoch_hour = {{ epoch_hour(instant) }}
        and {{ clock }}.starts_at <= {{ instant }}
        and {{ clock }}.ends_at > {{ instant }}
{%- endmacro %}

{#- Microseconds that a calendar had been open until an instant, read off the stretch found by `on_business_clock`;
    null where the calendar is unknown. Business time between two instants is the difference of two readings. -#}
{% macro business_clock_reading(clock, instant) -%}
    {{ clock }}.open_microseconds_before
    + case when {{ clock }}.is_open then {{ microseconds_between(clock ~ '.starts_at', instant) }} else 0 end
{%- endmacro %}

{#- Join condition that finds the stretch of `int_ticket_calendar_stints` (alias `stint`) in which an instant of a ticket lies: none where
    the ticket's calendar never changed. -#}
{% macro on_calendar_stint(stint, ticket_id, instant) -%}
    {{ stint }}.ticket_id = {{ ticket_id }}
        and {{ stint }}.starts_at <= {{ instant }}
        and coalesce({{ stint }}.ends_at, timestamp '9999-12-31 00:00:00') > {{ instant }}
{%- endmacro %}
