{#- Whether the rows of a model keep its rules: one row per broken rule, with the number of rows that break it and a query that
    shows them.

    key: columns whose values together occur once; a null is a value like any other.
    not_null: columns that are always there.
    accepted_values: {column: values}; null passes.
    rules: {what is so, in words: condition}; a condition must be true, unknown breaks it.

    One scan for all of them. A key is counted by its hash, which takes a third of the time of grouping by it; only where a hash
    occurs twice are the keys themselves compared, so that the answer is exact. -#}
{% test sound(model, key=[], not_null=[], accepted_values={}, rules={}) %}
{{ config(fail_calc='coalesce(sum(failing_rows), 0)') }}
{%- set conditions = {} -%}
{%- for column in not_null -%}
    {%- do conditions.update({column ~ ' is not null': column ~ ' is not null'}) -%}
{%- endfor -%}
{%- for column, values in accepted_values.items() -%}
    {%- set literals = [] -%}
    {%- for value in values -%} {%- do literals.append(string_constant(value) if value is string else value) -%} {%- endfor -%}
    {%- set is_accepted = column ~ ' in (' ~ literals | join(', ') ~ ')' -%}
    {%- do conditions.update({is_accepted: column ~ ' is null or ' ~ is_accepted}) -%}
{%- endfor -%}
{%- do conditions.update(rules) -%}
{%- set key_columns = key | join(', ') -%}
{%- set named_rules = [] -%}
{%- for rule, condition in conditions.items() -%}
    {%- do named_rules.append((loop.index, rule, 'select * from ' ~ model ~ ' where not coalesce(' ~ condition ~ ', false)')) -%}
{%- endfor -%}
{%- if key -%}
    {%- do named_rules.append((0, key_columns ~ ' occurs once',
        'select ' ~ key_columns ~ ', count(*) from ' ~ model ~ ' group by ' ~ key_columns ~ ' having count(*) > 1')) -%}
{%- endif %}

with

counts as (

    select
        {% for condition in conditions.values() -%}
        {{ count_if('not coalesce(' ~ condition ~ ', false)') }} as failing_rows_{{ loop.index }},
        {% endfor -%}
        {{ 'count(distinct ' ~ row_hash(key) ~ ')' if key else 'count(*)' }} as hash_count,
        count(*) as row_count
    from {{ model }}

),

repeated_keys as (

    select count(*) as row_count
    from {{ model }}
    where (select counts.hash_count < counts.row_count from counts)
    {{ 'group by ' ~ key_columns if key }}
    having count(*) > 1

),

rules as (

    {% for number, rule, query in named_rules -%}
    select
        {{ number }} as rule_number,
        {{ string_constant(rule) }} as rule,
        {{ string_constant(query) }} as query
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

failures as (

    select
        rules.rule,
        case rules.rule_number
            when 0 then (select coalesce(sum(repeated_keys.row_count), 0) from repeated_keys)
            {% for condition in conditions -%}
            when {{ loop.index }} then counts.failing_rows_{{ loop.index }}
            {% endfor -%}
        end as failing_rows,
        rules.query
    from rules
    cross join counts

)

select * from failures
where failing_rows > 0

{% endtest %}
