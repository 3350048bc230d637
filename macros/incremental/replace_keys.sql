{#- Incremental strategy: the rows of all touched keys are taken out and the model's rows put in, so that a key whose rows are gone
    loses them. In the model's meta: `touched`, the model that lists the touched keys in the columns of `unique_key`; without it,
    the keys of the new rows themselves, those without a key being one of them. -#}
{% macro get_incremental_replace_keys_sql(arguments) -%}
    {%- set target_relation = arguments['target_relation'] -%}
    {%- set new_rows = arguments['temp_relation'] -%}
    {%- set key = config.require('unique_key') -%}
    {%- set touched = config.get('meta', {}).get('touched') -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='name') | join(', ') %}
    delete from {{ target_relation }}
    where
        {% if touched -%}
        {{ is_key_among(key, ref(touched)) }}
        {%- else -%}
        coalesce({{ key }}, '') in (select coalesce({{ key }}, '') from {{ new_rows }})
        {%- endif %};

    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ new_rows }};
{%- endmacro %}
