-- Every raw row of a loan, typed, with the rule it breaks if any.
-- An application that is not on file doesn't refuse the loan: the debt is real.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

{%- set dates = ['originated_on', 'charged_off_on', 'loaded_at'] %}
{%- set numbers = [
    'principal_amount',
    'annual_rate',
    'term_months',
    'collateral_amount',
    'recovered_amount',
] %}

with

raw as (
    select * from {{ source('sample', 'loans') }}
),

accounts as (
    select account_id from {{ ref('stg_sample__accounts') }}
),

customers as (
    select customer_id from {{ ref('stg_sample__customers') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.loan_id), '') as loan_id,
        nullif(trim(raw.account_id), '') as account_id,
        nullif(trim(raw.customer_id), '') as customer_id,
        nullif(trim(raw.application_id), '') as application_id,
        try_cast(raw.principal_amount as decimal(18, 2)) as principal_amount,
        try_cast(raw.annual_rate as decimal(9, 6)) as annual_rate,
        try_cast(raw.term_months as integer) as term_months,
        try_cast(raw.originated_on as date) as originated_on,
        try_cast(raw.collateral_amount as decimal(18, 2)) as collateral_amount,
        try_cast(raw.charged_off_on as date) as charged_off_on,
        try_cast(raw.recovered_amount as decimal(18, 2)) as recovered_amount,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when loan_id is null then 'missing key: loan_id'
            when typed.account_id is null then 'missing key: account_id'
            when typed.customer_id is null then 'missing key: customer_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when originated_on is null then 'missing date: originated_on'
            {% for column in numbers -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable number: {{ column }}'
            {% endfor -%}
            when principal_amount is null then 'missing number: principal_amount'
            when principal_amount < 0 then 'negative number: principal_amount'
            when annual_rate < 0 then 'negative number: annual_rate'
            when term_months < 0 then 'negative number: term_months'
            when collateral_amount < 0 then 'negative number: collateral_amount'
            when recovered_amount < 0 then 'negative number: recovered_amount'
            when accounts.account_id is null then 'orphan: account_id'
            when customers.customer_id is null then 'orphan: customer_id'
        end as broken_rule
    from typed
    left join accounts
        on typed.account_id = accounts.account_id
    left join customers
        on typed.customer_id = customers.customer_id
),

final as (
    select
        loan_id as row_key,
        loan_id,
        account_id,
        customer_id,
        application_id,
        principal_amount,
        annual_rate,
        term_months,
        originated_on,
        collateral_amount,
        charged_off_on,
        recovered_amount,
        loaded_at,
        {{ rejection_reason(['loan_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from checked
)

select * from final
