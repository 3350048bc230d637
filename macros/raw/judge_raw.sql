{#- The whole of a base model: each raw row typed and judged by the specification of its table.

    Order of judgement: exact duplicates as delivered, the row's own rules in column order, main instants later than as_of, then keys
    that occur twice: what is later than as_of does not take the place of a version that is not. Rows are never sorted or numbered all
    together: keys that occur more than once are found by one aggregation, and windows run over their rows alone.

    An incremental run judges what has arrived, and with it once more the rows it had of the same keys.

    `lookups`: joins that a table's further rules need, and `further_rules`: {column: [{rule, broken_when}]} of them. -#}
{% macro judge_raw(table, lookups='', further_rules={}) -%}
    {%- set relation = raw_relation(table) -%}
    {%- if execute -%}
        {%- if raw_mode() == 'files' and flags.WHICH in ('run', 'build') -%} {%- do land_raw(table) -%} {%- endif -%}
        {%- set spec = raw_spec(table) -%}
        {%- set columns = spec['columns'] -%}
        {%- set keys = columns | selectattr('key', 'defined') | list -%}
        {%- set types = delivered_types(relation, columns) -%}
        {%- set has_order = raw_rows_have_order(types) -%}
        {%- set arrived = land_arrived(table, types, keys) if is_incremental() -%}
        {%- set raw_rows = arrived or raw_rows(table) -%}
        {%- set has_unreadable_lines = 'unreadable_line' in types -%}
        {%- set file, position = row_origin(table, types) -%}
        {%- set key_hash = raw_key_hash(keys, types) -%}
        {%- set version_order -%}
            loaded_at desc nulls last{{ ', updated_at desc nulls last' if columns | selectattr('name', 'equalto', 'updated_at') | list }}
        {%- endset -%}
        {%- set key_names = keys | map(attribute='name') | join(', ') -%}
        {%- set no_text = 'cast(null as ' ~ type_text() ~ ')' %}
{%- if arrived %}
arrived_keys as (

    select distinct {{ key_hash }} as key_hash
    from {{ raw_rows }} as raw_rows

),

earlier_rows as (

    select earlier.* from {{ this }} as earlier
    where
        {{ stored_key_hash(keys, 'earlier') }} in (select arrived_keys.key_hash from arrived_keys)
        -- These are among the arrived ones.
        and not coalesce(earlier.rule = 'in_the_future' and earlier.main_instant <= {{ run_start() }}, false)

),

{% endif -%}
-- Rows that share a hash by chance are told apart by the windows below.
repeated_keys as (

    select key_hash
    from (
        select {{ key_hash }} as key_hash
        from {{ raw_rows }} as raw_rows
        {%- if arrived %}

        union all

        select {{ stored_key_hash(keys, 'earlier_rows') }} as key_hash
        from earlier_rows
        {%- endif %}
    ) as key_hashes
    group by key_hash
    having count(*) > 1

),

delivered_rows as {{ raw_cte_storage() }}(

    select
        {{ delivered_columns(columns, types) }},
        {{ 'raw_rows.unreadable_line' if has_unreadable_lines else 'cast(null as ' ~ type_text() ~ ')' }} as unreadable_line,
        {{ file }} as source_file,
        {{ position }} as row_number,
        false as is_key_repeated,
        1 as copy_number

    from {{ raw_rows }} as raw_rows
    left join repeated_keys on {{ key_hash }} = repeated_keys.key_hash
    where {{ 'raw_rows.unreadable_line is not null or ' if has_unreadable_lines }}repeated_keys.key_hash is null

    union all

    select
        {{ delivered_columns(columns, types) }},
        cast(null as {{ type_text() }}) as unreadable_line,
        {{ file }} as source_file,
        {{ position }} as row_number,
        true as is_key_repeated,
        row_number() over (
            partition by {{ present_columns(columns, types) }}
            order by {{ file }}, {{ position }}
        ) as copy_number

    from {{ raw_rows }} as raw_rows
    inner join repeated_keys on {{ key_hash }} = repeated_keys.key_hash
    {{ 'where raw_rows.unreadable_line is null' if has_unreadable_lines }}

),

given_rows as {{ raw_cte_storage() }}(

    select
        delivered_rows.*,
        {% for column in columns -%}
        {{ given_value('raw_' ~ column.name, types.get(column.name, type_text())) }} as given_{{ column.name }}{{ ',' if not loop.last }}
        {% endfor %}
    from delivered_rows

),

read_rows as {{ raw_cte_storage() }}(

    select
        given_rows.*,
        {% for column in columns -%}
        {{ read_column(column, types.get(column.name, type_text())) }} as {{ column.name }}{{ ',' if not loop.last }}
        {% endfor %}
    from given_rows

),

typed_rows as {{ raw_cte_storage() }}(

    select
        {% for column in columns -%}
        raw_{{ column.name }},
        given_{{ column.name }},
        {{ 'case when given_' ~ column.name ~ ' is null then ' ~ column.default ~ ' else ' ~ column.name ~ ' end as ' if column.default is defined }}{{ column.name }},
        {% endfor -%}
        unreadable_line,
        source_file,
        row_number,
        is_key_repeated,
        copy_number,
        {{ main_instant(spec) }} as main_instant

    from read_rows

),

ruled_rows as {{ raw_cte_storage() }}(

    select
        typed_rows.*,
        case
            when typed_rows.unreadable_line is not null then 'unreadable_line'
            {%- for condition, rule in raw_rules(spec, further_rules) %}
            when {{ condition }} then '{{ rule }}'
            {%- endfor %}
        end as broken_rule

    from typed_rows
    {{ lookups }}

),

judged_rows as {{ raw_cte_storage() }}(

    select
        ruled_rows.*,
        case
            when copy_number > 1 then 'duplicate'
            when broken_rule is not null then 'rejected'
            when main_instant > {{ as_of_instant() }} then 'not_yet'
        end as own_verdict

    from ruled_rows

),

competing_rows as {{ raw_cte_storage() }}(

    select
        {% for column in columns -%}
        raw_{{ column.name }},
        {{ column.name }},
        {% endfor -%}
        unreadable_line,
        source_file,
        row_number,
        main_instant,
        broken_rule,
        own_verdict,
        {{ no_text }} as earlier_row_key,
        {{ no_text }} as earlier_raw_values

    from judged_rows
    where is_key_repeated
    {%- if arrived %}

    union all

    select
        {% for column in columns -%}
        null as raw_{{ column.name }},
        {{ column.name }},
        {% endfor -%}
        {{ no_text }} as unreadable_line,
        source_file,
        row_number,
        main_instant,
        rule as broken_rule,
        case
            when verdict in ('accepted', 'superseded') or rule = 'conflicting_key' then {{ no_text }}
            else verdict
        end as own_verdict,
        row_key as earlier_row_key,
        raw_values as earlier_raw_values

    from earlier_rows
    {%- endif %}

),

versions as {{ raw_cte_storage() }}(

    select
        {% for column in columns -%}
        raw_{{ column.name }},
        {{ column.name }},
        {% endfor -%}
        unreadable_line,
        source_file,
        row_number,
        main_instant,
        broken_rule,
        own_verdict,
        {{ no_text }} as earlier_row_key,
        {{ no_text }} as earlier_raw_values,
        1 as version_rank,
        1 as version_position

    from judged_rows
    where not is_key_repeated

    union all

    select
        competing_rows.*,
        rank() over (partition by own_verdict, {{ key_names }} order by {{ version_order }}) as version_rank,
        {% if not has_order -%}
        {#- None of those that tie is the row. -#}
        count(*) over (partition by own_verdict, {{ key_names }}, {{ version_order | replace(' desc nulls last', '') }}) as version_position
        {%- else -%}
        row_number() over (partition by own_verdict, {{ key_names }} order by {{ version_order }}, source_file, row_number) as version_position
        {%- endif %}

    from competing_rows

),

verdicts as {{ raw_cte_storage() }}(

    select
        versions.*,
        case
            when own_verdict is not null then own_verdict
            when version_rank > 1 then 'superseded'
            when version_position > 1 then 'rejected'
            else 'accepted'
        end as verdict

    from versions

),

final as (

    select
        -- the row
        {% for column in columns -%}
        {{ stored_value(column) }},
        {% endfor %}
        -- where it comes from
        source_file,
        cast(row_number as bigint) as row_number,

        -- judgement
        main_instant,
        {{ as_word('verdict', ['accepted', 'rejected', 'duplicate', 'superseded', 'not_yet']) }} as verdict,
        case when verdict = 'rejected' then coalesce(case when own_verdict = 'rejected' then broken_rule end, 'conflicting_key') end as rule,
        case when verdict = 'rejected' then coalesce(earlier_row_key, {{ delivered_key(keys, types) }}) end as row_key,
        case
            when verdict <> 'rejected' then {{ no_text }}
            when earlier_raw_values is not null then earlier_raw_values
            when unreadable_line is not null then {{ json_text([['unreadable_line', 'unreadable_line']]) }}
            else {{ delivered_json(columns, types) }}
        end as raw_values,
        {{ run_start() }} as judged_at

    from verdicts

)

select * from final
    {%- endif -%}
{%- endmacro %}

{#- Data types of what was delivered, by lower-case column name. Of a relation that is not there yet, all columns as text. -#}
{% macro delivered_types(relation, columns) -%}
    {%- set types = {} -%}
    {%- set is_there = raw_mode() == 'files' and flags.WHICH in ('run', 'build') or load_relation(relation) is not none -%}
    {%- if is_there -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%} {%- do types.update({column.name | lower: column.dtype}) -%} {%- endfor -%}
    {%- else -%}
        {%- for column in columns -%} {%- do types.update({column.name: type_text()}) -%} {%- endfor -%}
    {%- endif -%}
    {{ return(types) }}
{%- endmacro %}

{#- Rows of a database table have no order, unless `service-kpis load` brought them there from files. -#}
{% macro raw_rows_have_order(types) -%}
    {{ return(raw_mode() != 'schema' or ('source_file' in types and 'file_row_number' in types)) }}
{%- endmacro %}

{#- SQL of the file that a row is from, and of its position there. -#}
{% macro row_origin(table, types) -%}
    {%- if not raw_rows_have_order(types) -%}
        {{ return(["'" ~ source('raw', table).schema ~ '.' ~ table ~ "'", 'cast(null as bigint)']) }}
    {%- elif raw_mode() == 'seeds' -%}
        {{ return(["'seeds/raw/" ~ table ~ ".csv'", table_position('raw_rows')]) }}
    {%- elif 'file_row_number' in types -%}
        {{ return(['raw_rows.source_file', 'raw_rows.file_row_number']) }}
    {%- else -%}
        {{ return(['raw_rows.source_file', table_position('raw_rows')]) }}
    {%- endif -%}
{%- endmacro %}

{% macro raw_key_hash(keys, types) -%}
    {%- set parts = [] -%}
    {%- for key in keys -%}
        {%- set type = types.get(key.name, type_text()) -%}
        {%- set value = read_column(key, type, given_value('raw_rows.' ~ key.name, type)) -%}
        {%- do parts.append("coalesce(cast(" ~ value ~ " as " ~ type_text() ~ "), '')") -%}
    {%- endfor -%}
    {{ return(text_hash(parts | join(" || '|' || "))) }}
{%- endmacro %}

{#- The same of a row that a base model holds. -#}
{% macro stored_key_hash(keys, alias) -%}
    {%- set parts = [] -%}
    {%- for key in keys -%} {%- do parts.append('coalesce(cast(' ~ alias ~ '.' ~ key.name ~ ' as ' ~ type_text() ~ "), '')") -%} {%- endfor -%}
    {{ text_hash(parts | join(" || '|' || ")) }}
{%- endmacro %}

{#- A given value as the specification wants it kept, before defaults. -#}
{% macro read_column(column, type, given=none) -%}
    {%- set value = typed_value(column.kind, given or 'given_' ~ column.name, type) -%}
    {%- if column.get('values') -%} {{ known_word('lower(' ~ value ~ ')', column['values']) }}
    {%- elif column.get('fold') == 'lower' -%} lower({{ value }})
    {%- elif column.get('truncate') == 'month' -%} {{ period_start('month', value) }}
    {%- else -%} {{ value }}
    {%- endif -%}
{%- endmacro %}

{#- A typed value as a base model holds it. -#}
{% macro stored_value(column) -%}
    {%- if column.get('values') -%} {{ as_word(column.name, column['values']) }} as {{ column.name }}
    {%- else -%} {{ column.name }}
    {%- endif -%}
{%- endmacro %}

{% macro delivered_columns(columns, types) -%}
    {%- for column in columns -%}
    {{ 'raw_rows.' ~ column.name if column.name in types else 'cast(null as ' ~ type_text() ~ ')' }} as raw_{{ column.name }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro present_columns(columns, types) -%}
    {%- for column in columns if column.name in types -%} raw_rows.{{ column.name }}{{ ', ' if not loop.last }} {%- endfor -%}
{%- endmacro %}

{#- The key as delivered: composite ones joined by a bar, empty if there is nothing of it. -#}
{% macro delivered_key(keys, types) -%}
    {%- set parts = [] -%}
    {%- for key in keys -%} {%- do parts.append("coalesce(" ~ delivered_text('raw_' ~ key.name, types.get(key.name, type_text())) ~ ", '')") -%} {%- endfor -%}
    {%- if parts | length == 1 -%} {{ parts[0] }}
    {%- else -%} case when {% for key in keys %}raw_{{ key.name }} is null{{ ' and ' if not loop.last }}{% endfor %} then '' else {{ parts | join(" || '|' || ") }} end
    {%- endif -%}
{%- endmacro %}

{% macro delivered_json(columns, types) -%}
    {%- set pairs = [] -%}
    {%- for column in columns if column.name in types -%}
        {%- do pairs.append([column.name, delivered_text('raw_' ~ column.name, types[column.name])]) -%}
    {%- endfor -%}
    {{ json_text(pairs) }}
{%- endmacro %}

{#- The instant a row speaks of. Where the first of two columns is later than as_of, it has not happened yet, and the second counts. -#}
{% macro main_instant(spec) -%}
    {%- set names = spec['meta'].get('main_instant', []) -%}
    {%- if not names -%} cast(null as timestamp)
    {%- elif names | length == 1 -%} {{ names[0] }}
    {%- elif var('as_of', none) is none -%} coalesce({{ names | join(', ') }})
    {%- else -%} coalesce(case when {{ names[0] }} <= {{ as_of_instant() }} then {{ names[0] }} end, {{ names[1:] | join(', ') }}, {{ names[0] }})
    {%- endif -%}
{%- endmacro %}

{#- All rules of a table, in column order: pairs of the SQL condition that breaks it and its name. -#}
{% macro raw_rules(spec, further_rules) -%}
    {%- set rules = [] -%}
    {%- set kinds = {'ts': 'timestamp', 'date': 'date', 'int': 'integer', 'num': 'number', 'bool': 'boolean', 'time': 'time'} -%}
    {%- set main_names = spec['meta'].get('main_instant', []) -%}
    {%- for column in spec['columns'] -%}
        {%- set name = column.name -%}
        {%- if column.get('required') -%}
            {%- do rules.append(['given_' ~ name ~ ' is null', name ~ '_missing']) -%}
        {%- endif -%}
        {%- if column.kind in kinds -%}
            {%- set article = 'an' if column.kind == 'int' else 'a' -%}
            {%- do rules.append([name ~ ' is null and given_' ~ name ~ ' is not null', name ~ '_not_' ~ article ~ '_' ~ kinds[column.kind]]) -%}
        {%- endif -%}
        {%- if column.get('values') -%}
            {%- do rules.append([name ~ ' is null and given_' ~ name ~ ' is not null', name ~ '_not_in_list']) -%}
        {%- endif -%}
        {%- if column.get('min') is number -%}
            {%- do rules.append([name ~ ' < ' ~ column['min'], name ~ '_negative' if column['min'] == 0 else name ~ '_below_' ~ column['min']]) -%}
        {%- endif -%}
        {%- if column.get('above') is number -%}
            {%- do rules.append([name ~ ' <= ' ~ column['above'], name ~ '_not_positive' if column['above'] == 0 else name ~ '_not_above_' ~ column['above']]) -%}
        {%- endif -%}
        {%- if column.get('not_before') -%}
            {%- do rules.append([name ~ ' < ' ~ column['not_before'], 'ends_before_it_starts']) -%}
        {%- endif -%}
        {%- if column.get('later_than') -%}
            {%- do rules.append([name ~ ' <= ' ~ column['later_than'], 'ends_before_it_starts']) -%}
        {%- endif -%}
        {%- if main_names and name == (main_names | first) -%}
            {%- do rules.append(['main_instant > ' ~ run_start(), 'in_the_future']) -%}
        {%- endif -%}
        {%- for further in column.get('rules', []) + further_rules.get(name, []) -%}
            {%- do rules.append([further['broken_when'], further['rule']]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}
