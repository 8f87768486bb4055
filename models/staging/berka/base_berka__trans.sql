-- Every raw row, typed, with the rule that it breaks if any.
-- An empty k_symbol and one space both mean none. prijem is a credit, vydaj and vyber are debits.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'trans') }}
),

accounts as (
    select account_id from {{ ref('base_berka__account') }}
    where rejection_reason is null
),

typed as (
    select
        nullif(trim(raw.trans_id), '') as trans_id,
        nullif(trim(raw.account_id), '') as account_id,
        case
            when length(trim(raw.date)) = 6 then try_cast(
                '19' || substr(trim(raw.date), 1, 2) || '-' || substr(trim(raw.date), 3, 2)
                || '-' || substr(trim(raw.date), 5, 2) as date
            )
        end as posted_on,
        {{ code('raw.type') }} as type,
        {{ code('raw.operation') }} as operation,
        try_cast(trim(raw.amount) as decimal(18, 2)) as amount,
        try_cast(trim(raw.balance) as decimal(18, 2)) as balance_amount,
        {{ code('raw.k_symbol') }} as k_symbol,
        nullif(trim(raw.bank), '') as partner_bank,
        nullif(trim(raw.account), '') as partner_account,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.trans_id is null then 'missing key: trans_id'
            when typed.posted_on is null then 'unreadable date: date'
            when typed.type is null or typed.type not in ('prijem', 'vydaj', 'vyber')
                then 'unknown code: type'
            when typed.operation not in (
                'vklad', 'vyber', 'vyber kartou', 'prevod z uctu', 'prevod na ucet'
            )
                then 'unknown code: operation'
            when typed.amount is null then 'unreadable number: amount'
            when typed.balance_amount is null then 'unreadable number: balance'
            when typed.amount < 0 then 'negative amount: amount'
            when typed.k_symbol not in (
                'uver', 'sankc. urok', 'sipo', 'duchod', 'urok', 'pojistne', 'sluzby'
            )
                then 'unknown code: k_symbol'
            when accounts.account_id is null then 'orphan: account_id'
        end as broken_rule
    from typed
    left join accounts
        on typed.account_id = accounts.account_id
),

final as (
    select
        trans_id as row_key,
        trans_id,
        account_id,
        posted_on,
        type,
        operation,
        amount,
        case when type = 'prijem' then amount else -amount end as signed_amount,
        balance_amount,
        k_symbol,
        partner_bank,
        partner_account,
        {{ rejection_reason(['trans_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
