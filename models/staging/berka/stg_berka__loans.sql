-- One row per loan.
-- amount is exactly payments x duration in every row: what is to be repaid may hold interest, but
-- the file does not let it be told from the principal, so no rate can be derived.
{{ config(enabled=var('source') == 'berka') }}

with

loans as (
    select * from {{ ref('base_berka__loan') }}
    where rejection_reason is null
),

dispositions as (
    select * from {{ ref('base_berka__disp') }}
    where rejection_reason is null
),

owners as (
    select * from dispositions
    where type = 'owner'
),

final as (
    select
        loans.loan_id,
        'loan_' || loans.loan_id as account_id,
        owners.client_id as customer_id,
        cast(null as varchar) as application_id,
        loans.amount as principal_amount,
        cast(null as decimal(9, 6)) as annual_rate,
        loans.duration as term_months,
        loans.originated_on,
        cast(null as decimal(18, 2)) as collateral_amount,
        cast(null as date) as charged_off_on,
        cast(null as decimal(18, 2)) as recovered_amount
    from loans
    inner join owners
        on loans.account_id = owners.account_id
)

select * from final
