{#- Instants are naive UTC timestamps in every table. These macros are all that knows how an engine moves between zones. -#}

{#- The local wall clock of a UTC instant, in an IANA zone (an SQL expression, quoted if literal). -#}
{% macro utc_to_local(instant, timezone) -%}
    {{ return(adapter.dispatch('utc_to_local', 'service_kpis')(instant, timezone)) }}
{%- endmacro %}

{% macro default__utc_to_local(instant, timezone) -%}
    (({{ instant }}) at time zone 'UTC' at time zone {{ timezone }})
{%- endmacro %}

{% macro spark__utc_to_local(instant, timezone) -%}
    from_utc_timestamp({{ instant }}, {{ timezone }})
{%- endmacro %}

{#- The UTC instant at which a zone's wall clock shows a local timestamp. -#}
{% macro local_to_utc(local_timestamp, timezone) -%}
    {{ return(adapter.dispatch('local_to_utc', 'service_kpis')(local_timestamp, timezone)) }}
{%- endmacro %}

{% macro default__local_to_utc(local_timestamp, timezone) -%}
    (({{ local_timestamp }}) at time zone {{ timezone }} at time zone 'UTC')
{%- endmacro %}

{% macro spark__local_to_utc(local_timestamp, timezone) -%}
    to_utc_timestamp({{ local_timestamp }}, {{ timezone }})
{%- endmacro %}

{#- The reporting day of a UTC instant: the date in `report_timezone`. -#}
{% macro local_date(instant) -%}
    {{ return(adapter.dispatch('local_date', 'service_kpis')(instant)) }}
{%- endmacro %}

{% macro default__local_date(instant) -%}
    cast({{ utc_to_local(instant, "'" ~ var('report_timezone') ~ "'") }} as date)
{%- endmacro %}

{#- Asking for the wall clock of each row is ten times as dear as adding an offset. At most hours the zone's least and
    greatest offset lead to the same day, and it is the day. -#}
{% macro duckdb__local_date(instant) -%}
    {%- set least, greatest = zone_offset_bounds(var('report_timezone')) -%}
    {%- set earliest_day = 'cast(make_timestamp(epoch_us(' ~ instant ~ ') + ' ~ least ~ ') as date)' -%}
    {%- set latest_day = 'cast(make_timestamp(epoch_us(' ~ instant ~ ') + ' ~ greatest ~ ') as date)' -%}
    case
        when {{ earliest_day }} = {{ latest_day }} then {{ earliest_day }}
        else {{ default__local_date(instant) }}
    end
{%- endmacro %}

{#- Two offsets from UTC, in microseconds, between which all those of a zone lie: looked for once in a run. -#}
{% macro zone_offset_bounds(zone_name) -%}
    {%- set known = known_in_this_run() -%}
    {%- set name = 'zone_offset_bounds ' ~ zone_name -%}
    {%- if name not in known -%} {%- do known.update({name: look_for_zone_offset_bounds(zone_name)}) -%} {%- endif -%}
    {{ return(known[name]) }}
{%- endmacro %}

{#- Winters and summers are looked at; the hour to spare on both sides is for years that had yet another offset, and for rules that
    changed since. -#}
{% macro look_for_zone_offset_bounds(zone_name) -%}
    {%- set hour = 3600 * 1000000 -%}
    {%- if zone_name not in modules.pytz.all_timezones_set -%}
        {#- Further than any zone ever was: no day is taken for granted. -#}
        {{ return([-24 * hour, 24 * hour]) }}
    {%- endif -%}
    {%- set zone = modules.pytz.timezone(zone_name) -%}
    {%- set offsets = [] -%}
    {%- for year in range(1900, 2101) -%}
        {%- for month in (1, 7) -%}
            {%- set offset = zone.localize(modules.datetime.datetime(year, month, 1), is_dst=False).utcoffset() -%}
            {%- do offsets.append((offset.total_seconds() * 1000000) | int) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return([offsets | min - hour, offsets | max + hour]) }}
{%- endmacro %}

{#- The UTC instant at which a reporting day begins. -#}
{% macro day_start(date) -%}
    {{ local_to_utc('cast(' ~ date ~ ' as timestamp)', "'" ~ var('report_timezone') ~ "'") }}
{%- endmacro %}

{#- Microseconds from one instant to another, a bigint: exact, so that a duration equal to a limit compares equal.
    dbt.datediff would count boundaries instead (2 s over a minute edge = 1 minute). -#}
{% macro microseconds_between(start, end) -%}
    {{ return(adapter.dispatch('microseconds_between', 'service_kpis')(start, end)) }}
{%- endmacro %}

{% macro duckdb__microseconds_between(start, end) -%}
    date_diff('microsecond', {{ start }}, {{ end }})
{%- endmacro %}

{% macro postgres__microseconds_between(start, end) -%}
    cast(extract(epoch from ({{ end }}) - ({{ start }})) * 1000000 as bigint)
{%- endmacro %}

{% macro spark__microseconds_between(start, end) -%}
    (unix_micros({{ end }}) - unix_micros({{ start }}))
{%- endmacro %}

{#- Fractional minutes in a number of microseconds. -#}
{% macro as_minutes(microseconds) -%}
    (cast({{ microseconds }} as {{ type_double() }}) / 60000000)
{%- endmacro %}

{#- Fractional minutes from one instant to another. -#}
{% macro minutes_between(start, end) -%}
    {{ as_minutes(microseconds_between(start, end)) }}
{%- endmacro %}

{#- Fractional seconds from one instant to another. -#}
{% macro seconds_between(start, end) -%}
    (cast({{ microseconds_between(start, end) }} as {{ type_double() }}) / 1000000)
{%- endmacro %}

{#- Whole hours since 1970-01-01 00:00 UTC, a bigint: the join key of the business clock. -#}
{% macro epoch_hour(instant) -%}
    {{ return(adapter.dispatch('epoch_hour', 'service_kpis')(instant)) }}
{%- endmacro %}

{% macro duckdb__epoch_hour(instant) -%}
    divide(epoch_us({{ instant }}), 3600000000)
{%- endmacro %}

{% macro postgres__epoch_hour(instant) -%}
    cast(floor(extract(epoch from {{ instant }}) / 3600) as bigint)
{%- endmacro %}

{% macro spark__epoch_hour(instant) -%}
    cast(floor(unix_micros({{ instant }}) / 3600000000) as bigint)
{%- endmacro %}

{#- An instant so many microseconds later. -#}
{% macro add_microseconds(instant, microseconds) -%}
    {{ return(adapter.dispatch('add_microseconds', 'service_kpis')(instant, microseconds)) }}
{%- endmacro %}

{% macro duckdb__add_microseconds(instant, microseconds) -%}
    ({{ instant }} + to_microseconds(cast({{ microseconds }} as bigint)))
{%- endmacro %}

{% macro postgres__add_microseconds(instant, microseconds) -%}
    ({{ instant }} + ({{ microseconds }}) * interval '1 microsecond')
{%- endmacro %}

{% macro spark__add_microseconds(instant, microseconds) -%}
    timestamp_micros(unix_micros({{ instant }}) + ({{ microseconds }}))
{%- endmacro %}

{#- The number of the hour-wide bucket in which a count of microseconds lies. -#}
{% macro hour_bucket(microseconds) -%}
    cast(floor(cast({{ microseconds }} as {{ type_double() }}) / 3600000000) as bigint)
{%- endmacro %}

{#- ISO weekday of a date: 1 = Monday. -#}
{% macro iso_weekday(date) -%}
    {{ return(adapter.dispatch('iso_weekday', 'service_kpis')(date)) }}
{%- endmacro %}

{% macro default__iso_weekday(date) -%}
    cast(extract(isodow from {{ date }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(date) -%}
    (weekday({{ date }}) + 1)
{%- endmacro %}

{#- First day of the day, ISO week, month, quarter or year that a date lies in. -#}
{% macro period_start(grain, date) -%}
    {%- if grain == 'day' -%} {{ date }}
    {%- else -%} cast(date_trunc('{{ grain }}', cast({{ date }} as timestamp)) as date)
    {%- endif -%}
{%- endmacro %}

{#- One row per step from one instant to another, both included: an expression for the select list. -#}
{% macro series(start, end, step) -%}
    {{ return(adapter.dispatch('series', 'service_kpis')(start, end, step)) }}
{%- endmacro %}

{% macro duckdb__series(start, end, step) -%}
    unnest(generate_series(cast({{ start }} as timestamp), cast({{ end }} as timestamp), interval '{{ step }}'))
{%- endmacro %}

{% macro postgres__series(start, end, step) -%}
    generate_series(cast({{ start }} as timestamp), cast({{ end }} as timestamp), interval '{{ step }}')
{%- endmacro %}

{% macro spark__series(start, end, step) -%}
    explode(sequence(cast({{ start }} as timestamp), cast({{ end }} as timestamp), interval {{ step }}))
{%- endmacro %}
