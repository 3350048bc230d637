{#- What a data test looks at. In an incremental run: the rows that came into being since the last complete build whose tests all passed.
    No test of one row, or of the rows of one key or period, can say anything else of the others than it said then. Where the key that
    is tested is not the one that is replaced (an event may be left behind under another ticket), rows that share it are looked at too.
    All rows are looked at in a build of everything, in `dbt test`, and after a build of which a test failed or did not run; and always
    by tests that warn, which would otherwise warn once. -#}
{% macro rows_to_test(relation) -%}
    {%- set tested_at = last_tested_build() if execute and flags.WHICH == 'build' and config.get('severity', 'error') | lower == 'error' -%}
    {%- set tested = graph.nodes.get('model.service_kpis.' ~ relation.identifier) if tested_at -%}
    {%- if not tested -%} {{ return(relation) }} {%- endif -%}
    {%- set touched = tested.config.meta.get('touched') -%}
    {%- if tested.name == 'kpi_values' -%} {%- set rows = values_to_test(tested, tested_at) -%}
    {%- elif touched -%}
        {%- set replaced_key = tested.config.unique_key -%}
        {%- set is_touched = is_key_among(replaced_key, relation_of_model(touched)) -%}
        {%- set tested_key = (model.get('test_metadata') or {}).get('kwargs', {}).get('key', []) -%}
        {%- set is_other_key = tested_key and ([replaced_key] if replaced_key is string else replaced_key) | reject('in', tested_key) | list -%}
        {%- set rows = 'select * from ' ~ relation ~ ' where ' ~ is_touched
            ~ (' or ' ~ is_key_among(tested_key, relation, is_touched) if is_other_key) -%}
    {%- elif tested.config.materialized == 'view' and tested.name.startswith('stg_') and tested.name[4:] in raw_things() -%}
        {%- set keys = raw_spec('raw_' ~ tested.name[4:])['columns'] | selectattr('key', 'defined') | map(attribute='name') | list -%}
        {%- set rows = 'select * from ' ~ relation ~ ' where ' ~ is_key_among(
            keys, relation_of_model('base_' ~ tested.name[4:]), "judged_at > timestamp '" ~ tested_at ~ "'"
        ) -%}
    {%- else -%} {{ return(relation) }}
    {%- endif -%}
    {{ return('(' ~ rows ~ ') as rows_to_test') }}
{%- endmacro %}

{#- dbt asks this for the relation of every generic test. -#}
{% macro get_where_subquery(relation) -%}
    {%- set rows = rows_to_test(relation) -%}
    {%- set condition = config.get('where') -%}
    {{ return('(select * from ' ~ rows ~ ' where ' ~ condition ~ ') as rows_where' if condition else rows) }}
{%- endmacro %}

{#- The start of the last complete build, if all its tests passed and this run goes on from it; else nothing. -#}
{% macro last_tested_build() -%}
    {%- if is_whole_build() -%} {{ return(none) }} {%- endif -%}
    {%- set known = known_in_this_run() -%}
    {%- if 'last_tested_build' not in known -%}
        {%- set builds = source('quality', 'builds') -%}
        {%- set rows = run_query(
            'select cast(last_build.started_at as ' ~ type_text() ~ ') as started_at '
            'from (select max(started_at) as started_at from ' ~ builds ~ " where event = 'completed') as last_build "
            'where last_build.started_at in (select started_at from ' ~ builds ~ " where event = 'tested')"
        ).rows -%}
        {%- do known.update({'last_tested_build': rows[0][0] if rows else none}) -%}
    {%- endif -%}
    {{ return(known.last_tested_build) }}
{%- endmacro %}

{#- The rows of the measures that are built whole, and of the others those of the periods that were measured again. -#}
{% macro values_to_test(kpi_values, tested_at) -%}
    {%- set columns = kpi_values.columns.keys() | join(', ') -%}
    {%- set parts = [] -%}
    {%- for id in kpi_values.depends_on.nodes -%}
        {%- set measure = graph.nodes[id] -%}
        {%- set measured -%}
            (
                select period_grain, period_start_date from {{ source('published_quality', 'measured_periods') }}
                where model = '{{ measure.name }}' and started_at > timestamp '{{ tested_at }}'
            )
        {%- endset -%}
        {%- do parts.append('select ' ~ columns ~ ' from ' ~ measure.relation_name
            ~ (' where (period_grain, period_start_date) in ' ~ measured if measure.config.materialized == 'incremental')) -%}
    {%- endfor -%}
    {{ return(parts | join(' union all ')) }}
{%- endmacro %}

{#- No reference: the model that is tested was built from it. -#}
{% macro relation_of_model(name) -%}
    {{ return(graph.nodes['model.service_kpis.' ~ name].relation_name) }}
{%- endmacro %}
