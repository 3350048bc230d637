{#- Incremental measures: only the periods are measured again in which something changed.

    Each measure keeps, in its `overall` rows of days, a fingerprint of the rows that the day was measured from. A later run
    takes the fingerprints of all days again, which costs a scan, and measures the periods that contain a day whose
    fingerprint is another one. So it does not matter how a row came to change (a new version, a late row, a deletion, a window
    that matured, an agent's new team), nor whether an earlier run was interrupted. -#}

{#- One row per day: the sum of the hashes of its rows, all columns of them. A sum does not depend on the order of rows, and
    unlike an exclusive or it tells two equal rows from none. -#}
{% macro day_fingerprints(row_sets) -%}
    select
        measured_date,
        sum(cast(row_hash as decimal(38, 0))) as fingerprint
    from (
        {% for rows in row_sets -%}
        select
            measured_date,
            {{ whole_row_hash('given') }} as row_hash
        from {{ rows }} as given
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as hashed_rows
    group by measured_date
{%- endmacro %}

{#- The periods that a measure has to measure, from its CTE `day_fingerprints`: in a full build all; else those that contain a day
    which changed, those that are running or were when they were measured, and those that came into or fell out of the
    data's range. Without a row in `source` nothing stays.
    is_running_total: what changes on a day changes all that follows. -#}
{% macro periods_to_measure(source, is_running_total=false) -%}
    {%- set candidates -%}
    select
        dim_periods.*,
        case when dim_periods.period_grain = 'day' then coalesce(day_fingerprints.fingerprint, 0) end as fingerprint
    from {{ ref('dim_periods') }} as dim_periods
    left join day_fingerprints
        on dim_periods.period_grain = 'day'
        and dim_periods.period_start_date = day_fingerprints.measured_date
    {%- endset -%}
    {%- if not is_incremental() -%} {{ candidates }}
    {%- else -%}
    with

    candidates as (

        {{ candidates }}

    ),

    stored as (

        select distinct
            period_grain,
            period_start_date,
            is_complete_period,
            fingerprint
        from {{ this }}
        where dimension = 'overall'

    ),

    stored_days as (

        select
            period_start_date,
            fingerprint
        from stored
        where period_grain = 'day'

    ),

    changed_days as (

        select coalesce(day_fingerprints.measured_date, stored_days.period_start_date) as changed_date
        from day_fingerprints
        full outer join stored_days on day_fingerprints.measured_date = stored_days.period_start_date
        where coalesce(day_fingerprints.fingerprint, 0) <> coalesce(stored_days.fingerprint, 0)

    ),

    changed_periods as (

        {% for grain in kpi_grains() -%}
        select distinct
            '{{ grain }}' as period_grain,
            {{ period_start(grain, 'changed_date') }} as period_start_date
        from changed_days
        {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    first_change as (

        select min(changed_date) as changed_date from changed_days

    )

    select candidates.*
    from candidates
    cross join first_change
    left join stored
        on candidates.period_grain = stored.period_grain
        and candidates.period_start_date = stored.period_start_date
    left join changed_periods
        on candidates.period_grain = changed_periods.period_grain
        and candidates.period_start_date = changed_periods.period_start_date
    where
        changed_periods.period_grain is not null
        or candidates.is_complete_period is distinct from stored.is_complete_period
        or not candidates.is_complete_period
        or not candidates.is_in_data_range
        or not exists (select 1 from {{ source }})
        {{ 'or candidates.next_period_start_date > first_change.changed_date' if is_running_total }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a date lies in a period that is measured: of the rows of all others nothing is needed. -#}
{% macro is_in_periods(date) -%}
    {%- if not is_incremental() -%} true
    {%- else -%}
    {{ date }} in (
        select day_fingerprints.measured_date
        from day_fingerprints
        inner join periods
            on periods.period_start_date = case periods.period_grain
                {%- for grain in kpi_grains() %}
                when '{{ grain }}' then {{ period_start(grain, 'day_fingerprints.measured_date') }}
                {%- endfor %}
            end
    )
    {%- endif -%}
{%- endmacro %}

{#- Whether a date lies in a period that is measured, or after it. -#}
{% macro is_since_first_period(date) -%}
    {%- if not is_incremental() -%} true
    {%- else -%} {{ date }} >= (select min(period_start_date) from periods)
    {%- endif -%}
{%- endmacro %}

{#- Whether a date is the start of a period of a grain that is measured. -#}
{% macro is_start_of_period(date, grain) -%}
    {%- if not is_incremental() -%} true
    {%- else -%} {{ date }} in (select period_start_date from periods where period_grain = '{{ grain }}')
    {%- endif -%}
{%- endmacro %}

{#- A row without a KPI for each period that was measured, also where nothing is left in it: `replace_periods` deletes by them. -#}
{% macro measured_periods_without_kpi() -%}
    union all

    select
        cast(null as {{ type_text() }}) as kpi_key,
        cast(null as {{ type_text() }}) as kpi_variant,
        period_grain,
        period_start_date,
        cast(null as {{ type_text() }}) as dimension,
        cast(null as {{ type_text() }}) as member,
        cast(null as {{ type_double() }}) as numerator,
        cast(null as {{ type_double() }}) as denominator,
        cast(null as {{ type_double() }}) as value,
        cast(null as {{ type_text() }}) as unit,
        cast(null as bigint) as sample_count,
        cast(null as bigint) as immature_count,
        cast(null as {{ type_double() }}) as numerator_squares,
        is_complete_period,
        fingerprint
    from periods
{%- endmacro %}

{#- dbt's incremental strategy `replace_periods`: the rows of the periods measured give way to the new ones; so do those of
    periods that are none any more. -#}
{% macro get_incremental_replace_periods_sql(arguments) -%}
    {%- set columns = arguments.dest_columns | map(attribute='name') | join(', ') -%}
    delete from {{ arguments.target_relation }}
    where
        (period_grain, period_start_date) in (select period_grain, period_start_date from {{ arguments.temp_relation }})
        or (period_grain, period_start_date) not in (
            select period_grain, period_start_date from {{ ref('dim_periods') }}
        );

    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
    where kpi_key is not null;

    {{ record_measured_periods(arguments.temp_relation) }}
{%- endmacro %}

{#- The statement that notes which periods a measure has measured: what came into being, for its tests. -#}
{% macro record_measured_periods(new_rows) -%}
    {%- set periods -%}
    select distinct {{ run_start() }}, '{{ model.name }}', period_grain, period_start_date from {{ new_rows }}
    {%- endset -%}
    {{ add_to_log(
        source('published_quality', 'measured_periods'),
        columns=['started_at', 'model', 'period_grain', 'period_start_date'],
        query=periods,
        writer={'model': model.name}
    ) }}
{%- endmacro %}
