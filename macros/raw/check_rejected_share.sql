{#- Stops the run if more than 100 rows and more than max_rejected_share of a raw table were rejected: one line that names each table,
    its share and the rules most often broken. -#}
{% macro check_rejected_share() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set beyond = run_query(
            'select raw_table, rows_rejected, rows_read from ' ~ ref('row_reconciliation')
            ~ ' where rows_rejected > 100 and rows_rejected > ' ~ var('max_rejected_share') ~ ' * rows_read order by raw_table'
        ) -%}
        {%- set faults = [] -%}
        {%- for row in beyond.rows -%}
            {%- set rules = run_query(
                "select rule, count(*) as row_count from " ~ ref('rejected_rows') ~ " where raw_table = '" ~ row[0]
                ~ "' group by rule order by row_count desc, rule limit 3"
            ) -%}
            {%- set counts = [] -%}
            {%- for rule in rules.rows -%} {%- do counts.append(rule[0] ~ ' ' ~ rule[1]) -%} {%- endfor -%}
            {%- do faults.append(
                row[0] ~ ': ' ~ row[1] ~ ' of ' ~ row[2] ~ ' rows rejected, ' ~ '%.1f' | format(100 * (row[1] | float) / (row[2] | float))
                ~ ' % (' ~ counts | join(', ') ~ ')'
            ) -%}
        {%- endfor -%}
        {%- if faults -%}
            {%- do exceptions.raise_compiler_error(
                'too many rejected rows, max_rejected_share is ' ~ var('max_rejected_share') ~ ': ' ~ faults | join('; ')
                ~ '; see rejected_rows in schema quality'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
