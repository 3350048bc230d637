{#- Aggregates and window functions that engines spell differently. -#}

{#- The value on the row with the smallest key among those that meet a condition, null if that row's value is null. -#}
{% macro value_at_first(value, key, condition) -%}
    {{ return(adapter.dispatch('value_at_first', 'service_kpis')(value, key, condition)) }}
{%- endmacro %}

{% macro duckdb__value_at_first(value, key, condition) -%}
    arg_min_null({{ value }}, {{ key }}) filter (where {{ condition }})
{%- endmacro %}

{% macro postgres__value_at_first(value, key, condition) -%}
    (array_agg({{ value }} order by {{ key }}) filter (where {{ condition }}))[1]
{%- endmacro %}

{% macro spark__value_at_first(value, key, condition) -%}
    min_by({{ value }}, {{ key }}) filter (where {{ condition }})
{%- endmacro %}

{#- The value on the row with the greatest key among those that meet a condition, null if that row's value is null. -#}
{% macro value_at_last(value, key, condition) -%}
    {{ return(adapter.dispatch('value_at_last', 'service_kpis')(value, key, condition)) }}
{%- endmacro %}

{% macro duckdb__value_at_last(value, key, condition) -%}
    arg_max_null({{ value }}, {{ key }}) filter (where {{ condition }})
{%- endmacro %}

{% macro postgres__value_at_last(value, key, condition) -%}
    (array_agg({{ value }} order by {{ key }} desc) filter (where {{ condition }}))[1]
{%- endmacro %}

{% macro spark__value_at_last(value, key, condition) -%}
    max_by({{ value }}, {{ key }}) filter (where {{ condition }})
{%- endmacro %}

{#- The latest value that is not null on the rows before this one, in a named window's order. -#}
{% macro latest_before(value, window) -%}
    {{ return(adapter.dispatch('latest_before', 'service_kpis')(value, window)) }}
{%- endmacro %}

{% macro default__latest_before(value, window) -%}
    last_value({{ value }} ignore nulls) over ({{ window }} rows between unbounded preceding and 1 preceding)
{%- endmacro %}

{% macro spark__latest_before(value, window) -%}
    last_value({{ value }}, true) over ({{ window }} rows between unbounded preceding and 1 preceding)
{%- endmacro %}

{% macro postgres__latest_before(value, window) -%}
    (
        array_agg({{ value }}) filter (where {{ value }} is not null)
        over ({{ window }} rows between unbounded preceding and 1 preceding)
    )[
        count({{ value }}) over ({{ window }} rows between unbounded preceding and 1 preceding)
    ]
{%- endmacro %}

{#- A sum that does not depend on the order of its rows: a sum of doubles differs in its last digits from run to run. -#}
{% macro exact_sum(expression) -%}
    sum(cast({{ expression }} as decimal(38, 12)))
{%- endmacro %}

{#- Several continuous percentiles of one expression in one pass, as a list: `percentile_at` takes one out. -#}
{% macro percentiles(expression, shares) -%}
    {{ return(adapter.dispatch('percentiles', 'service_kpis')(expression, shares)) }}
{%- endmacro %}

{% macro duckdb__percentiles(expression, shares) -%}
    quantile_cont({{ expression }}, [{{ shares | join(', ') }}])
{%- endmacro %}

{% macro postgres__percentiles(expression, shares) -%}
    percentile_cont(array[{{ shares | join(', ') }}]) within group (order by {{ expression }})
{%- endmacro %}

{% macro spark__percentiles(expression, shares) -%}
    percentile({{ expression }}, array({{ shares | join(', ') }}))
{%- endmacro %}

{#- One of a list of percentiles, the first at position 1. -#}
{% macro percentile_at(list, position) -%}
    {{ return(adapter.dispatch('percentile_at', 'service_kpis')(list, position)) }}
{%- endmacro %}

{% macro default__percentile_at(list, position) -%}
    ({{ list }})[{{ position }}]
{%- endmacro %}

{% macro spark__percentile_at(list, position) -%}
    element_at({{ list }}, {{ position }})
{%- endmacro %}

{#- A 64-bit hash of all columns of a row, given the alias of its table. -#}
{% macro whole_row_hash(alias) -%}
    {{ return(adapter.dispatch('whole_row_hash', 'service_kpis')(alias)) }}
{%- endmacro %}

{% macro duckdb__whole_row_hash(alias) -%}
    hash({{ alias }})
{%- endmacro %}

{% macro postgres__whole_row_hash(alias) -%}
    hashtextextended(cast({{ alias }} as text), 0)
{%- endmacro %}

{% macro spark__whole_row_hash(alias) -%}
    xxhash64(struct({{ alias }}.*))
{%- endmacro %}
