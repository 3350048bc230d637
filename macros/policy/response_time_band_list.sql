{#- The company's response-time bands, shortest first: [{'key': …, 'upper_minutes': …}].
    Read from the policy when a model is compiled, since the bands are the KPI's variants. -#}
{% macro response_time_band_list() -%}
    {%- set policy = ref('stg_response_time_bands') -%}
    {%- set bands = [] -%}
    {%- if execute and load_relation(policy) is not none -%}
        {%- for row in run_query('select band_key, upper_minutes from ' ~ policy ~ ' order by upper_minutes, band_key') -%}
            {%- do bands.append({'key': row[0], 'upper_minutes': row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(bands) }}
{%- endmacro %}
