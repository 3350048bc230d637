{#- What models/raw/_raw__sources.yml says of a raw table, or _policy__sources.yml of a policy table: its meta, and its columns in
    order, each a dictionary of its meta and name. Known only when models run (`execute`). -#}
{% macro raw_spec(table, source_name='raw') -%}
    {%- set node = graph.sources['source.service_kpis.' ~ source_name ~ '.' ~ table] -%}
    {%- set columns = [] -%}
    {%- for name, column in node.columns.items() -%}
        {%- do columns.append(dict(column.config.meta, name=name)) -%}
    {%- endfor -%}
    {{ return({'table': table, 'meta': node.config.meta, 'columns': columns}) }}
{%- endmacro %}

{#- What the raw tables are about, in the order of the specification: raw_<thing>, base_<thing>, stg_<thing>. Written out because dbt
    wants to know a model's parents before the specification can be read. -#}
{% macro raw_things() -%}
    {{ return([
        'customers', 'subscriptions', 'agents',
        'tickets', 'ticket_events',
        'contacts', 'contact_legs',
        'survey_responses', 'servqual_answers',
        'costs', 'exchange_rates',
        'self_service_sessions', 'bot_conversations', 'bot_questions',
        'social_mentions',
    ]) }}
{%- endmacro %}
