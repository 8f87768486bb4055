-- One row per loan: what the bank said of it at the end of 1998.
-- b ended unpaid, d runs in debt; a ended and c runs without trouble.
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
        owners.client_id as customer_id,
        'loan_' || loans.loan_id as account_id,
        loans.originated_on as exposed_from_on,
        cast('1998-12-31' as date) as reported_on,
        loans.status in ('b', 'd') as is_default
    from loans
    inner join owners
        on loans.account_id = owners.account_id
)

select * from final
