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

{#- Read the policy file of raw_path, if there is one, and stop if one of its rows breaks a rule. -#}
{% macro land_policy(table) -%}
    {%- set files = policy_files(table) -%}
    {%- if files -%}
        {%- set relation = policy_file_relation(table) -%}
        {%- do drop_landed(relation) -%}
        {%- do land_csv(raw_spec(table, 'policy'), relation, {'csv': files, 'parquet': []}) -%}
    {%- endif -%}
{%- endmacro %}

{% macro policy_file_relation(table) -%}
    {%- set place = source('raw', 'raw_tickets') -%}
    {{ return(api.Relation.create(database=place.database, schema=place.schema, identifier=table ~ '_files')) }}
{%- endmacro %}

{#- A query of a policy table's rows, typed, with `row_number` (a header is row 1), `broken_rule` and `delivered`, the row in one text. -#}
{% macro policy_rows(table) -%}
    {%- set seed = ref(table) -%}
    {%- if execute -%}
        {%- set is_file = policy_files(table) | length > 0 -%}
        {%- set relation = policy_file_relation(table) if is_file else seed -%}
        {%- set spec = raw_spec(table, 'policy') -%}
        {%- set columns = spec['columns'] -%}
        {%- set types = policy_types(relation, is_file, columns) -%}
        {%- set texts = [] -%}
        {%- for column in columns -%}
            {%- do texts.append("coalesce(" ~ delivered_text('raw_' ~ column.name, types.get(column.name, type_text())) ~ ", '')") -%}
        {%- endfor -%}
        select
            typed_rows.*,
            case
                when unreadable_line is not null then 'unreadable_line'
                {%- for condition, rule in raw_rules(spec, {}) %}
                when {{ condition }} then '{{ rule }}'
                {%- endfor %}
            end as broken_rule

        from (
            select
                given_rows.*,
                coalesce(unreadable_line, {{ texts | join(" || ',' || ") }}) as delivered,
                {% for column in columns -%}
                {{ read_column(column, types.get(column.name, type_text())) }} as {{ column.name }}{{ ',' if not loop.last }}
                {% endfor %}
            from (
                select
                    delivered_rows.*,
                    {% for column in columns -%}
                    {{ given_value('raw_' ~ column.name, types.get(column.name, type_text())) }} as given_{{ column.name }}{{ ',' if not loop.last }}
                    {% endfor %}
                from (
                    select
                        {{ delivered_columns(columns, types) }},
                        {{ 'raw_rows.unreadable_line' if is_file else 'cast(null as ' ~ type_text() ~ ')' }} as unreadable_line,
                        row_number() over (order by {{ table_position('raw_rows') }}) + 1 as row_number

                    from {{ relation }} as raw_rows
                ) as delivered_rows
            ) as given_rows
        ) as typed_rows
    {%- endif -%}
{%- endmacro %}

{#- Data types of a policy table's columns; of one that is not there yet, all as text. -#}
{% macro policy_types(relation, is_file, columns) -%}
    {%- set types = {} -%}
    {%- if is_file and flags.WHICH in ('run', 'build') or load_relation(relation) is not none -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%} {%- do types.update({column.name | lower: column.dtype}) -%} {%- endfor -%}
    {%- else -%}
        {%- for column in columns -%} {%- do types.update({column.name: type_text()}) -%} {%- endfor -%}
    {%- endif -%}
    {{ return(types) }}
{%- endmacro %}

{#- Stops the run with one line at the first row of a policy table that breaks a rule: of its own, then with the other rows. -#}
{% macro check_policy(table) -%}
    {%- set seed = ref(table) -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set file = raw_file_name(policy_files(table)[0]) if policy_files(table) else 'seeds/policy/' ~ table ~ '.csv' -%}
        {%- set rows = policy_rows(table) -%}
        {%- set checks = ["select row_number, broken_rule as rule, delivered from (" ~ rows ~ ") as own_rules where broken_rule is not null"] -%}
        {%- do checks.extend(policy_table_checks(table, '(' ~ rows ~ ')')) -%}
        {%- for check in checks -%}
            {%- set broken = run_query('select row_number, rule, delivered from (' ~ check ~ ') as checked order by row_number').rows -%}
            {%- if broken -%}
                {%- do exceptions.raise_compiler_error(file ~ ', row ' ~ broken[0][0] ~ ': ' ~ broken[0][1] ~ ' (' ~ broken[0][2] ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Queries of rows that break a rule that takes more than the row itself: row_number, rule, delivered. -#}
{% macro policy_table_checks(table, rows) -%}
    {%- set checks = [] -%}
    {%- set columns = raw_spec(table, 'policy')['columns'] -%}
    {%- set keys = columns | selectattr('key', 'defined') | map(attribute='name') | join(', ') -%}
    {%- if keys -%}
        {%- do checks.append(
            "select row_number, '" ~ keys | replace(', ', '_and_') ~ "_twice' as rule, delivered from ("
            ~ "select numbered.*, row_number() over (partition by " ~ keys ~ " order by row_number) as occurrence from " ~ rows ~ " as numbered"
            ~ ") as occurrences where occurrence > 1"
        ) -%}
    {%- endif -%}
    {%- if table == 'business_hours' -%}
        {%- if timezone_names() | trim -%}
            {%- do checks.append(
                "select row_number, 'timezone_unknown' as rule, delivered from " ~ rows ~ " as hours where timezone not in (" ~ timezone_names() ~ ")"
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
    {%- elif table == 'kpi_targets' -%}
        {%- do checks.append(unknown_kpis(rows, 'kpi_key')) -%}
    {%- elif table == 'kpi_pairs' -%}
        {%- do checks.append(unknown_kpis(rows, 'efficiency_kpi_key')) -%}
        {%- do checks.append(unknown_kpis(rows, 'quality_kpi_key')) -%}
    {%- endif -%}
    {{ return(checks) }}
{%- endmacro %}

{% macro overlaps(rows, condition) -%}
    {{ return(
        "select second_row.row_number, 'overlaps_row_' || cast(min(first_row.row_number) as " ~ type_text() ~ ") as rule, second_row.delivered"
        ~ " from " ~ rows ~ " as second_row inner join " ~ rows ~ " as first_row on first_row.row_number < second_row.row_number and " ~ condition
        ~ " group by second_row.row_number, second_row.delivered"
    ) }}
{%- endmacro %}

{% macro unknown_kpis(rows, column) -%}
    {{ return(
        "select row_number, '" ~ column ~ "_not_in_kpi_catalog' as rule, delivered from " ~ rows ~ " as named_rows where " ~ column
        ~ " not in (select kpi_key from " ~ ref('kpi_catalog') ~ ")"
    ) }}
{%- endmacro %}
