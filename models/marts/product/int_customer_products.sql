{{ config(schema='internal') }}

-- One row per segmented customer, observation date and product type held then.
-- An account without an opening date was there before the history began.
with

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

final as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        accounts.product_type,
        count(*) as accounts_count
    from segments
    inner join accounts
        on
            segments.customer_id = accounts.customer_id
            and {{ is_open_at('accounts', 'segments.observation_date') }}
    group by
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        accounts.product_type
)

select * from final
