-- One row per loan: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

loans as (
    select * from {{ ref('base_sample__loans') }}
    where rejection_reason is null
),

final as (
    select
        loan_id,
        account_id,
        customer_id,
        application_id,
        principal_amount,
        annual_rate,
        term_months,
        originated_on,
        collateral_amount,
        charged_off_on,
        recovered_amount
    from loans
)

select * from final
