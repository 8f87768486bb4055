-- Every raw row, typed, with the rule that it breaks if any.
-- frequency is how often statements are issued.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'account') }}
),

districts as (
    select district_id from {{ ref('base_berka__district') }}
    where rejection_reason is null
),

owned_accounts as (
    select account_id from {{ ref('base_berka__disp') }}
    where rejection_reason is null and type = 'owner'
),

typed as (
    select
        nullif(trim(raw.account_id), '') as account_id,
        nullif(trim(raw.district_id), '') as district_id,
        {{ code('raw.frequency') }} as frequency,
        case
            when length(trim(raw.date)) = 6 then try_cast(
                '19' || substr(trim(raw.date), 1, 2) || '-' || substr(trim(raw.date), 3, 2)
                || '-' || substr(trim(raw.date), 5, 2) as date
            )
        end as opened_on,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.account_id is null then 'missing key: account_id'
            when typed.opened_on is null then 'unreadable date: date'
            when
                typed.frequency is null
                or typed.frequency not in (
                    'poplatek mesicne', 'poplatek tydne', 'poplatek po obratu'
                )
                then 'unknown code: frequency'
            when districts.district_id is null then 'orphan: district_id'
            when owned_accounts.account_id is null then 'no owner: account_id'
        end as broken_rule
    from typed
    left join districts
        on typed.district_id = districts.district_id
    left join owned_accounts
        on typed.account_id = owned_accounts.account_id
),

final as (
    select
        account_id as row_key,
        account_id,
        district_id,
        frequency,
        opened_on,
        {{ rejection_reason(['account_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
