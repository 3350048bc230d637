{#- Whether the rows of a model keep its rules: one row per broken rule, with the number of rows that break it and a query that
    shows them.

    key: columns whose values together occur once; a null is a value like any other.
    day, number: that column of the key that is a day, or a whole number from 0 on, if many rows differ in nothing else.
    not_null: columns that are always there.
    accepted_values: {column: values}; null passes.
    rules: {what is so, in words: condition}; a condition must be true, unknown breaks it.

    One scan: many a model is a view, worked out anew by each. The key is counted by its hash: a third of the time of grouping by it.
    Where a day or number is known there is a second scan, in which each is a bit of its month or of 31 numbers, and the sum of bits
    that differ is all of them together: half of the time again, and a tenth of the memory. Only where something occurs twice are the
    keys themselves compared, so the answer is exact. -#}
{% test sound(model, key=[], day=none, number=none, not_null=[], accepted_values={}, rules={}) %}
{{ config(fail_calc='coalesce(sum(failing_rows), 0)') }}
{%- set conditions = {} -%}
{%- set counts = {} -%}
{%- for column in not_null -%}
    {%- do conditions.update({column ~ ' is not null': column ~ ' is not null'}) -%}
    {%- do counts.update({column ~ ' is not null': 'count(*) - count(' ~ column ~ ')'}) -%}
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
        {% for rule, condition in conditions.items() -%}
        {{ counts.get(rule, count_if('not coalesce(' ~ condition ~ ', false)')) }} as failing_rows_{{ loop.index }},
        {% endfor -%}
        {{ 'count(distinct ' ~ row_hash(key) ~ ')' if key and not (day or number) else 'count(*)' }} as key_count,
        count(*) as row_count
    from {{ model }}

),

suspicions as (

    {{ bits_repeated(model, key, day, number) if day or number else 'select key_count < row_count as is_suspected from counts' }}

),

repeated_keys as (

    select count(*) as row_count
    from {{ model }}
    where (select suspicions.is_suspected from suspicions)
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

{#- One row, `is_suspected`: may a day or number occur twice with the rest of its key? Never no if one does. -#}
{% macro bits_repeated(relation, key, day=none, number=none) -%}
    {%- if day -%}
        {%- set block = ['extract(year from ' ~ day ~ ')', 'extract(month from ' ~ day ~ ')'] -%}
        {%- set position = 'extract(day from ' ~ day ~ ')' -%}
    {%- else -%}
        {%- set block = ['floor(' ~ number ~ ' / 31.0)'] -%}
        {%- set position = number ~ ' - 31 * floor(' ~ number ~ ' / 31.0)' -%}
    {%- endif -%}
    {%- set bit = bit_at('coalesce(' ~ position ~ ', 32)') -%}
    select count(*) > 0 as is_suspected
    from (
        select {{ row_hash(key | reject('equalto', day or number) | list + block) }} as key_hash
        from {{ relation }}
        group by {{ row_hash(key | reject('equalto', day or number) | list + block) }}
        having sum({{ bit }}) > bit_or({{ bit }})
    ) as repetitions
{%- endmacro %}
