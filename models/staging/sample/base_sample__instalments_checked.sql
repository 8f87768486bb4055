-- Every raw row of an instalment, typed, with the rule it breaks if any.
-- A view: repeated keys are resolved in base_sample__instalments.
{{ config(enabled=var('source') == 'sample', materialized='view') }}

{%- set dates = ['due_on', 'paid_on', 'loaded_at'] %}
{%- set numbers = ['instalment_number', 'due_amount', 'paid_amount'] %}

with

raw as (
    select * from {{ source('sample', 'instalments') }}
),

loans as (
    select loan_id from {{ ref('stg_sample__loans') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.loan_id), '') as loan_id,
        try_cast(raw.instalment_number as integer) as instalment_number,
        try_cast(raw.due_on as date) as due_on,
        try_cast(raw.due_amount as decimal(18, 2)) as due_amount,
        try_cast(raw.paid_on as date) as paid_on,
        try_cast(raw.paid_amount as decimal(18, 2)) as paid_amount,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.loan_id is null then 'missing key: loan_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when due_on is null then 'missing date: due_on'
            {% for column in numbers -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable number: {{ column }}'
            {% endfor -%}
            when instalment_number is null then 'missing key: instalment_number'
            when due_amount is null then 'missing number: due_amount'
            when due_amount < 0 then 'negative number: due_amount'
            when paid_amount < 0 then 'negative number: paid_amount'
            when loans.loan_id is null then 'orphan: loan_id'
        end as broken_rule
    from typed
    left join loans
        on typed.loan_id = loans.loan_id
),

final as (
    select
        concat_ws(' ', loan_id, trim(raw_record.instalment_number)) as row_key,
        loan_id,
        instalment_number,
        due_on,
        due_amount,
        paid_on,
        paid_amount,
        loaded_at,
        broken_rule,
        raw_record
    from checked
)

select * from final
