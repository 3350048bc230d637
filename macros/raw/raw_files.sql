{#- The files of raw_path, read by DuckDB. -#}

{#- Files of a raw table: {'csv': [...], 'parquet': [...]} of whole paths in order, and 'forms', how many of `<table>.csv`,
    `<table>.parquet` and `<table>/` there are. -#}
{% macro raw_files(table) -%}
    {%- set base = raw_path() ~ '/' ~ table -%}
    {%- set literal = base | replace("'", "''") -%}
    {%- set found = run_query(
        "select 1 as form, file from glob('" ~ literal ~ ".csv') union all "
        "select 2 as form, file from glob('" ~ literal ~ ".parquet') union all "
        "select 3 as form, file from glob('" ~ literal ~ "/**') where file like '%.csv' or file like '%.parquet' order by file"
    ) -%}
    {%- set files = {'csv': [], 'parquet': [], 'forms': found.columns[0].values() | unique | list | length} -%}
    {%- for file in found.columns[1].values() -%}
        {%- do files[file.rsplit('.', 1)[1]].append(file) -%}
    {%- endfor -%}
    {{ return(files) }}
{%- endmacro %}

{#- A file as people know it: its path within raw_path. -#}
{% macro raw_file_name(file) -%}
    {{ return(file[(raw_path() | length) + 1:]) }}
{%- endmacro %}

{#- A path or list of paths as an SQL literal. -#}
{% macro path_literal(paths) -%}
    {%- set literals = [] -%}
    {%- for path in paths -%} {%- do literals.append("'" ~ path | replace("'", "''") ~ "'") -%} {%- endfor -%}
    {{ return('[' ~ literals | join(', ') ~ ']') }}
{%- endmacro %}

{#- Column names of a CSV file, folded to lower case without blanks around them; [] of an empty file. A name may be quoted and hold
    commas and line breaks. -#}
{% macro csv_header(file) -%}
    {%- set lines = run_query(
        "select line from read_csv(" ~ path_literal([file]) ~ ", auto_detect = false, header = false, columns = {'line': 'varchar'}, "
        "delim = '\x1f', quote = '', escape = '', ignore_errors = true, strict_mode = false) limit 20"
    ).columns[0].values() -%}
    {%- set read = namespace(text='', is_whole=false) -%}
    {%- for line in lines if not read.is_whole -%}
        {%- set read.text = (read.text ~ '\n' if read.text else '') ~ (line or '') -%}
        {%- set read.is_whole = read.text.count('"') % 2 == 0 -%}
    {%- endfor -%}
    {%- set names = [] -%}
    {%- if read.text -%}
        {%- for quoted, plain in modules.re.findall('(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)', read.text ~ ',')[:-1] -%}
            {%- do names.append((quoted | replace('""', '"') or plain) | replace('\ufeff', '') | trim | lower) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}

{#- Column names of a Parquet file, in lower case. -#}
{% macro parquet_header(file) -%}
    {%- set names = [] -%}
    {%- for name in run_query('describe select * from read_parquet(' ~ path_literal([file]) ~ ')').columns[0].values() -%}
        {%- do names.append(name | trim | lower) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- Read the files of a raw table into `<table>_files`: a view of Parquet files, whose types are worth keeping, or a table of CSV
    lines as text, read once. A line that does not split into the header's columns becomes a row with `unreadable_line` alone. -#}
{% macro land_raw(table) -%}
    {%- set files = raw_files(table) -%}
    {%- set relation = raw_relation(table) -%}
    {%- do drop_landed(relation) -%}
    {%- if files['parquet'] and not files['csv'] -%}
        {%- do run_query('create view ' ~ relation ~ ' as ' ~ parquet_rows(table, files['parquet'], as_text=false)) -%}
    {%- else -%}
        {%- do land_csv(raw_spec(table), relation, files) -%}
    {%- endif -%}
{%- endmacro %}

{#- Reads all files of raw_path without a build, for `service-kpis load`: `<table>_files` as a build has them, except that the columns of
    Parquet files are text here too. -#}
{% macro land_raw_files() -%}
    {%- do check_raw_inputs() -%}
    {%- for thing in raw_things() -%}
        {%- set table = 'raw_' ~ thing -%}
        {%- set files = raw_files(table) -%}
        {%- if files['parquet'] and not files['csv'] -%}
            {%- set rows = parquet_rows(table, files['parquet'], as_text=true, has_absent=false) -%}
            {%- do run_query('create view ' ~ raw_relation(table) ~ ' as ' ~ rows) -%}
        {%- elif files['forms'] -%}
            {%- do land_csv(raw_spec(table), raw_relation(table), files) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro drop_landed(relation) -%}
    {%- set types = run_query(
        "select table_type from information_schema.tables where table_catalog = '" ~ relation.database
        ~ "' and table_schema = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ).columns[0].values() -%}
    {%- for type in types -%}
        {%- do run_query(('drop view ' if type == 'VIEW' else 'drop table ') ~ relation) -%}
    {%- endfor -%}
{%- endmacro %}

{#- A query of the listed columns of Parquet files, with `source_file` and `file_row_number`; of several files by name. Columns that no
    file has are null (`has_absent`) or are left out. -#}
{% macro parquet_rows(table, files, as_text, has_absent=as_text) -%}
    {%- set scan -%}
        read_parquet({{ path_literal(files) }}, union_by_name = true, filename = 'service_kpis_file', file_row_number = true, binary_as_string = true)
    {%- endset -%}
    {%- set types = {} -%}
    {%- for row in run_query('describe select * from ' ~ scan).rows -%}
        {%- do types.update({row[0] | trim | lower: [row[0], row[1]]}) -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {%- for column in raw_spec(table)['columns'] -%}
        {%- if column.name in types -%}
            {%- set name, type = types[column.name] -%}
            {%- set quoted = '"' ~ name | replace('"', '""') ~ '"' -%}
            {%- do columns.append((delivered_text(quoted, type) if as_text else quoted) ~ ' as ' ~ column.name) -%}
        {%- elif has_absent -%}
            {%- do columns.append('null as ' ~ column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('select ' ~ columns | join(', ') ~ ', substr(service_kpis_file, ' ~ ((raw_path() | length) + 2) ~ ') as source_file, file_row_number from ' ~ scan) }}
{%- endmacro %}

{% macro land_csv(spec, relation, files) -%}
    {%- set columns = spec['columns'] | map(attribute='name') | list -%}
    {%- do run_query('create table ' ~ relation ~ ' (' ~ columns | join(' varchar, ') ~ ' varchar, source_file varchar, unreadable_line varchar)') -%}

    {#- Files with one header are one scan. -#}
    {%- set scans = {} -%}
    {%- for file in files['csv'] -%}
        {%- set header = csv_header(file) -%}
        {%- set names = [] -%}
        {%- for name in header -%}
            {%- do names.append(name if name in columns else 'unlisted_' ~ loop.index) -%}
        {%- endfor -%}
        {%- if names and has_mixed_line_breaks(file) -%}
            {%- do land_mixed_csv(relation, columns, names, file) -%}
        {%- elif names -%}
            {%- do scans.setdefault(names | join(','), []).append(file) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for names, paths in scans.items() -%}
        {%- do land_csv_scan(spec['table'], relation, columns, names.split(','), paths) -%}
    {%- endfor -%}

    {%- if files['parquet'] -%}
        {%- do run_query(
            'insert into ' ~ relation ~ ' (' ~ columns | join(', ') ~ ', source_file) '
            ~ 'select * exclude (file_row_number) from (' ~ parquet_rows(spec['table'], files['parquet'], as_text=true) ~ ')'
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#- `names`: of the files' columns in order, those that are not of the table by a name that is not either. -#}
{% macro land_csv_scan(table, relation, columns, names, paths) -%}
    {%- set listed = columns | select('in', names) | join(', ') -%}
    {%- set rejects = table ~ '_rejects' -%}
    {%- set scans = table ~ '_scans' -%}
    {%- set file_name = 'substr(%s, ' ~ ((raw_path() | length) + 2) ~ ')' -%}
    {%- do run_query(
        'drop table if exists temp.' ~ rejects ~ '; drop table if exists temp.' ~ scans ~ '; '
        ~ 'insert into ' ~ relation ~ ' (' ~ listed ~ ', source_file) '
        ~ 'select ' ~ listed ~ ', ' ~ file_name | format('source_file') ~ ' from read_csv(' ~ path_literal(paths)
        ~ ", auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {'" ~ names | join("': 'varchar', '")
        ~ "': 'varchar'}, strict_mode = true, null_padding = false, filename = 'source_file', store_rejects = true, rejects_limit = 0, "
        ~ "rejects_table = '" ~ rejects ~ "', rejects_scan = '" ~ scans ~ "')"
    ) -%}
    {#- A line with several faults is in the table of rejects several times. -#}
    {%- do run_query(
        'insert into ' ~ relation ~ ' (source_file, unreadable_line) '
        ~ 'select ' ~ file_name | format('any_value(scans.file_path)') ~ ", trim(any_value(rejects.csv_line), chr(10) || chr(13)) "
        ~ 'from temp.' ~ rejects ~ ' as rejects inner join temp.' ~ scans ~ ' as scans '
        ~ 'on rejects.scan_id = scans.scan_id and rejects.file_id = scans.file_id '
        ~ 'group by rejects.scan_id, rejects.file_id, rejects.line_byte_position order by rejects.scan_id, rejects.file_id, rejects.line_byte_position; '
        ~ 'drop table temp.' ~ rejects ~ '; drop table temp.' ~ scans
    ) -%}
{%- endmacro %}

{#- Do lines of the file end in two ways? That happens where one tool appends to another's file, and DuckDB's strict reader gives up on
    it. Line breaks within quotes do not count. Asked of files that fit in memory: larger ones come from one tool. -#}
{% macro has_mixed_line_breaks(file) -%}
    {%- set path = path_literal([file]) -%}
    {%- set size = run_query('select size from read_blob(' ~ path ~ ')').columns[0].values()[0] -%}
    {%- if size > 32 * 1024 * 1024 -%} {{ return(false) }} {%- endif -%}
    {#- As text, bytes outside of printable ASCII, and quotes, are written \x0A: a file may be anything but UTF-8. -#}
    {%- set is_mixed = "contains(%s, '\\x0D\\x0A') and contains(replace(%s, '\\x0D\\x0A', ''), '\\x0A')" -%}
    {%- set unquoted = "regexp_replace(bytes, '\\\\x22.*?\\\\x22', '', 'g')" -%}
    {{ return(run_query(
        'select case when ' ~ is_mixed | replace('%s', 'bytes') ~ ' then ' ~ is_mixed | replace('%s', unquoted) ~ ' else false end from '
        ~ '(select cast(content as varchar) as bytes from read_blob(' ~ path ~ ')) as blobs'
    ).columns[0].values()[0]) }}
{%- endmacro %}

{#- The same for a file whose lines end in different ways: lines are put together until their quotes are even, then split. -#}
{% macro land_mixed_csv(relation, columns, names, file) -%}
    {%- set pattern = ',("(?:[^"]|"")*"|[^,"]*)' -%}
    {%- set values = [] -%}
    {%- for column in columns if column in names -%}
        {%- do values.append("replace(regexp_replace(fields[" ~ (names.index(column) + 1) ~ "], '^\"((?:.|\\n)*)\"$', '\\1'), '\"\"', '\"')") -%}
    {%- endfor -%}
    {%- set records -%}
        (
            with

            lines as (

                select
                    row_number() over () as line_number,
                    coalesce(line, '') as line,
                    length(coalesce(line, '')) - length(replace(coalesce(line, ''), '"', '')) as quote_count

                from read_csv(
                    {{ path_literal([file]) }}, auto_detect = false, header = false, columns = {'line': 'varchar'},
                    delim = '{{ '\x1f\x1e\x1f' }}', quote = '', escape = '', strict_mode = false
                )

            ),

            counted as (

                select
                    line_number,
                    line,
                    coalesce(sum(quote_count) over (order by line_number rows between unbounded preceding and 1 preceding), 0) % 2 = 0 as is_start

                from lines

            ),

            numbered as (

                select
                    line_number,
                    line,
                    count(*) filter (where is_start) over (order by line_number) as record_number

                from counted

            ),

            records as (

                select
                    record_number,
                    string_agg(line, chr(10) order by line_number) as record

                from numbered
                group by record_number

            )

            select
                record_number,
                record,
                regexp_extract_all(',' || record, '{{ pattern }}', 1) as fields,
                array_to_string(regexp_extract_all(',' || record, '{{ pattern }}'), '') = ',' || record as is_whole

            from records
            where record_number > 1 and record <> ''
        )
    {%- endset -%}
    {%- set is_readable = 'is_whole and len(fields) = ' ~ names | length -%}
    {%- do run_query(
        'insert into ' ~ relation ~ ' (' ~ columns | select('in', names) | join(', ') ~ ', source_file) '
        ~ 'select ' ~ values | join(', ') ~ ", '" ~ raw_file_name(file) | replace("'", "''") ~ "' from " ~ records ~ ' as records where ' ~ is_readable
        ~ ' order by record_number; '
        ~ 'insert into ' ~ relation ~ ' (source_file, unreadable_line) '
        ~ "select '" ~ raw_file_name(file) | replace("'", "''") ~ "', record from " ~ records ~ ' as records where not (' ~ is_readable ~ ') order by record_number'
    ) -%}
{%- endmacro %}
