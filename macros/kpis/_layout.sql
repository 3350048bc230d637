{#- What is measured for a list of KPIs, each expression once, and which columns make which figure. -#}

{#- The KPIs of a list whose macro says that they are, or are not, sums. -#}
{% macro kpis_where_additive(kpis, is_additive) -%}
    {%- set chosen = [] -%}
    {%- for kpi in kpis if context[kpi.kpi](*kpi.args, part='is_additive') | trim == is_additive -%}
        {%- do chosen.append(kpi) -%}
    {%- endfor -%}
    {{ return(chosen) }}
{%- endmacro %}

{#- What has to be measured for the KPIs of a list: the expressions over their rows, each once, and of each KPI in which
    column its numerator, denominator … are found (`places`, in the order of the list). `measured` are the expressions of
    which percentiles are taken: `rows_with_members` gives them as whole numbers, in the columns `measured_0` …; `percentiles` says of
    which of them an expression takes which shares. -#}
{% macro kpi_layout(kpis) -%}
    {%- set expressions = [] -%}
    {%- set measured = [] -%}
    {%- set percentiles_of = {} -%}
    {%- set places = [] -%}
    {%- for kpi in kpis -%}
        {%- set wanted = {
            'numerator': context[kpi.kpi](*kpi.args, part='numerator') | trim,
            'denominator': context[kpi.kpi](*kpi.args, part='denominator') | trim,
            'immature': count_if(kpi.immature) | trim if kpi.immature is defined else 'null',
            'sample': kpi.sample | default('null'),
            'squares': kpi.squares | default('null'),
        } -%}
        {%- set shares = shares_measured(kpi, kpis) -%}
        {%- if shares -%}
            {%- set expression = context[kpi.kpi](*kpi.args, part='measured') | trim -%}
            {%- if expression not in measured -%} {%- do measured.append(expression) -%} {%- endif -%}
            {%- set column = 'measured_' ~ measured.index(expression) -%}
            {%- do wanted.update({'value': percentiles(column, shares) | trim}) -%}
            {%- do percentiles_of.update({wanted.value: {'column': column, 'shares': shares}}) -%}
        {%- endif -%}
        {%- set place = {} -%}
        {%- for column, expression in wanted.items() if expression != 'null' -%}
            {%- if expression not in expressions -%} {%- do expressions.append(expression) -%} {%- endif -%}
            {%- do place.update({column: 'part_' ~ expressions.index(expression)}) -%}
        {%- endfor -%}
        {%- if shares -%}
            {%- set share = context[kpi.kpi](*kpi.args, part='share') | trim -%}
            {%- set percentile = percentile_at(place.value, shares.index(share) + 1) | trim -%}
            {%- do place.update({'value': of_whole_microseconds(percentile) | trim}) -%}
        {%- endif -%}
        {%- do places.append(place) -%}
    {%- endfor -%}
    {{ return({'expressions': expressions, 'measured': measured, 'percentiles': percentiles_of, 'places': places}) }}
{%- endmacro %}

{#- The layout of KPIs that count distinct things, over rows of one thing each: such rows say how many the thing had (`row_count`) and
    how many of them were immature (`immature`), and have the greatest of its values in the columns `greatest`. What was distinct is then
    counted as it is. An engine keeps each thing once, where distinct counts keep it once for each of them. -#}
{% macro layout_of_things(layout, kpis, thing, greatest) -%}
    {%- set immature = [] -%}
    {%- set expressions = [] -%}
    {%- for kpi in kpis if kpi.immature is defined -%} {%- do immature.append(count_if(kpi.immature) | trim) -%} {%- endfor -%}
    {%- for expression in layout.expressions -%}
        {%- do expressions.append('sum(immature_' ~ immature.index(expression) ~ ')' if expression in immature
            else expression | replace('count(' ~ thing ~ ')', 'sum(row_count)') | replace('count(distinct ', 'count(')) -%}
    {%- endfor -%}
    {{ return({
        'expressions': expressions,
        'measured': layout.measured,
        'percentiles': layout.percentiles,
        'places': layout.places,
        'once': {'thing': thing, 'greatest': greatest, 'immature': immature},
    }) }}
{%- endmacro %}

{#- What rows of one thing each have besides the columns that they are grouped by. -#}
{% macro columns_of_things(once) -%}
    {{ once.thing }},
        count({{ once.thing }}) as row_count
    {%- for column in once.greatest %},
        max({{ column }}) as {{ column }}
    {%- endfor %}
    {%- for expression in once.immature %},
        {{ expression }} as immature_{{ loop.index0 }}
    {%- endfor %}
{%- endmacro %}

{#- All shares that the KPIs of a list want of the expression of which this one is a percentile; empty if it is none. -#}
{% macro shares_measured(kpi, kpis) -%}
    {%- set measured = context[kpi.kpi](*kpi.args, part='measured') | trim -%}
    {%- set shares = [] -%}
    {%- for other in kpis if measured != 'null' and context[other.kpi](*other.args, part='measured') | trim == measured -%}
        {%- set share = context[other.kpi](*other.args, part='share') | trim -%}
        {%- if share not in shares -%} {%- do shares.append(share) -%} {%- endif -%}
    {%- endfor -%}
    {{ return(shares) }}
{%- endmacro %}

{#- A duration as a whole number, and back: durations are whole microseconds, in minutes or in seconds. Engines order whole
    numbers twice as fast as doubles, and most of the time of all percentiles is spent in ordering. -#}
{% macro whole_microseconds(duration) -%}
    cast(round({{ duration }} * 60000000) as bigint)
{%- endmacro %}

{% macro of_whole_microseconds(number) -%}
    cast({{ number }} as {{ type_double() }}) / 60000000
{%- endmacro %}

{% macro kpi_parts(layout) -%}
    {%- for expression in layout.expressions -%}
    {{ expression }} as part_{{ loop.index0 }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- One KPI's columns of its row in `rows`, by name: `place` says in which column each of its parts is. `is_there`: a member has a row
    where something was measured. -#}
{% macro kpi_columns(kpi, place, rows, has_variants) -%}
    {%- set is_count = 'denominator' not in place and kpi.per is not defined -%}
    {%- set scale = context[kpi.kpi](*kpi.args, part='scale') | trim -%}
    {%- set numerator = 'null' if 'numerator' not in place
        else place.numerator if kpi.is_null_when_missing else 'coalesce(' ~ place.numerator ~ ', 0)' -%}
    {%- set denominator = kpi.per if kpi.per is defined
        else 'coalesce(' ~ place.denominator ~ ', 0)' if 'denominator' in place else 'null' -%}
    {%- set immature = 'coalesce(' ~ place.immature ~ ', 0)' if 'immature' in place else '0' -%}
    {%- set samples = [place.sample, denominator, place.numerator, '0'] | select('defined') | reject('equalto', 'null') -%}
    {%- set value -%}
        {% if is_count -%} cast({{ numerator }} as {{ type_double() }})
        {%- elif 'value' in place -%} cast({{ place.value }} as {{ type_double() }})
        {%- else -%} {{ scale ~ ' * ' if scale != '1' }}cast({{ numerator }} as {{ type_double() }}) / nullif({{ denominator }}, 0)
        {%- endif %}
    {%- endset -%}
    {%- set is_there -%}
        {{ rows }}.dimension = 'overall'
        {% if 'denominator' in place -%} or {{ place.denominator }} > 0
        {%- elif kpi.is_null_when_missing -%} or {{ place.numerator }} is not null
        {%- else -%} or {{ place.numerator }} <> 0
        {%- endif %}
        {{ 'or ' ~ place.immature ~ ' > 0' if 'immature' in place }}
    {%- endset -%}
    {{ return({
        'kpi_variant': rows ~ '.kpi_variant' if has_variants else "'" ~ kpi.variant | default('standard') ~ "'",
        'numerator': 'cast(' ~ numerator ~ ' as ' ~ type_double() ~ ')',
        'denominator': 'cast(' ~ denominator ~ ' as ' ~ type_double() ~ ')',
        'value': value,
        'sample_count': 'cast(coalesce(' ~ samples | join(', ') ~ ') as bigint)',
        'immature_count': 'cast(' ~ immature ~ ' as bigint)',
        'numerator_squares': 'cast(' ~ place.squares | default('null') ~ ' as ' ~ type_double() ~ ')',
        'is_there': is_there,
    }) }}
{%- endmacro %}

{#- The bound of a figure's 95 % interval, of the columns that `kpi_rows` measures; null where the kind has none. -#}
{% macro bound_of_value(sign) -%}
    case
        when denominator = 0 then null
        when unit = 'percent' then {{ wilson_bound('numerator', 'denominator', sign) }}
        when numerator_squares is not null
            then {{ adjusted_wald_bound('numerator', 'numerator_squares', 'denominator', sign) }}
    end
{%- endmacro %}
