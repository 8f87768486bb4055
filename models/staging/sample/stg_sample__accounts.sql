-- One row per account: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

accounts as (
    select * from {{ ref('base_sample__accounts') }}
    where rejection_reason is null
),

final as (
    select
        account_id,
        customer_id,
        product_type,
        opened_on,
        closed_on
    from accounts
)

select * from final
