-- Grain: one row per KPI variant, period, dimension and member: texts of customers.
{% set kpis = [
    {'kpi': 'customer_sentiment_positive_pct', 'args': ['sentiment_label']},
    {'kpi': 'customer_sentiment_neutral_pct', 'args': ['sentiment_label']},
    {'kpi': 'customer_sentiment_negative_pct', 'args': ['sentiment_label']},
    {'kpi': 'net_sentiment', 'args': ['sentiment_label']},
    {'kpi': 'sentiment_coverage_pct', 'args': ['text_id', 'sentiment_label']},
] %}
{% set dimensions = {'network': 'network', 'customer_segment': 'customer_segment'} %}

with

customer_texts as (

    select * from {{ ref('fct_customer_texts') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

measured_rows as (

    select
        network,
        customer_segment,
        text_id,
        sentiment_label,
        written_date as measured_date
    from customer_texts

),

-- Customers may have had nothing to say in writing: then there are periods, without a figure.
tickets_and_texts as (

    select ticket_id as row_id from tickets
    union all
    select text_id as row_id from customer_texts

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, 'tickets_and_texts', sums='sums') }}

)

select * from final
