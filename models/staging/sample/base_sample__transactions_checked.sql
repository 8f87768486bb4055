-- Every raw row of a transaction, typed, with the rule it breaks if any.
-- A view: repeated keys are resolved in base_sample__transactions.
{{ config(enabled=var('source') == 'sample', materialized='view') }}

{%- set dates = ['posted_at', 'loaded_at'] %}

with

raw as (
    select * from {{ source('sample', 'transactions') }}
),

accounts as (
    select account_id from {{ ref('stg_sample__accounts') }}
),

transaction_categories as (
    select category from {{ ref('transaction_categories') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.transaction_id), '') as transaction_id,
        nullif(trim(raw.account_id), '') as account_id,
        try_cast(raw.posted_at as timestamp) as posted_at,
        try_cast(raw.amount as decimal(18, 2)) as amount,
        {{ code('raw.category') }} as category,
        {{ code('raw.channel') }} as channel,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when transaction_id is null then 'missing key: transaction_id'
            when typed.account_id is null then 'missing key: account_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when posted_at is null then 'missing date: posted_at'
            when {{ is_unreadable('raw_record.amount', 'amount') }}
                then 'unreadable number: amount'
            when amount is null then 'missing number: amount'
            when typed.category is not null and transaction_categories.category is null
                then 'unknown code: category'
            when typed.channel not in (
                'branch', 'atm', 'card', 'web', 'mobile_app', 'standing_order'
            ) then 'unknown code: channel'
            when accounts.account_id is null then 'orphan: account_id'
        end as broken_rule
    from typed
    left join accounts
        on typed.account_id = accounts.account_id
    left join transaction_categories
        on typed.category = transaction_categories.category
),

final as (
    select
        transaction_id as row_key,
        transaction_id,
        account_id,
        posted_at,
        amount,
        category,
        channel,
        loaded_at,
        broken_rule,
        raw_record
    from checked
)

select * from final
