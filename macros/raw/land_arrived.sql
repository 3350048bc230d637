{#- What an incremental run has to judge of a raw table, put aside as `<table>_arrived`: rows of files that were not read before, rows
    with a later loaded_at in those that were, and rows that were still in the future when they were judged. What was read before is
    known from the base model, which holds every row; a file that is as it was is not read again. Returns the relation, or nothing where
    all must be judged anew, after saying why.

    types: data types by column of what was delivered; `file_row_number` is added. -#}
{% macro land_arrived(table, types, keys) -%}
    {%- set relation = raw_relation(table) -%}
    {%- set loaded_at_column = raw_spec(table)['columns'] | selectattr('name', 'equalto', 'loaded_at') | first -%}
    {%- set file, position = row_origin(table, types) -%}
    {%- set files_read -%}
        (
            select
                source_file,
                count(*) as row_count,
                max(loaded_at) as last_loaded_at,
                {{ count_if("loaded_at is null and verdict in ('accepted', 'superseded')") }} as undated_count,
                {{ count_if("rule = 'in_the_future'") }} > 0 as has_future_rows
            from {{ this }}
            group by source_file
        )
    {%- endset -%}
    {%- set loaded_at -%}
        {%- if 'loaded_at' in types -%}
            {{ read_column(loaded_at_column, types['loaded_at'], given_value('raw_rows.loaded_at', types['loaded_at'])) }}
        {%- else -%} cast(null as timestamp)
        {%- endif -%}
    {%- endset -%}

    {%- set undated = run_query('select source_file from ' ~ files_read ~ ' as files_read where undated_count > 0 order by source_file limit 1').rows -%}
    {%- if undated -%}
        {{ return(judge_whole(undated[0][0] ~ ' has rows without loaded_at, so that what arrived since cannot be told')) }}
    {%- endif -%}
    {%- set unchanged = unchanged_files(table, types, files_read) -%}
    {%- set names = [] -%}
    {%- for name in unchanged -%} {%- do names.append(string_constant(name)) -%} {%- endfor -%}
    {%- set is_to_read = '%s not in (' ~ names | join(', ') ~ ')' if names else 'true' -%}
    {%- set changed = run_query(
        'select files_read.source_file from ' ~ files_read ~ ' as files_read left join ('
        ~ 'select ' ~ file ~ ' as source_file, count(*) as row_count from ' ~ relation ~ ' as raw_rows inner join ' ~ files_read
        ~ ' as files_read on files_read.source_file = ' ~ file
        ~ ' where ' ~ is_to_read | replace('%s', file) ~ ' and coalesce(' ~ loaded_at ~ ' <= files_read.last_loaded_at, true) group by ' ~ file
        ~ ') as files_found on files_read.source_file = files_found.source_file '
        ~ 'where ' ~ is_to_read | replace('%s', 'files_read.source_file') ~ ' and coalesce(files_found.row_count, 0) <> files_read.row_count order by files_read.source_file limit 1'
    ).rows -%}
    {%- if changed -%}
        {{ return(judge_whole(changed[0][0] ~ ' does not hold the rows any more that were read from it')) }}
    {%- endif -%}

    {#- Beside the model: a schema of raw tables may be for reading only. -#}
    {%- set arrived = api.Relation.create(database=this.database, schema=this.schema, identifier=table ~ '_arrived') -%}
    {%- set future_rows -%}
        (select source_file, row_number from {{ this }} where rule = 'in_the_future' and main_instant <= {{ run_start() }})
    {%- endset -%}
    {%- set has_future_rows = run_query('select 1 from ' ~ future_rows ~ ' as future_rows limit 1').rows | length > 0 -%}
    {%- if has_future_rows and not raw_rows_have_order(types) -%}
        {{ return(judge_whole(table ~ ' has rows that were in the future when they were read')) }}
    {%- endif -%}
    {%- do run_query('drop table if exists ' ~ arrived) -%}
    {%- do run_query(
        'create table ' ~ arrived ~ ' as select raw_rows.*'
        ~ (', ' ~ position ~ ' as file_row_number' if 'file_row_number' not in types)
        ~ (', ' ~ file ~ ' as source_file' if 'source_file' not in types)
        ~ ' from ' ~ relation ~ ' as raw_rows left join ' ~ files_read ~ ' as files_read on files_read.source_file = ' ~ file
        ~ ' where ' ~ is_to_read | replace('%s', file) ~ ' and (files_read.source_file is null or ' ~ loaded_at ~ ' > files_read.last_loaded_at'
        ~ (' or exists (select 1 from ' ~ future_rows ~ ' as future_rows where future_rows.source_file = ' ~ file
            ~ ' and future_rows.row_number = ' ~ position ~ ')' if has_future_rows) ~ ')'
    ) -%}
    {%- set arrived_hash = raw_key_hash(keys, types) -%}
    {%- set again = run_query(
        'select count(*) from ' ~ arrived ~ ' as raw_rows inner join ' ~ this ~ ' as earlier on ' ~ arrived_hash ~ ' = ' ~ stored_key_hash(keys, 'earlier')
        ~ ' and ' ~ loaded_at ~ ' = earlier.loaded_at where earlier.source_file <> raw_rows.source_file or earlier.row_number <> raw_rows.file_row_number'
    ).columns[0].values()[0] -%}
    {%- if again > 0 -%}
        {{ return(judge_whole(table ~ ' has ' ~ again ~ ' rows that came again with the loaded_at that they had')) }}
    {%- endif -%}
    {%- do types.update({'file_row_number': 'bigint', 'source_file': type_text()}) -%}
    {{ return(arrived) }}
{%- endmacro %}

{% macro judge_whole(reason) -%}
    {%- do record_build('whole', model_name=this.identifier, detail=reason) -%}
    {{ return(none) }}
{%- endmacro %}
