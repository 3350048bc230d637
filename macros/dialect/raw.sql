{#- How each engine reads delivered values. Shapes are checked by regular expression before a cast: engines accept different
    things, and a cast that often fails is slow. -#}

{#- text | integer | number | boolean | date | timestamp | instant (a timestamp that knows its zone) | other -#}
{% macro type_family(data_type) -%}
    {%- set type = data_type | lower -%}
    {%- if type.endswith(']') or type.startswith(('struct', 'map', 'array', 'interval')) -%} {{ return('other') }}
    {%- elif type.startswith(('varchar', 'text', 'string', 'char', 'bpchar')) -%} {{ return('text') }}
    {%- elif type.startswith(('timestamp with time zone', 'timestamptz')) -%} {{ return('instant') }}
    {%- elif type.startswith('timestamp') -%} {{ return('timestamp') }}
    {%- elif type == 'date' -%} {{ return('date') }}
    {%- elif type.startswith('bool') -%} {{ return('boolean') }}
    {%- elif type.startswith(('double', 'float', 'real', 'decimal', 'numeric')) -%} {{ return('number') }}
    {%- elif modules.re.match('u?(tiny|small|big|huge)?int|long$|short$|byte$', type) -%} {{ return('integer') }}
    {%- else -%} {{ return('other') }}
    {%- endif -%}
{%- endmacro %}

{#- Type that a kind of the raw layer has in staging. -#}
{% macro kind_type(kind) -%}
    {{ return({
        'id': type_text(), 'text': type_text(), 'ts': 'timestamp', 'date': 'date',
        'int': 'bigint', 'num': type_double(), 'bool': 'boolean', 'time': 'integer',
    }[kind]) }}
{%- endmacro %}

{#- Text without the blanks around it, line breaks and no-break spaces included; null if nothing is left. -#}
{% macro trimmed(expression) -%}
    {{ return(adapter.dispatch('trimmed', 'service_kpis')(expression)) }}
{%- endmacro %}

{#- Most text has no blanks around it, and finding that out takes a tenth of the time of looking for them. -#}
{% macro duckdb__trimmed(expression) -%}
    {%- set blanks = ["' '", 'chr(9)', 'chr(10)', 'chr(11)', 'chr(12)', 'chr(13)', 'chr(160)', 'chr(8239)', 'chr(65279)'] -%}
    case
        when {{ expression }} >= '!' and {{ expression }} < chr(127)
            {%- for blank in blanks %} and not ends_with({{ expression }}, {{ blank }}){% endfor %}
            then {{ expression }}
        else nullif(trim({{ expression }}, {{ blanks | join(' || ') }}), '')
    end
{%- endmacro %}

{% macro postgres__trimmed(expression) -%}
    nullif(btrim({{ expression }}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(8239) || chr(65279)), '')
{%- endmacro %}

{% macro spark__trimmed(expression) -%}
    nullif(trim(both ' \t\n\u000b\u000c\r\u00a0\u202f\ufeff' from {{ expression }}), '')
{%- endmacro %}

{#- Does the whole text match the regular expression? -#}
{% macro matches_fully(expression, pattern) -%}
    {{ return(adapter.dispatch('matches_fully', 'service_kpis')(expression, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_fully(expression, pattern) -%}
    regexp_full_match({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro postgres__matches_fully(expression, pattern) -%}
    ({{ expression }} ~ '^(?:{{ pattern }})$')
{%- endmacro %}

{% macro spark__matches_fully(expression, pattern) -%}
    ({{ expression }} rlike '^(?:{{ pattern }})$')
{%- endmacro %}

{#- The naive UTC timestamp of a value whose type knows its zone. -#}
{% macro utc_of_instant(column) -%}
    {{ return(adapter.dispatch('utc_of_instant', 'service_kpis')(column)) }}
{%- endmacro %}

{% macro default__utc_of_instant(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}

{#- Moving each value between zones is ten times as dear as taking its microseconds since 1970. Infinity has none. -#}
{% macro duckdb__utc_of_instant(column) -%}
    coalesce(make_timestamp(epoch_us({{ column }})), {{ default__utc_of_instant(column) }})
{%- endmacro %}

{% macro spark__utc_of_instant(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{#- A naive timestamp of the source, as UTC. -#}
{% macro source_local_to_utc(local_timestamp) -%}
    {%- set timezone = var('source_timezone') -%}
    {{ local_timestamp if timezone in ('UTC', 'Etc/UTC') else local_to_utc(local_timestamp, "'" ~ timezone ~ "'") }}
{%- endmacro %}

{#- A delivered value as text, whatever its type: what rejected rows show, and how an id stored as a number is read. -#}
{% macro delivered_text(column, data_type) -%}
    {%- set family = type_family(data_type) -%}
    {%- if family == 'text' -%} {{ column }}
    {%- elif family == 'instant' -%}
        cast({{ utc_of_instant(column) }} as {{ type_text() }}) || 'Z'
    {%- elif family == 'number' -%}
        {#- An integer column with gaps is often delivered as floating point: 17.0 is the id 17. -#}
        case
            when abs({{ column }}) < 1e15 and {{ column }} = floor({{ column }}) then cast(cast({{ column }} as bigint) as {{ type_text() }})
            else cast({{ column }} as {{ type_text() }})
        end
    {%- else -%} cast({{ column }} as {{ type_text() }})
    {%- endif -%}
{%- endmacro %}

{#- A delivered value, null if nothing but blanks was delivered; what is of no type that we know is read as its text. -#}
{% macro given_value(column, data_type) -%}
    {%- set family = type_family(data_type) -%}
    {%- if family in ('text', 'other') -%} {{ trimmed(delivered_text(column, data_type)) }}
    {%- else -%} {{ column }}
    {%- endif -%}
{%- endmacro %}

{#- A given value as its kind; null if it is not one. -#}
{% macro typed_value(kind, column, data_type) -%}
    {%- set family = type_family(data_type) -%}
    {%- if family in ('text', 'other') -%} {{ column if kind in ('id', 'text') else value_of_text(kind, column) }}
    {%- elif kind in ('id', 'text') -%} {{ delivered_text(column, data_type) }}
    {%- elif kind == 'ts' and family == 'instant' -%} {{ finite_timestamp(utc_of_instant(column)) }}
    {%- elif kind == 'ts' and family in ('timestamp', 'date') -%} {{ finite_timestamp(source_local_to_utc('cast(' ~ column ~ ' as timestamp)')) }}
    {%- elif kind == 'date' and family == 'date' -%} case when {{ column }} between date '0001-01-01' and date '9999-12-31' then {{ column }} end
    {%- elif kind == 'date' and family in ('timestamp', 'instant') -%}
        {#- Tools without a date type deliver a day as its midnight; any other time of day is no date. -#}
        {%- set value = 'cast(' ~ (column if family == 'timestamp' else utc_of_instant(column)) ~ ' as timestamp)' -%}
        case when {{ finite_timestamp(value) }} = cast(cast({{ finite_timestamp(value) }} as date) as timestamp) then cast({{ value }} as date) end
    {%- elif kind == 'bool' and family == 'boolean' -%} {{ column }}
    {%- elif kind == 'bool' and family in ('integer', 'number') -%} case when {{ column }} = 1 then true when {{ column }} = 0 then false end
    {%- elif kind in ('int', 'num') and family in ('integer', 'number') -%} {{ value_of_number(kind, column) }}
    {%- else -%} cast(null as {{ kind_type(kind) }})
    {%- endif -%}
{%- endmacro %}

{#- A timestamp that a date between the years 1 and 9999 has; infinity is none. -#}
{% macro finite_timestamp(expression) -%}
    case when {{ expression }} between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59' then {{ expression }} end
{%- endmacro %}

{#- A numeric value as int or num; infinities, NaN and, for int, fractions and what does not fit are null. -#}
{% macro value_of_number(kind, column) -%}
    {%- set double = 'cast(' ~ column ~ ' as ' ~ type_double() ~ ')' -%}
    {%- if kind == 'num' -%} case when {{ double }} between -1e300 and 1e300 then {{ double }} end
    {%- else -%} case when {{ double }} between -9e18 and 9e18 and {{ column }} = floor({{ column }}) then cast({{ column }} as bigint) end
    {%- endif -%}
{%- endmacro %}

{#- Shapes of text: ISO 8601 in its extended form, from the day down to fractions of a second; decimal numbers. -#}
{% macro text_shapes() -%}
    {%- set day = '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set time = '(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?' -%}
    {{ return({
        'day': day,
        'utc': day ~ '[T ]' ~ time ~ 'Z',
        'offset': day ~ '[Tt ]' ~ time ~ ' ?(?:[Zz]|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)',
        'naive': day ~ '(?:[Tt ]' ~ time ~ ')?',
        'num': '[+-]?(?:[0-9]{1,40}(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]{1,2})?',
        'int': '[+-]?[0-9]{1,18}(?:[.]0*)?',
        'time': '(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)(?::00)?',
    }) }}
{%- endmacro %}

{#- Trimmed text as its kind; null if it has not the shape or names no day, time or number. -#}
{% macro value_of_text(kind, text) -%}
    {%- set shapes = text_shapes() -%}
    {%- if kind == 'ts' -%}
        case
            when {{ matches_fully(text, shapes['utc']) }} then {{ timestamp_of_text("replace(" ~ text ~ ", 'Z', '')") }}
            when {{ matches_fully(text, shapes['naive']) }} then {{ source_local_to_utc(timestamp_of_text('upper(' ~ text ~ ')')) }}
            when {{ matches_fully(text, shapes['offset']) }} then {{ timestamp_of_offset_text('upper(' ~ text ~ ')') }}
        end
    {%- elif kind == 'date' -%} case when {{ matches_fully(text, shapes['day']) }} then cast({{ timestamp_of_text(text) }} as date) end
    {%- elif kind == 'int' -%} case when {{ matches_fully(text, shapes['int']) }} then cast(split_part({{ text }}, '.', 1) as bigint) end
    {%- elif kind == 'num' -%} case when {{ matches_fully(text, shapes['num']) }} then {{ value_of_number('num', text) }} end
    {%- elif kind == 'bool' -%}
        case
            when lower({{ text }}) in ('true', '1', 't', 'yes') then true
            when lower({{ text }}) in ('false', '0', 'f', 'no') then false
        end
    {%- elif kind == 'time' -%}
        {#- Minutes after midnight. -#}
        case when {{ matches_fully(text, shapes['time']) }}
            then cast(substr({{ text }}, 1, 2) as integer) * 60 + cast(substr({{ text }}, 4, 2) as integer) end
    {%- endif -%}
{%- endmacro %}

{#- The timestamp of a text in the shape of one, without an offset; null for a 30th of February. -#}
{% macro timestamp_of_text(text) -%}
    {{ return(adapter.dispatch('timestamp_of_text', 'service_kpis')(text)) }}
{%- endmacro %}

{% macro duckdb__timestamp_of_text(text) -%}
    try_cast({{ text }} as timestamp)
{%- endmacro %}

{#- A cast that fails stops PostgreSQL's query, so that the day is built from its first of the month. -#}
{% macro postgres__timestamp_of_text(text) -%}
    {%- set first_day = "to_date(left(" ~ text ~ ", 7) || '-01', 'YYYY-MM-DD')" -%}
    case
        when substr({{ text }}, 1, 4) between '0001' and '9999'
            and substr({{ text }}, 6, 2) between '01' and '12'
            and substr({{ text }}, 9, 2) between '01' and '31'
            and cast(substr({{ text }}, 9, 2) as integer)
                <= extract(day from cast({{ first_day }} as timestamp) + interval '1 month' - interval '1 day')
            then cast({{ text }} as timestamp)
    end
{%- endmacro %}

{% macro spark__timestamp_of_text(text) -%}
    try_cast({{ text }} as timestamp)
{%- endmacro %}

{#- The UTC timestamp of a text with an offset, in upper case: the offset is taken off as minutes, because engines differ in what
    their casts do with it. -#}
{% macro timestamp_of_offset_text(text) -%}
    {%- set offset = "regexp_replace(substr(" ~ text ~ ", 17), '^[^Z+-]*', '')" -%}
    {%- set digits = "replace(substr(" ~ offset ~ ", 2), ':', '')" -%}
    {%- set minutes = "coalesce(cast(nullif(substr(" ~ digits ~ ", 1, 2), '') as integer), 0) * 60 + coalesce(cast(nullif(substr(" ~ digits ~ ", 3, 2), '') as integer), 0)" -%}
    {{ timestamp_of_text("rtrim(substr(" ~ text ~ ", 1, length(" ~ text ~ ") - length(" ~ offset ~ ")))") }}
        - case when {{ offset }} like '-%' then -1 else 1 end * ({{ minutes }}) * interval '1' minute
{%- endmacro %}

{#- How a CTE of raw rows is kept. DuckDB expands it where it is used: storing every raw row once more would cost more than reading it
    twice. PostgreSQL would work out an expanded expression again at each of its uses, and of those of a raw row there are dozens. -#}
{% macro raw_cte_storage() -%}
    {{ {'duckdb': 'not materialized ', 'postgres': 'materialized '}.get(target.type, '') }}
{%- endmacro %}

{#- A 64-bit hash of a text. -#}
{% macro text_hash(expression) -%}
    {{ return(adapter.dispatch('text_hash', 'service_kpis')(expression)) }}
{%- endmacro %}

{% macro duckdb__text_hash(expression) -%}
    hash({{ expression }})
{%- endmacro %}

{% macro postgres__text_hash(expression) -%}
    hashtextextended({{ expression }}, 0)
{%- endmacro %}

{% macro spark__text_hash(expression) -%}
    xxhash64({{ expression }})
{%- endmacro %}

{#- A 64-bit hash of a row's values in some columns, nulls included. Different values may share it. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'service_kpis')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro postgres__row_hash(columns) -%}
    hashtextextended(concat_ws('|', {{ columns | join(', ') }}), 0)
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{#- A JSON object, as text, of pairs of a name and an SQL expression of a text. -#}
{% macro json_text(pairs) -%}
    {{ return(adapter.dispatch('json_text', 'service_kpis')(pairs)) }}
{%- endmacro %}

{% macro duckdb__json_text(pairs) -%}
    cast(json_object({% for name, expression in pairs %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}

{#- Put together by hand: json_build_object puts blanks between, and the text would be another one than elsewhere. -#}
{% macro postgres__json_text(pairs) -%}
    '{' || {% for name, expression in pairs %}'"{{ name }}":' || coalesce(cast(to_json({{ expression }}) as text), 'null'){{ " || ',' || " if not loop.last }}{% endfor %} || '}'
{%- endmacro %}

{% macro spark__json_text(pairs) -%}
    to_json(named_struct({% for name, expression in pairs %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}), map('ignoreNullFields', 'false'))
{%- endmacro %}

{#- Where a row stands in a table that was loaded from one file in its order. -#}
{% macro table_position(alias) -%}
    {{ return(adapter.dispatch('table_position', 'service_kpis')(alias)) }}
{%- endmacro %}

{% macro duckdb__table_position(alias) -%}
    {{ alias }}.rowid
{%- endmacro %}

{% macro postgres__table_position(alias) -%}
    (cast(split_part(trim(both '()' from cast({{ alias }}.ctid as text)), ',', 1) as bigint) * 65536
        + cast(split_part(trim(both '()' from cast({{ alias }}.ctid as text)), ',', 2) as bigint))
{%- endmacro %}

{% macro spark__table_position(alias) -%}
    monotonically_increasing_id()
{%- endmacro %}

{#- A query of the names of all time zones that the engine knows, in a column `name`; empty text where it cannot tell. -#}
{% macro timezone_names() -%}
    {{ return(adapter.dispatch('timezone_names', 'service_kpis')()) }}
{%- endmacro %}

{% macro default__timezone_names() -%}
    select name from pg_timezone_names
{%- endmacro %}

{% macro duckdb__timezone_names() -%}
    select name from pg_timezone_names()
{%- endmacro %}

{% macro spark__timezone_names() -%}
{%- endmacro %}

{#- Whether the engine reads files of a folder by itself. -#}
{% macro reads_files() -%}
    {{ return(target.type == 'duckdb') }}
{%- endmacro %}
