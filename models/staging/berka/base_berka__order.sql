-- Every raw row, typed, with the rule that it breaks if any.
-- Standing orders carry no date, so no observation date may use them: nothing reads this model
-- but the counts of refused rows.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'order') }}
),

accounts as (
    select account_id from {{ ref('base_berka__account') }}
    where rejection_reason is null
),

typed as (
    select
        nullif(trim(raw.order_id), '') as order_id,
        nullif(trim(raw.account_id), '') as account_id,
        nullif(trim(raw.bank_to), '') as bank_to,
        nullif(trim(raw.account_to), '') as account_to,
        try_cast(trim(raw.amount) as decimal(18, 2)) as amount,
        {{ code('raw.k_symbol') }} as k_symbol,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.order_id is null then 'missing key: order_id'
            when typed.amount is null then 'unreadable number: amount'
            when typed.amount < 0 then 'negative amount: amount'
            when typed.k_symbol not in ('sipo', 'uver', 'pojistne', 'leasing')
                then 'unknown code: k_symbol'
            when accounts.account_id is null then 'orphan: account_id'
        end as broken_rule
    from typed
    left join accounts
        on typed.account_id = accounts.account_id
),

final as (
    select
        order_id as row_key,
        order_id,
        account_id,
        bank_to,
        account_to,
        amount,
        k_symbol,
        {{ rejection_reason(['order_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
