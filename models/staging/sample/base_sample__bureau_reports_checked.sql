-- Every raw row of a bureau report, typed, with the rule it breaks if any.
-- A view: repeated keys are resolved in base_sample__bureau_reports.
-- A special code stands where the score would; it moves to a column of its own, so that no
-- mean ever contains 9001.
{{ config(enabled=var('source') == 'sample', materialized='view') }}

{%- set dates = ['report_on', 'loaded_at'] %}
{%- set numbers = {
    'score': 'score_or_code',
    'inquiries_6m_count': 'inquiries_6m_count',
    'open_trades_count': 'open_trades_count',
    'oldest_trade_months': 'oldest_trade_months',
    'total_debt_amount': 'total_debt_or_code',
} %}

with

raw as (
    select * from {{ source('sample', 'bureau_reports') }}
),

customers as (
    select customer_id from {{ ref('stg_sample__customers') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.customer_id), '') as customer_id,
        try_cast(raw.report_on as date) as report_on,
        try_cast(raw.score as integer) as score_or_code,
        try_cast(raw.inquiries_6m_count as integer) as inquiries_6m_count,
        try_cast(raw.open_trades_count as integer) as open_trades_count,
        try_cast(raw.oldest_trade_months as integer) as oldest_trade_months,
        try_cast(raw.total_debt_amount as decimal(18, 2)) as total_debt_or_code,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.customer_id is null then 'missing key: customer_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when report_on is null then 'missing date: report_on'
            {% for raw_column, column in numbers.items() -%}
                when {{ is_unreadable('raw_record.' ~ raw_column, column) }}
                    then 'unreadable number: {{ raw_column }}'
            {% endfor -%}
            when score_or_code not between 300 and 850 and score_or_code not in (9001, 9002, 9003)
                then 'unknown code: score'
            when inquiries_6m_count < 0 then 'negative number: inquiries_6m_count'
            when open_trades_count < 0 then 'negative number: open_trades_count'
            when oldest_trade_months < 0 then 'negative number: oldest_trade_months'
            when total_debt_or_code < 0 then 'negative number: total_debt_amount'
            when customers.customer_id is null then 'orphan: customer_id'
        end as broken_rule
    from typed
    left join customers
        on typed.customer_id = customers.customer_id
),

final as (
    select
        concat_ws(' ', customer_id, trim(raw_record.report_on)) as row_key,
        customer_id,
        report_on,
        case when score_or_code between 300 and 850 then score_or_code end as score,
        inquiries_6m_count,
        open_trades_count,
        oldest_trade_months,
        case
            when total_debt_or_code <> 999999996 then total_debt_or_code
        end as total_debt_amount,
        case score_or_code
            when 9001 then 'no_hit'
            when 9002 then 'thin_file'
            when 9003 then 'frozen'
        end as special_code,
        loaded_at,
        broken_rule,
        raw_record
    from checked
)

select * from final
