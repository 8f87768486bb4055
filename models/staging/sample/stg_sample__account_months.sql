-- One row per account and month end: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

account_months as (
    select * from {{ ref('base_sample__account_months') }}
    where rejection_reason is null
),

final as (
    select
        account_id,
        month_end_on,
        balance_amount,
        limit_amount,
        payment_amount,
        minimum_due_amount,
        dpd
    from account_months
)

select * from final
