-- Every raw row of an account's month end, typed, with the rule it breaks if any.
-- A view: repeated keys are resolved in base_sample__account_months.
{{ config(enabled=var('source') == 'sample', materialized='view') }}

{%- set dates = ['month_end_on', 'loaded_at'] %}
{%- set numbers = [
    'balance_amount',
    'limit_amount',
    'payment_amount',
    'minimum_due_amount',
    'dpd',
] %}

with

raw as (
    select * from {{ source('sample', 'account_months') }}
),

accounts as (
    select account_id from {{ ref('stg_sample__accounts') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.account_id), '') as account_id,
        try_cast(raw.month_end_on as date) as month_end_on,
        try_cast(raw.balance_amount as decimal(18, 2)) as balance_amount,
        try_cast(raw.limit_amount as decimal(18, 2)) as limit_amount,
        try_cast(raw.payment_amount as decimal(18, 2)) as payment_amount,
        try_cast(raw.minimum_due_amount as decimal(18, 2)) as minimum_due_amount,
        try_cast(raw.dpd as integer) as dpd,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.account_id is null then 'missing key: account_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when month_end_on is null then 'missing date: month_end_on'
            {% for column in numbers -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable number: {{ column }}'
            {% endfor -%}
            when month_end_on <> last_day(month_end_on) then 'not a month end: month_end_on'
            when limit_amount < 0 then 'negative limit: limit_amount'
            when dpd < 0 then 'negative number: dpd'
            when accounts.account_id is null then 'orphan: account_id'
        end as broken_rule
    from typed
    left join accounts
        on typed.account_id = accounts.account_id
),

final as (
    select
        concat_ws(' ', account_id, trim(raw_record.month_end_on)) as row_key,
        account_id,
        month_end_on,
        balance_amount,
        limit_amount,
        payment_amount,
        minimum_due_amount,
        dpd,
        loaded_at,
        broken_rule,
        raw_record
    from checked
)

select * from final
