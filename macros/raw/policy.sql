{#- Policy tables: small, owned by the company, and without tolerance: a row that breaks a rule stops the build. -#}

{% macro policy_tables() -%}
    {{ return(['business_hours', 'holidays', 'sla_policies', 'response_time_bands', 'kpi_targets', 'kpi_pairs']) }}
{%- endmacro %}

{#- The file of raw_path that replaces a policy seed, in a list; an empty list if there is none. -#}
{% macro policy_files(table) -%}
    {%- if raw_mode() != 'files' -%} {{ return([]) }} {%- endif -%}
    {%- set path = raw_path() ~ '/' ~ table ~ '.csv' -%}
    {{ return(run_query("select file from glob('" ~ path | replace("'", "''") ~ "')").columns[0].values() | list) }}
{%- endmacro %}

{% macro policy_file_faults(table) -%}
    {%- set faults = [] -%}
    {%- for file in policy_files(table) -%}
        {%- do faults.extend(column_faults(raw_spec(table, 'policy'), csv_header(file), raw_file_name(file))) -%}
    {%- endfor -%}
    {{ return(faults) }}
{%- endmacro %}

{#- Read the policy file of raw_path, if there is one, and stop if one of its rows breaks a rule that needs no other table. -#}
{% macro land_policy(table) -%}
    {%- set files = policy_files(table) -%}
    {%- if files -%}
        {%- set relation = policy_file_relation(table) -%}
        {%- do drop_landed(relation) -%}
        {%- do land_csv(raw_spec(table, 'policy'), relation, {'csv': files, 'parquet': []}) -%}
        {%- do stop_at_broken_policy(table, policy_table_checks(table, policy_rows(table, relation))) -%}
    {%- endif -%}
{%- endmacro %}

{#- Where a policy table is read from: its file of raw_path or its table of raw_schema, else its seed. -#}
{% macro policy_relation(table) -%}
    {%- set seed = ref(table) -%}
    {%- if not execute -%} {{ return(seed) }} {%- endif -%}
    {%- if policy_files(table) -%} {{ return(policy_file_relation(table)) }} {%- endif -%}
    {{ return(policy_table(table) or seed) }}
{%- endmacro %}

{#- The table of raw_schema that replaces a policy seed; none if there is none. -#}
{% macro policy_table(table) -%}
    {%- if raw_mode() != 'schema' -%} {{ return(none) }} {%- endif -%}
    {%- set place = source('raw', 'raw_tickets') -%}
    {{ return(load_relation(api.Relation.create(database=place.database, schema=place.schema, identifier=table))) }}
{%- endmacro %}

{% macro policy_file_relation(table) -%}
    {%- set place = source('raw', 'raw_tickets') -%}
    {{ return(api.Relation.create(database=place.database, schema=place.schema, identifier=table ~ '_files')) }}
{%- endmacro %}

{#- A query of a policy table's rows, typed, with `row_number` (the header is row 1), `broken_rule` and `delivered`, the row in one
    text. -#}
{% macro policy_rows(table, relation) -%}
    {%- if execute -%}
        {%- set spec = raw_spec(table, 'policy') -%}
        {%- set columns = spec['columns'] -%}
        {%- set types = policy_types(relation, columns) -%}
        {%- set texts = [] -%}
        {%- for column in columns -%}
            {%- do texts.append("coalesce(" ~ delivered_text('raw_' ~ column.name, types.get(column.name, type_text())) ~ ", '')") -%}
        {%- endfor %}
        with

        delivered_rows as (

            select
                {{ delivered_columns(columns, types) }},
                {{ 'raw_rows.unreadable_line' if 'unreadable_line' in types else 'cast(null as ' ~ type_text() ~ ')' }} as unreadable_line,
                row_number() over (order by {{ table_position('raw_rows') }}) + 1 as row_number

            from {{ relation }} as raw_rows

        ),

        given_rows as (

            select
                delivered_rows.*,
                {% for column in columns -%}
                {{ given_value('raw_' ~ column.name, types.get(column.name, type_text())) }} as given_{{ column.name }}{{ ',' if not loop.last }}
                {% endfor %}
            from delivered_rows

        ),

        typed_rows as (

            select
                given_rows.*,
                coalesce(unreadable_line, {{ texts | join(" || ',' || ") }}) as delivered,
                {% for column in columns -%}
                {{ read_column(column, types.get(column.name, type_text())) }} as {{ column.name }}{{ ',' if not loop.last }}
                {% endfor %}
            from given_rows

        )

        select
            typed_rows.*,
            case
                when unreadable_line is not null then 'unreadable_line'
                {%- for condition, rule in raw_rules(spec, {}) %}
                when {{ condition }} then '{{ rule }}'
                {%- endfor %}
            end as broken_rule

        from typed_rows
    {%- endif -%}
{%- endmacro %}

{#- Data types of a policy table's columns: all text if it was read from a file or is not there yet. Asking the engine would begin a
    transaction, and what the hook landed after it would be rolled back with it. -#}
{% macro policy_types(relation, columns) -%}
    {%- set types = {} -%}
    {%- set is_landed = relation.identifier.endswith('_files') -%}
    {%- if not is_landed and load_relation(relation) is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%} {%- do types.update({column.name | lower: column.dtype}) -%} {%- endfor -%}
    {%- else -%}
        {%- for column in columns -%} {%- do types.update({column.name: type_text()}) -%} {%- endfor -%}
        {%- if is_landed -%} {%- do types.update({'unreadable_line': type_text()}) -%} {%- endif -%}
    {%- endif -%}
    {{ return(types) }}
{%- endmacro %}

{#- Stops the run with one line at the first row of a policy table that breaks a rule: of its own, with the other rows, or with other
    tables. -#}
{% macro check_policy(table) -%}
    {%- set relation = policy_relation(table) -%}
    {%- if table in ('kpi_targets', 'kpi_pairs') -%} {%- set catalog = ref('kpi_catalog') -%} {%- endif -%}
    {%- if table in ('business_hours', 'holidays') -%} {%- set reporting_window = ref('stg_reporting_window') -%} {%- endif -%}
    {%- if table == 'holidays' -%} {%- set business_hours = ref('stg_business_hours') -%} {%- endif -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set rows = policy_rows(table, relation) -%}
        {%- set checks = policy_table_checks(table, rows) -%}
        {%- if table == 'kpi_targets' -%}
            {%- do checks.append(unknown_kpis(rows, 'kpi_key', catalog)) -%}
        {%- elif table == 'kpi_pairs' -%}
            {%- do checks.append(unknown_kpis(rows, 'efficiency_kpi_key', catalog)) -%}
            {%- do checks.append(unknown_kpis(rows, 'quality_kpi_key', catalog)) -%}
        {%- elif table == 'business_hours' -%}
            {%- do checks.append(edges_at_clock_changes(rows, reporting_window)) -%}
        {%- elif table == 'holidays' -%}
            {%- do checks.append(edges_at_clock_changes(rows, reporting_window, business_hours)) -%}
        {%- endif -%}
        {%- do stop_at_broken_policy(table, checks) -%}
    {%- endif -%}
{%- endmacro %}

{% macro stop_at_broken_policy(table, checks) -%}
    {%- set file -%}
        {%- if policy_files(table) -%} {{ raw_file_name(policy_files(table)[0]) }}
        {%- elif policy_table(table) -%} {{ source('raw', 'raw_tickets').schema ~ '.' ~ table }}
        {%- else -%} seeds/policy/{{ table }}.csv
        {%- endif -%}
    {%- endset -%}
    {%- for check in checks -%}
        {%- set broken = run_query('select row_number, rule, delivered from (' ~ check ~ ') as checked order by row_number').rows -%}
        {%- if broken -%}
            {%- do exceptions.raise_compiler_error(
                file ~ ', row ' ~ broken[0][0] ~ ': ' ~ broken[0][1] ~ ' (' ~ broken[0][2]
                ~ '). Mend that row; models/raw/_policy__sources.yml says what its columns take.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Queries of rows that break a rule of their own or with the other rows: row_number, rule, delivered. -#}
{% macro policy_table_checks(table, rows) -%}
    {%- set checks = ["select row_number, broken_rule as rule, delivered from (" ~ rows ~ ") as own_rules where broken_rule is not null"] -%}
    {%- set keys = raw_spec(table, 'policy')['columns'] | selectattr('key', 'defined') | map(attribute='name') | join(', ') -%}
    {%- if keys -%}
        {%- do checks.append(
            "select row_number, '" ~ keys | replace(', ', '_and_') ~ "_twice' as rule, delivered from ("
            ~ "select numbered.*, row_number() over (partition by " ~ keys ~ " order by row_number) as occurrence from (" ~ rows ~ ") as numbered"
            ~ ") as occurrences where occurrence > 1"
        ) -%}
    {%- endif -%}
    {%- if table == 'business_hours' -%}
        {%- if timezone_names() | trim -%}
            {%- do checks.append(
                "select row_number, 'timezone_unknown' as rule, delivered from (" ~ rows ~ ") as hours where timezone not in (" ~ timezone_names() ~ ")"
            ) -%}
        {%- endif -%}
        {%- do checks.append(overlaps(rows, 'first_row.calendar_id = second_row.calendar_id and first_row.iso_weekday = second_row.iso_weekday'
            ~ " and coalesce(first_row.valid_from, date '0001-01-01') < coalesce(second_row.valid_to, date '9999-12-31')"
            ~ " and coalesce(second_row.valid_from, date '0001-01-01') < coalesce(first_row.valid_to, date '9999-12-31')"
            ~ " and first_row.opens_at < second_row.closes_at and second_row.opens_at < first_row.closes_at")) -%}
    {%- elif table == 'holidays' -%}
        {%- do checks.append(overlaps(rows, 'first_row.calendar_id = second_row.calendar_id and first_row.holiday_date = second_row.holiday_date'
            ~ " and coalesce(first_row.opens_at, 0) < coalesce(second_row.closes_at, 1440)"
            ~ " and coalesce(second_row.opens_at, 0) < coalesce(first_row.closes_at, 1440)")) -%}
    {%- endif -%}
    {{ return(checks) }}
{%- endmacro %}

{% macro overlaps(rows, condition) -%}
    {{ return(
        "select second_row.row_number, 'overlaps_row_' || cast(min(first_row.row_number) as " ~ type_text() ~ ") as rule, second_row.delivered"
        ~ " from (" ~ rows ~ ") as second_row inner join (" ~ rows ~ ") as first_row on first_row.row_number < second_row.row_number and " ~ condition
        ~ " group by second_row.row_number, second_row.delivered"
    ) }}
{%- endmacro %}

{% macro unknown_kpis(rows, column, catalog) -%}
    {{ return(
        "select row_number, '" ~ column ~ "_not_in_kpi_catalog' as rule, delivered from (" ~ rows ~ ") as named_rows where " ~ column
        ~ " not in (select kpi_key from " ~ catalog ~ ")"
    ) }}
{%- endmacro %}

{#- Openings of the reporting window that begin or end at a local time that a zone skips or shows twice: what instant is meant is not
    known, and engines differ. `business_hours`: for holidays, where the zones of their calendars are. -#}
{% macro edges_at_clock_changes(rows, reporting_window, business_hours=none) %}
    with

    policy_rows as (
        {{ rows }}
    ),

    local_days as (

        select cast(day_at as date) as local_date
        from (
            select {{ series('first_date - 1', 'last_date + 1', '1 day') }} as day_at
            from {{ reporting_window }}
            where first_date is not null
        ) as days

    ),

    openings as (

        {% if business_hours is none -%}
        select
            policy_rows.row_number,
            policy_rows.delivered,
            policy_rows.timezone,
            policy_rows.opens_at,
            policy_rows.closes_at,
            local_days.local_date

        from policy_rows
        inner join local_days
            on policy_rows.iso_weekday = {{ iso_weekday('local_days.local_date') }}
            and (policy_rows.valid_from is null or local_days.local_date >= policy_rows.valid_from)
            and (policy_rows.valid_to is null or local_days.local_date < policy_rows.valid_to)
        {%- else -%}
        select distinct
            policy_rows.row_number,
            policy_rows.delivered,
            business_hours.timezone,
            policy_rows.opens_at,
            policy_rows.closes_at,
            local_days.local_date

        from policy_rows
        inner join local_days on policy_rows.holiday_date = local_days.local_date
        inner join {{ business_hours }} as business_hours on policy_rows.calendar_id = business_hours.calendar_id
        where policy_rows.opens_at is not null
        {%- endif %}

    ),

    edges as (

        select
            row_number,
            delivered,
            timezone,
            cast(local_date as timestamp) + opens_at * interval '1' minute as edge_at

        from openings

        union all

        select
            row_number,
            delivered,
            timezone,
            cast(local_date as timestamp) + closes_at * interval '1' minute as edge_at

        from openings

    ),

    instants as (

        select
            row_number,
            delivered,
            timezone,
            edge_at,
            {{ local_to_utc('edge_at', 'timezone') }} as instant

        from edges

    )

    select
        row_number,
        'begins_or_ends_at_a_clock_change_on_' || cast(min(cast(edge_at as date)) as {{ type_text() }}) as rule,
        delivered

    from instants
    where
        {{ utc_to_local('instant', 'timezone') }} <> edge_at
        {%- for step in ["interval '30' minute", "interval '60' minute"] %}
        or {{ utc_to_local('(instant + ' ~ step ~ ')', 'timezone') }} = edge_at
        or {{ utc_to_local('(instant - ' ~ step ~ ')', 'timezone') }} = edge_at
        {%- endfor %}
    group by row_number, delivered
{% endmacro %}
