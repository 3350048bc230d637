{#- The three kinds of figure that a KPI can be. Each KPI macro is one call of one of them, and passes `part` on:

    'value'        what an analyst's query wants: the figure over the rows given (the default)
    'numerator'    the two sums from which coarser periods and groups are added up before dividing,
    'denominator'    'null' where the kind has none
    'scale'        100 for percentages and net scores, else 1
    'is_additive'  'true' where a coarser figure is the sums' quotient, 'false' where it goes back to the rows
    'measured'     of a percentile, the expression that it is taken of, so that one pass gives all that a model wants of it
    'share'        of a percentile, which one; 'null' of all else -#}

{#- A ratio of two sums: null where the denominator is 0 or null. -#}
{% macro ratio(numerator, denominator, scale=1, is_additive=true, part='value') -%}
    {%- set value -%}
    {{ scale ~ ' * ' if scale != 1 }}cast({{ numerator }} as {{ type_double() }}) / nullif({{ denominator }}, 0)
    {%- endset -%}
    {{ kpi_part(part, value, numerator, denominator, scale, is_additive) }}
{%- endmacro %}

{#- A count or an amount: no denominator. -#}
{% macro total(numerator, part='value') -%}
    {{ kpi_part(part, numerator, numerator, 'null', 1, true) }}
{%- endmacro %}

{#- A duration: its mean, median or 90th percentile (continuous) over the rows that have one. -#}
{% macro duration(expression, statistic='mean', part='value') -%}
    {%- if statistic == 'mean' -%} {{ ratio(exact_sum(expression), 'count(' ~ expression ~ ')', part=part) }}
    {%- else -%} {{ kpi_part(
        part,
        percentile(expression, {'median': 0.5, 'p90': 0.9}[statistic]),
        'null',
        'count(' ~ expression ~ ')',
        1,
        false,
        measured=expression,
        share={'median': 0.5, 'p90': 0.9}[statistic]
    ) }}
    {%- endif -%}
{%- endmacro %}

{% macro kpi_part(part, value, numerator, denominator, scale, is_additive, measured='null', share='null') -%}
    {%- set parts = {
        'value': value, 'numerator': numerator, 'denominator': denominator,
        'scale': scale, 'is_additive': is_additive | string | lower, 'measured': measured, 'share': share
    } -%}
    {%- if part not in parts -%}
        {{ exceptions.raise_compiler_error("A KPI's part is one of " ~ parts.keys() | join(', ') ~ ", not '" ~ part ~ "'") }}
    {%- endif -%}
    {{ parts[part] }}
{%- endmacro %}

{#- The share of the rows that are counted for which a condition holds, in percent. -#}
{% macro share(is_counted, condition, part='value') -%}
    {{ ratio(count_if('(' ~ is_counted ~ ') and (' ~ condition ~ ')'), count_if(is_counted), scale=100, part=part) }}
{%- endmacro %}

{#- Number of rows for which a condition holds; a null condition does not hold. -#}
{% macro count_if(condition) -%}
    count(*) filter (where {{ condition }})
{%- endmacro %}

{#- Continuous (interpolated) percentile of the values that are not null; share between 0 and 1. -#}
{% macro percentile(expression, share) -%}
    percentile_cont({{ share }}) within group (order by {{ expression }})
{%- endmacro %}
