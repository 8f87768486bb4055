-- Every raw row, typed, with the reason of its refusal if any. Rows of repeated keys come from
-- base_sample__bureau_reports_repeated, all others straight from the file.
-- A table, so that the counts of rows, the refused rows, the checks and the lender entity don't type
-- the file again, each for itself.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

checked as (
    select * from {{ ref('base_sample__bureau_reports_checked') }}
),

repeated as (
    select * from {{ ref('base_sample__bureau_reports_repeated') }}
),

-- Straight from the table: a CTE that is read twice would be copied with all its columns.
repeated_keys as (
    select distinct
        customer_id,
        report_on
    from {{ ref('base_sample__bureau_reports_repeated') }}
),

not_repeated as (
    select
        checked.row_key,
        checked.customer_id,
        checked.report_on,
        checked.score,
        checked.inquiries_6m_count,
        checked.open_trades_count,
        checked.oldest_trade_months,
        checked.total_debt_amount,
        checked.special_code,
        checked.loaded_at,
        checked.broken_rule as rejection_reason,
        case when checked.broken_rule is not null then {{ row_as_json('checked.raw_record') }} end
            as raw_row
    from checked
    left join repeated_keys
        on checked.customer_id = repeated_keys.customer_id
        and checked.report_on = repeated_keys.report_on
    where checked.broken_rule is not null
        or repeated_keys.customer_id is null
),

final as (
    select * from not_repeated
    union all
    select * from repeated
)

select * from final
