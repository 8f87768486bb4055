-- Every raw row, typed, with the reason of its refusal if any. Rows of repeated keys come from
-- base_sample__account_months_repeated, all others straight from the file.
-- A table, so that the counts of rows, the refused rows, the checks and the lender entity don't type
-- the file again, each for itself.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

checked as (
    select * from {{ ref('base_sample__account_months_checked') }}
),

repeated as (
    select * from {{ ref('base_sample__account_months_repeated') }}
),

-- Straight from the table: a CTE that is read twice would be copied with all its columns.
repeated_keys as (
    select distinct
        account_id,
        month_end_on
    from {{ ref('base_sample__account_months_repeated') }}
),

not_repeated as (
    select
        checked.row_key,
        checked.account_id,
        checked.month_end_on,
        checked.balance_amount,
        checked.limit_amount,
        checked.payment_amount,
        checked.minimum_due_amount,
        checked.dpd,
        checked.loaded_at,
        checked.broken_rule as rejection_reason,
        case when checked.broken_rule is not null then {{ row_as_json('checked.raw_record') }} end
            as raw_row
    from checked
    left join repeated_keys
        on checked.account_id = repeated_keys.account_id
        and checked.month_end_on = repeated_keys.month_end_on
    where checked.broken_rule is not null
        or repeated_keys.account_id is null
),

final as (
    select * from not_repeated
    union all
    select * from repeated
)

select * from final
