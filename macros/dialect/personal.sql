{#- A personal text as marts may show it: its hash, the same for the same text; in clear only where `mask_personal_data` is false. -#}
{% macro masked(expression) -%}
    {{ md5_text(expression) if var('mask_personal_data') else expression }}
{%- endmacro %}

{#- MD5 of a text as 32 hexadecimal digits; null stays null. -#}
{% macro md5_text(expression) -%}
    {{ return(adapter.dispatch('md5_text', 'service_kpis')(expression)) }}
{%- endmacro %}

{% macro default__md5_text(expression) -%}
    md5({{ expression }})
{%- endmacro %}
