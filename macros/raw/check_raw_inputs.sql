{#- Before anything is written: every mandatory table and column of the raw inputs is there, and nothing is there twice. Stops the run
    with one line that names each file and column at fault. -#}
{% macro check_raw_inputs() -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'run-operation') -%}
        {%- set wrong_variables = check_run_variables() -%}
        {%- if wrong_variables -%}
            {%- do exceptions.raise_compiler_error('variables: ' ~ wrong_variables | join('; ')) -%}
        {%- endif -%}
        {%- set database_fault = texts_compared_otherwise() | trim -%}
        {%- if database_fault -%}
            {%- do exceptions.raise_compiler_error('database: ' ~ database_fault) -%}
        {%- endif -%}
        {%- set mode = raw_mode() -%}
        {%- set faults = [] -%}
        {%- if mode == 'files' -%}
            {%- if not reads_files() -%}
                {%- do faults.append('raw_path is read by DuckDB alone: load the tables into a schema and name it in raw_schema (docs/engines.md)') -%}
            {%- else -%}
                {%- if not has_raw_files() -%}
                    {%- do exceptions.raise_compiler_error(
                        'raw inputs: no file of a raw table in ' ~ raw_path() ~ ': raw_path is the folder that holds raw_tickets.csv and the'
                        ~ ' others; a relative one counts from where dbt runs'
                    ) -%}
                {%- endif -%}
                {%- set place = source('raw', 'raw_tickets') -%}
                {%- do run_query('create schema if not exists ' ~ place.without_identifier()) -%}
                {%- for thing in raw_things() -%} {%- do faults.extend(raw_file_faults('raw_' ~ thing)) -%} {%- endfor -%}
                {%- for table in policy_tables() -%} {%- do faults.extend(policy_file_faults(table)) -%} {%- endfor -%}
            {%- endif -%}
        {%- elif mode == 'schema' -%}
            {%- for thing in raw_things() -%} {%- do faults.extend(raw_table_faults('raw_' ~ thing)) -%} {%- endfor -%}
            {%- for table in policy_tables() if policy_table(table) -%}
                {%- set header = adapter.get_columns_in_relation(policy_table(table)) | map(attribute='name') | map('lower') | list -%}
                {%- do faults.extend(column_faults(raw_spec(table, 'policy'), header, policy_table(table).schema ~ '.' ~ table)) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if faults -%}
            {%- do exceptions.raise_compiler_error('raw inputs: ' ~ faults | join('; ')) -%}
        {%- endif -%}
        {%- if mode == 'files' -%}
            {%- for table in policy_tables() -%} {%- do land_policy(table) -%} {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The variables of a run by what they may be: `words` (each with those allowed), `numbers` from 0 up, `zones`, `others`. -#}
{% macro run_variables() -%}
    {{ return({
        'words': {
            'first_response_stops_on': ['human', 'human_or_bot'],
            'csat_denominator': ['all_rated', 'positive_plus_negative'],
            'fcr_unknown_topic': ['not_repeat', 'repeat'],
            'mask_personal_data': [true, false],
            'partition_grain': ['day', 'week', 'month', 'year'],
        },
        'numbers': [
            'fcr_window_days', 'reopen_window_days', 'service_level_seconds', 'short_abandon_seconds', 'self_service_window_hours',
            'ai_window_hours', 'gap_min_questions', 'min_responses', 'max_rejected_share',
        ],
        'zones': ['source_timezone', 'report_timezone'],
        'others': [
            'raw_path', 'raw_schema', 'as_of', 'reporting_currency', 'default_calendar_id', 'sla_pause_statuses', 'servqual_weights',
            'schema_prefix',
        ],
    }) }}
{%- endmacro %}

{#- What is wrong with the variables of this run: a name that does not exist would change nothing and say nothing. -#}
{% macro check_run_variables() -%}
    {%- set faults = [] -%}
    {%- set words = run_variables()['words'] -%}
    {%- set numbers = run_variables()['numbers'] -%}
    {%- set zones = run_variables()['zones'] -%}
    {%- set others = run_variables()['others'] -%}
    {%- for name in invocation_args_dict.get('vars') or {} if name not in words and name not in numbers + zones + others -%}
        {%- do faults.append('there is no variable ' ~ name ~ ', README.md lists them') -%}
    {%- endfor -%}
    {%- for name, allowed in words.items() if var(name) not in allowed -%}
        {%- do faults.append(name ~ " is '" ~ var(name) ~ "', not " ~ allowed | join(' or ') | lower) -%}
    {%- endfor -%}
    {%- for name in numbers if var(name) is not number or var(name) is boolean or var(name) < 0 -%}
        {%- do faults.append(name ~ " is '" ~ var(name) ~ "', not a number from 0 up") -%}
    {%- endfor -%}
    {%- set statuses = (raw_spec('raw_tickets')['columns'] | selectattr('name', 'equalto', 'status') | first)['values'] -%}
    {%- set pauses = var('sla_pause_statuses') -%}
    {%- if pauses is string or pauses is not iterable or pauses | reject('in', statuses) | list -%}
        {%- do faults.append("sla_pause_statuses is '" ~ pauses ~ "', not a list of some of " ~ statuses | join(', ')) -%}
    {%- endif -%}
    {%- if timezone_names() | trim -%}
        {%- for name in zones -%}
            {%- set zone = "'" ~ var(name) | string | replace("'", "''") ~ "'" -%}
            {%- if not run_query('select name from (' ~ timezone_names() ~ ') as zones where name = ' ~ zone).rows -%}
                {%- do faults.append(name ~ ' is ' ~ zone ~ ', not an IANA zone such as Europe/Paris') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if var('raw_path', none) and var('raw_schema', none) -%}
        {%- do faults.append('raw_path and raw_schema are both set, and only one of them can be read') -%}
    {%- endif -%}
    {%- if var('as_of', none) is not none -%}
        {%- if run_query('select ' ~ as_of_instant() ~ ' as as_of').columns[0].values()[0] is none -%}
            {%- do faults.append("as_of is '" ~ var('as_of') ~ "', not an instant in ISO 8601 such as 2026-06-30T18:00:00Z") -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(faults) }}
{%- endmacro %}

{#- Is there a file of any raw table, or a file in a folder of one? -#}
{% macro has_raw_files() -%}
    {%- set path = raw_path() | replace("'", "''") ~ '/raw_*' -%}
    {{ return(run_query("select file from glob('" ~ path ~ "') union all select file from glob('" ~ path ~ "/**') limit 1").rows | length > 0) }}
{%- endmacro %}

{% macro raw_file_faults(table) -%}
    {%- set spec = raw_spec(table) -%}
    {%- set files = raw_files(table) -%}
    {%- set faults = [] -%}
    {%- if files['forms'] > 1 -%}
        {%- do faults.append(table ~ ' is there more than once: keep one of ' ~ table ~ '.csv, ' ~ table ~ '.parquet and ' ~ table ~ '/') -%}
    {%- elif files['forms'] == 0 and not spec['meta'].get('optional') -%}
        {%- do faults.append('no ' ~ table ~ '.csv, ' ~ table ~ '.parquet or ' ~ table ~ '/ in ' ~ raw_path()) -%}
    {%- else -%}
        {%- for file in files['csv'] + files['parquet'] -%}
            {%- set header = csv_header(file) if file in files['csv'] else parquet_header(file) -%}
            {%- if header or not spec['meta'].get('optional') -%}
                {%- do faults.extend(column_faults(spec, header, raw_file_name(file))) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(faults) }}
{%- endmacro %}

{% macro raw_table_faults(table) -%}
    {%- set spec = raw_spec(table) -%}
    {%- set relation = load_relation(source('raw', table)) -%}
    {%- set faults = [] -%}
    {%- if relation is not none -%}
        {%- set header = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
        {%- do faults.extend(column_faults(spec, header, relation.schema ~ '.' ~ relation.identifier)) -%}
    {%- elif not spec['meta'].get('optional') -%}
        {%- do faults.append('no table ' ~ table ~ ' in schema ' ~ source('raw', table).schema) -%}
    {%- endif -%}
    {{ return(faults) }}
{%- endmacro %}

{% macro column_faults(spec, header, name) -%}
    {%- set faults = [] -%}
    {%- if not header -%}
        {{ return([name ~ ' is empty: its first line names the columns, even where there are no rows']) }}
    {%- elif header | length == 1 and (';' in header[0] or '\t' in header[0]) -%}
        {{ return([name ~ ' is separated by ' ~ ('semicolons' if ';' in header[0] else 'tabs') ~ ': save it with commas, or convert it with `service-kpis load csv`']) }}
    {%- endif -%}
    {%- for column in spec['columns'] -%}
        {%- if column.get('required') and column.name not in header -%}
            {%- do faults.append(name ~ ' has no column ' ~ column.name) -%}
        {%- elif header.count(column.name) > 1 -%}
            {%- do faults.append(name ~ ' has column ' ~ column.name ~ ' more than once') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(faults) }}
{%- endmacro %}
