-- Every raw row, typed, with the rule that it breaks if any.
-- status is an outcome of the end of 1998: nothing but default_reports may read it.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'loan') }}
),

accounts as (
    select account_id from {{ ref('base_berka__account') }}
    where rejection_reason is null
),

typed as (
    select
        nullif(trim(raw.loan_id), '') as loan_id,
        nullif(trim(raw.account_id), '') as account_id,
        case
            when length(trim(raw.date)) = 6 then try_cast(
                '19' || substr(trim(raw.date), 1, 2) || '-' || substr(trim(raw.date), 3, 2)
                || '-' || substr(trim(raw.date), 5, 2) as date
            )
        end as originated_on,
        try_cast(trim(raw.amount) as decimal(18, 2)) as amount,
        try_cast(trim(raw.duration) as integer) as duration,
        try_cast(trim(raw.payments) as decimal(18, 2)) as payments,
        {{ code('raw.status') }} as status,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.loan_id is null then 'missing key: loan_id'
            when typed.originated_on is null then 'unreadable date: date'
            when typed.amount is null then 'unreadable number: amount'
            when typed.duration is null then 'unreadable number: duration'
            when typed.payments is null then 'unreadable number: payments'
            when typed.amount <= 0 then 'negative amount: amount'
            when typed.duration <= 0 then 'impossible term: duration'
            when typed.payments < 0 then 'negative amount: payments'
            when typed.status is null or typed.status not in ('a', 'b', 'c', 'd')
                then 'unknown code: status'
            when accounts.account_id is null then 'orphan: account_id'
        end as broken_rule
    from typed
    left join accounts
        on typed.account_id = accounts.account_id
),

final as (
    select
        loan_id as row_key,
        loan_id,
        account_id,
        originated_on,
        amount,
        duration,
        payments,
        status,
        {{ rejection_reason(['loan_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
