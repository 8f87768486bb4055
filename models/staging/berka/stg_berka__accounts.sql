-- One row per current account, loan and card.
-- A client who may only dispose of another's account owns none and is not here.
{{ config(enabled=var('source') == 'berka') }}

with

dispositions as (
    select * from {{ ref('base_berka__disp') }}
    where rejection_reason is null
),

current_accounts as (
    select * from {{ ref('base_berka__account') }}
    where rejection_reason is null
),

loans as (
    select * from {{ ref('base_berka__loan') }}
    where rejection_reason is null
),

cards as (
    select * from {{ ref('base_berka__card') }}
    where rejection_reason is null
),

owners as (
    select * from dispositions
    where type = 'owner'
),

final as (
    select
        'account_' || current_accounts.account_id as account_id,
        owners.client_id as customer_id,
        'current_account' as product_type,
        current_accounts.opened_on,
        cast(null as date) as closed_on
    from current_accounts
    inner join owners
        on current_accounts.account_id = owners.account_id
    union all
    select
        'loan_' || loans.loan_id as account_id,
        owners.client_id as customer_id,
        'personal_loan' as product_type,
        loans.originated_on as opened_on,
        {{ add_months('loans.originated_on', 'loans.duration') }} as closed_on
    from loans
    inner join owners
        on loans.account_id = owners.account_id
    union all
    -- The card belongs to whom it was issued to.
    select
        'card_' || cards.card_id as account_id,
        dispositions.client_id as customer_id,
        'credit_card' as product_type,
        cards.issued_on as opened_on,
        cast(null as date) as closed_on
    from cards
    inner join dispositions
        on cards.disp_id = dispositions.disp_id
)

select * from final
