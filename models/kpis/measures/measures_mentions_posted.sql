-- Grain: one row per KPI variant, period, dimension and member: social mentions at their posting.
{% set kpis = [
    {'kpi': 'social_mentions', 'args': ['is_inbound and is_public']},
    {'kpi': 'social_response_rate', 'args': ['needs_reply', 'first_replied_at is not null']},
    {'kpi': 'social_net_sentiment', 'args': ['inbound_sentiment_label']},
] %}
{% set dimensions = {'network': 'network', 'customer_segment': 'customer_segment'} %}

with

social_mentions as (

    select * from {{ ref('fct_social_mentions') }}

),

customer_texts as (

    select * from {{ ref('fct_customer_texts') }}

),

periods as (

    select * from {{ ref('dim_periods') }}

),

measured_rows as (

    select
        social_mentions.*,
        customer_texts.sentiment_label as inbound_sentiment_label,
        social_mentions.posted_date as measured_date
    from social_mentions
    left join customer_texts
        on customer_texts.text_kind = 'mention'
        and social_mentions.mention_id = customer_texts.source_id

),

sums as (

    {{ kpi_sums('measured_rows', dimensions, kpis) }}

),

final as (

    {{ kpi_rows(kpis, ref('fct_social_mentions'), sums='sums') }}

)

select * from final
