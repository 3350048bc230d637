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

{% macro drop_landed(relation) -%}
    {%- set types = run_query(
        "select table_type from information_schema.tables where table_catalog = '" ~ relation.database
        ~ "' and table_schema = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ).columns[0].values() -%}
    {%- for type in types -%}
        {%- do run_query(('drop view ' if type == 'VIEW' else 'drop table ') ~ relation) -%}
    {%- endfor -%}
{%- endmacro %}

{#- A query of the listed columns of Parquet files, with `source_file` and `file_row_number`; of several files by name. -#}
{% macro parquet_rows(table, files, as_text) -%}
    {%- set scan -%}
        read_parquet({{ path_literal(files) }}, union_by_name = true, filename = 'source_file', file_row_number = true, binary_as_string = true)
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
        {%- elif as_text -%}
            {%- do columns.append('null as ' ~ column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('select ' ~ columns | join(', ') ~ ', substr(source_file, ' ~ ((raw_path() | length) + 2) ~ ') as source_file, file_row_number from ' ~ scan) }}
{%- endmacro %}

{% macro land_csv(spec, relation, files) -%}
    {%- set table = spec['table'] -%}
    {%- set columns = spec['columns'] | map(attribute='name') | list -%}
    {%- do run_query('create table ' ~ relation ~ ' (' ~ columns | join(' varchar, ') ~ ' varchar, source_file varchar, unreadable_line varchar)') -%}

    {#- Files with one header are one scan. -#}
    {%- set groups = {} -%}
    {%- for file in files['csv'] -%}
        {%- set header = csv_header(file) -%}
        {%- if header -%} {%- do groups.setdefault(header | join('\n'), [header, []])[1].append(file) -%} {%- endif -%}
    {%- endfor -%}
    {%- for header, paths in groups.values() -%}
        {%- set names = [] -%}
        {%- for name in header -%}
            {%- do names.append("'" ~ (name if name in columns else 'unlisted_' ~ loop.index) ~ "': 'varchar'") -%}
        {%- endfor -%}
        {%- set listed = columns | select('in', header) | join(', ') -%}
        {%- set rejects = table ~ '_rejects' -%}
        {%- set scans = table ~ '_scans' -%}
        {%- do run_query(
            'drop table if exists temp.' ~ rejects ~ '; drop table if exists temp.' ~ scans ~ '; '
            ~ 'insert into ' ~ relation ~ ' (' ~ listed ~ ', source_file) '
            ~ 'select ' ~ listed ~ ', substr(source_file, ' ~ ((raw_path() | length) + 2) ~ ') from read_csv(' ~ path_literal(paths)
            ~ ", auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {" ~ names | join(', ')
            ~ "}, strict_mode = true, null_padding = false, filename = 'source_file', store_rejects = true, rejects_limit = 0, "
            ~ "rejects_table = '" ~ rejects ~ "', rejects_scan = '" ~ scans ~ "')"
        ) -%}
        {#- A line with several faults is in the table of rejects several times. -#}
        {%- do run_query(
            'insert into ' ~ relation ~ ' (source_file, unreadable_line) '
            ~ 'select substr(any_value(scans.file_path), ' ~ ((raw_path() | length) + 2) ~ "), trim(any_value(rejects.csv_line), chr(10) || chr(13)) "
            ~ 'from temp.' ~ rejects ~ ' as rejects inner join temp.' ~ scans ~ ' as scans '
            ~ 'on rejects.scan_id = scans.scan_id and rejects.file_id = scans.file_id '
            ~ 'group by rejects.scan_id, rejects.file_id, rejects.line_byte_position order by rejects.scan_id, rejects.file_id, rejects.line_byte_position; '
            ~ 'drop table temp.' ~ rejects ~ '; drop table temp.' ~ scans
        ) -%}
    {%- endfor -%}
    {%- if files['parquet'] -%}
        {%- do run_query(
            'insert into ' ~ relation ~ ' (' ~ columns | join(', ') ~ ', source_file) '
            ~ 'select * exclude (file_row_number) from (' ~ parquet_rows(table, files['parquet'], as_text=true) ~ ')'
        ) -%}
    {%- endif -%}
{%- endmacro %}
