{#- The `where` of an import: in an incremental run, only rows of touched keys, listed by a model in a column of the key's name.
    Such a model comes after stg_reporting_window, when it is settled whether the run is an incremental one. -#}
{% macro only_touched(key, touched) -%}
    {#- The reference is made known when models are parsed; a whole build does not need it. -#}
    {%- if not execute -%} {%- do ref(touched) -%} {%- endif -%}
    {#- In a unit test there is no `this` to go on from. -#}
    {%- if this and is_incremental() -%} where {{ key }} in (select {{ key }} from {{ ref(touched) }}) {%- endif -%}
{%- endmacro %}
