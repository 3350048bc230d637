{#- At the end of a run: what the data tests that failed or warned found. dbt itself only says how much. Each is asked again, but for
    a warning that took long to find. -#}
{% macro tell_failed_tests(results) -%}
    {%- for result in results if result.node.resource_type == 'test' and (
        result.status == 'fail' or (result.status == 'warn' and result.execution_time < 2)
    ) -%}
        {%- set found = run_query('select * from (' ~ result.node.compiled_code ~ ') as found limit 5') -%}
        {%- for row in found.rows -%}
            {%- set values = [] -%}
            {%- for name, value in row.items() if value is not none -%}
                {%- do values.append(name ~ ': ' ~ (value | string).split() | join(' ')) -%}
            {%- endfor -%}
            {%- do log(result.node.name ~ ' found ' ~ values | join(', '), info=true) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
