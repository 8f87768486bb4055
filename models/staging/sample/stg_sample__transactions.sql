-- One row per transaction: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

transactions as (
    select * from {{ ref('base_sample__transactions') }}
    where rejection_reason is null
),

final as (
    select
        transaction_id,
        account_id,
        posted_at,
        amount,
        category,
        channel
    from transactions
)

select * from final
