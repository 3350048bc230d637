{#- The log of builds, `quality.builds`: what an incremental run knows of the runs before it. Rows are only ever added, so that models
    that run side by side cannot get into each other's way.

    event  started (detail: fingerprint of definitions), whole (this run builds everything anew, detail: why), agents (detail:
           fingerprint of what facts take from them), completed (every model succeeded; with as_of), tested (and so did every data test)
    model  of a `whole`: the base model that found the reason, empty if it was known from the start

    Beside it, `quality.measured_periods` tells which periods of a measure a run measured again: those are tested. -#}

{#- on-run-start: may this run build on what the last complete one left? -#}
{% macro start_build() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- do create_log(source('published_quality', 'measured_periods'), {
            'started_at': 'timestamp', 'model': type_text(), 'period_grain': type_text(), 'period_start_date': 'date'
        }, writer=['model']) -%}
        {%- do adapter.commit() -%}
        {%- set builds = source('quality', 'builds') -%}
        {%- do create_log(builds, {
            'started_at': 'timestamp', 'event': type_text(), 'model': type_text(), 'detail': type_text(), 'as_of': 'timestamp'
        }, writer=['event', 'model']) -%}
        {%- set fingerprint = definitions_fingerprint() -%}
        {%- do record_build('started', detail=fingerprint) -%}
        {%- set last = last_build() -%}
        {%- set missing = incremental_models_without_table() if last is not none -%}
        {%- if last is none or last.as_of is none -%}
            {%- do record_build('whole', detail='nothing was built before') -%}
        {%- elif flags.FULL_REFRESH -%}
            {%- do record_build('whole', detail='asked for by --full-refresh') -%}
        {%- elif last.started_at > run_start_instant() -%}
            {%- do exceptions.raise_compiler_error(
                'clock: this run starts at ' ~ run_start_instant().strftime('%Y-%m-%d %H:%M:%S') ~ ' UTC, before the last one did ('
                ~ last.started_at.strftime('%Y-%m-%d %H:%M:%S') ~ '): set the clock right, or build anew with --full-refresh'
            ) -%}
        {#- Runs since then that did not get to their end have left tables, too. -#}
        {%- elif run_query(
            'select 1 from ' ~ builds ~ " where event = 'started' and started_at >= timestamp '" ~ last.started_at ~ "' and detail <> '" ~ fingerprint ~ "' limit 1"
        ).rows -%}
            {%- do record_build('whole', detail='a macro, model, variable or policy has changed') -%}
        {%- elif not is_table_written_at_once() and run_query(
            'select 1 from ' ~ builds ~ " where event = 'started' and started_at > timestamp '" ~ last.started_at ~ "' and started_at < " ~ run_start() ~ ' limit 1'
        ).rows -%}
            {%- do record_build('whole', detail='the last run did not build every model') -%}
        {%- elif missing -%}
            {%- do record_build('whole', detail='a table of the last build is not there: ' ~ missing[0]) -%}
        {%- endif -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}

{#- Begins a transaction, for who calls to end: dbt rolls back what a hook leaves open, and a hook before this one may have. -#}
{% macro create_log(relation, columns, writer) -%}
    {%- call statement('transaction', auto_begin=true) -%} select 1 {%- endcall -%}
    {%- do dbt.create_schema(relation.without_identifier()) -%}
    {%- do run_query(create_log_table(relation, columns, writer)) -%}
{%- endmacro %}

{#- on-run-end: a run counts as complete when every model is there; what data tests say of it is another matter, noted beside it. -#}
{% macro finish_build(results, reporting_window) -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set succeeded = [] -%}
        {%- for result in results if result.status in ('success', 'pass', 'warn') -%} {%- do succeeded.append(result.node.unique_id) -%} {%- endfor -%}
        {%- set missing = {'model': [], 'test': []} -%}
        {#- Tests of a model that this engine does not have are among the nodes. -#}
        {%- for id, node in graph.nodes.items() if node.resource_type in missing and node.package_name == 'service_kpis' and node.config.enabled and id not in succeeded -%}
            {%- do missing[node.resource_type].append(id) -%}
        {%- endfor -%}
        {%- if not missing.model -%}
            {%- set as_of = run_query('select cast(as_of as ' ~ type_text() ~ ') as as_of from ' ~ reporting_window).columns[0].values()[0] -%}
            {%- do record_build('completed', as_of=instant_of_text(as_of)) -%}
            {%- if not missing.test -%} {%- do record_build('tested') -%} {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Names of incremental models that have no table. An incremental run would build these whole, and know nothing of what is new in them. -#}
{% macro incremental_models_without_table() -%}
    {%- set missing = [] -%}
    {%- for id, node in graph.nodes.items() if node.resource_type == 'model' and node.package_name == 'service_kpis' and node.config.materialized == 'incremental' -%}
        {%- if adapter.get_relation(node.database, node.schema, node.alias) is none -%} {%- do missing.append(node.name) -%} {%- endif -%}
    {%- endfor -%}
    {{ return(missing | sort) }}
{%- endmacro %}

{% macro record_build(event, model_name=none, detail=none, as_of=none) -%}
    {%- set values = [run_start()] -%}
    {%- for text in [event, model_name, detail] -%}
        {%- do values.append("'" ~ text | replace("'", "''") ~ "'" if text is not none else 'null') -%}
    {%- endfor -%}
    {%- do values.append("timestamp '" ~ as_of ~ "'" if as_of is not none else 'cast(null as timestamp)') -%}
    {%- do run_query(add_to_log(
        source('quality', 'builds'),
        columns=['started_at', 'event', 'model', 'detail', 'as_of'],
        query='select ' ~ values | join(', '),
        writer={'event': event, 'model': model_name}
    )) -%}
{%- endmacro %}

{#- The last run that was complete: started_at, as_of; none if there is none. -#}
{% macro last_build() -%}
    {%- set known = known_in_this_run() -%}
    {%- if 'last_build' not in known -%}
        {%- set rows = run_query(
            'select cast(started_at as ' ~ type_text() ~ ') as started_at, cast(as_of as ' ~ type_text() ~ ') as as_of from '
            ~ source('quality', 'builds') ~ " where event = 'completed' order by started_at desc limit 1"
        ).rows -%}
        {%- set last = {'started_at': instant_of_text(rows[0][0]), 'as_of': instant_of_text(rows[0][1])} if rows else none -%}
        {%- do known.update({'last_build': last}) -%}
    {%- endif -%}
    {{ return(known.last_build) }}
{%- endmacro %}

{#- What a run has found out once and for all, by name: hundreds of its nodes ask the same of `quality.builds`. dbt hands one and the
    same `graph` to all of them. -#}
{% macro known_in_this_run() -%}
    {{ return(graph.setdefault('known_in_run_' ~ invocation_id, {})) }}
{%- endmacro %}

{#- An instant that a query gave as text. As a timestamp, Spark would hand it over in the time zone of the machine that dbt runs on. -#}
{% macro instant_of_text(text) -%}
    {%- if text is none -%} {{ return(none) }} {%- endif -%}
    {%- set seconds, fraction = (text | string ~ '.').split('.')[:2] -%}
    {{ return(modules.datetime.datetime.strptime(seconds, '%Y-%m-%d %H:%M:%S').replace(microsecond=(fraction ~ '000000')[:6] | int)) }}
{%- endmacro %}

{#- Does this run build everything anew? What one base model finds out holds for all models after the base models; among them each
    decides for itself (`of_model`), for they run side by side. A yes is for good; a no is one only when all of them are done. -#}
{% macro is_whole_build(of_model=none) -%}
    {%- if flags.WHICH not in ('run', 'build') -%} {{ return(true) }} {%- endif -%}
    {%- set known = known_in_this_run() -%}
    {%- set question = 'is_whole_build ' ~ of_model -%}
    {%- if question not in known -%}
        {%- set whole = 'select 1 from ' ~ source('quality', 'builds') ~ ' where started_at = ' ~ run_start() ~ " and event = 'whole'" -%}
        {%- set is_whole = run_query(
            whole ~ (" and (model is null or model = '" ~ of_model ~ "')" if of_model) ~ ' limit 1'
        ).rows | length > 0 -%}
        {%- if not is_whole and not known.are_reasons_settled -%} {{ return(false) }} {%- endif -%}
        {%- do known.update({question: is_whole}) -%}
    {%- endif -%}
    {{ return(known[question]) }}
{%- endmacro %}

{#- Post-hook of base_agents: facts hold their agents' teams and tiers, so that a change of these is a change of all facts. -#}
{% macro compare_agents() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set builds = source('quality', 'builds') -%}
        {%- set row_text = "coalesce(agent_id, '') || '|' || coalesce(team, '') || '|' || coalesce(cast(tier as " ~ type_text() ~ "), '') || '|' || coalesce(cast(agent_kind as " ~ type_text() ~ "), '')" -%}
        {%- set fingerprint = run_query(
            'select count(*), sum(cast(' ~ text_hash(row_text) ~ ' as decimal(38, 0))) from ' ~ this ~ " where verdict = 'accepted'"
        ).rows[0].values() | join(' ') -%}
        {%- set last = last_build() -%}
        {%- if last is not none and not run_query(
            'select 1 from ' ~ builds ~ " where event = 'agents' and started_at = timestamp '" ~ last.started_at ~ "' and detail = '" ~ fingerprint ~ "'"
        ).rows -%}
            {%- do record_build('whole', model_name=this.identifier, detail='the team or tier of an agent has changed') -%}
        {%- endif -%}
        {%- do record_build('agents', detail=fingerprint) -%}
    {%- endif -%}
{%- endmacro %}

{#- Post-hook of stg_reporting_window: where the latest row was taken back, what had come to pass has not. All base models are done by
    then, and nothing else finds a reason to build everything anew. -#}
{% macro compare_as_of() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set last = last_build() -%}
        {%- if last is not none and last.as_of is not none and run_query(
            'select 1 from ' ~ this ~ " where coalesce(as_of < timestamp '" ~ last.as_of ~ "', true)"
        ).rows -%}
            {%- do record_build('whole', model_name=this.identifier, detail='as_of is earlier than that of the last build') -%}
        {%- endif -%}
        {%- do known_in_this_run().update({'are_reasons_settled': true}) -%}
    {%- endif -%}
{%- endmacro %}

{#- A fingerprint of all that decides what a row means: macros, models, variables, policies. -#}
{% macro definitions_fingerprint() -%}
    {%- set parts = [] -%}
    {%- for name, macro in context['service_kpis'].items() -%} {%- do parts.append(name ~ macro.macro.macro_sql) -%} {%- endfor -%}
    {%- for id, node in graph.nodes.items() if node.package_name == 'service_kpis' and node.resource_type in ('model', 'seed') -%}
        {%- do parts.append(id ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {%- for names in run_variables().values() -%}
        {%- for name in names -%} {%- do parts.append(name ~ '=' ~ var(name, none)) -%} {%- endfor -%}
    {%- endfor -%}
    {%- do parts.append(raw_mode() ~ raw_path()) -%}
    {%- for table in policy_tables() -%}
        {%- for file in policy_files(table) -%}
            {%- do parts.append(run_query('select md5(content) from read_text(' ~ path_literal([file]) ~ ')').columns[0].values()[0]) -%}
        {%- endfor -%}
        {%- set loaded = policy_table(table) -%}
        {%- if loaded -%}
            {%- do parts.append(run_query(
                'select count(*), sum(cast(' ~ whole_row_hash('given') ~ ' as decimal(38, 0))) from ' ~ loaded ~ ' as given'
            ).rows[0].values() | join(' ')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(parts | sort | join('\n'))) }}
{%- endmacro %}

{#- Was a row of a base model judged, for the first time or again, since the last complete build? Nothing was, where everything is
    built anew: who asks wants to know what to work out beside the rest. -#}
{% macro is_judged_since_last_build(judged_at) -%}
    {%- if execute and not is_whole_build() -%} {{ judged_at }} > timestamp '{{ last_build().started_at }}'
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}

{#- Has an instant come to pass since the last complete build: did it lie after as_of then? -#}
{% macro is_after_last_as_of(instant) -%}
    {%- if execute and not is_whole_build() -%} {{ instant }} > timestamp '{{ last_build().as_of }}'
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}

{#- Has an instant come to pass since the last complete build, and by as_of? -#}
{% macro has_come_to_pass(instant, as_of) -%}
    ({{ is_after_last_as_of(instant) }} and {{ instant }} <= {{ as_of }})
{%- endmacro %}
