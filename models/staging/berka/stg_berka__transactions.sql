-- One row per transaction on a current account.
-- k_symbol says what a transaction was for, the operation only how it was made: it comes first.
{{ config(enabled=var('source') == 'berka') }}

with

transactions as (
    select * from {{ ref('base_berka__trans') }}
    where rejection_reason is null
),

final as (
    select
        trans_id as transaction_id,
        'account_' || account_id as account_id,
        cast(posted_on as timestamp) as posted_at,
        signed_amount as amount,
        coalesce(
            case k_symbol
                when 'uver' then 'loan_payment'
                when 'sankc. urok' then 'penalty_interest'
                when 'sipo' then 'utilities'
                when 'duchod' then 'pension'
                when 'urok' then 'interest'
                when 'pojistne' then 'insurance'
                when 'sluzby' then 'fees'
            end,
            case operation
                when 'vklad' then 'cash_deposit'
                when 'vyber' then 'cash_withdrawal'
                when 'vyber kartou' then 'cash_withdrawal'
                when 'prevod z uctu' then 'transfer_in'
                when 'prevod na ucet' then 'transfer_out'
            end
        ) as category,
        -- The bank books its own fees and penalties as cash withdrawals: nobody came to a branch.
        case
            when k_symbol in ('sluzby', 'sankc. urok') then null
            when operation = 'vyber kartou' then 'atm'
            when operation in ('vklad', 'vyber') then 'branch'
            when operation in ('prevod z uctu', 'prevod na ucet') then 'standing_order'
        end as channel
    from transactions
)

select * from final
