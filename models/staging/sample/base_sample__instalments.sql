-- Every raw row, typed, with the reason of its refusal if any. Rows of repeated keys come from
-- base_sample__instalments_repeated, all others straight from the file.
-- A table, so that the counts of rows, the refused rows, the checks and the lender entity don't type
-- the file again, each for itself.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

checked as (
    select * from {{ ref('base_sample__instalments_checked') }}
),

repeated as (
    select * from {{ ref('base_sample__instalments_repeated') }}
),

-- Straight from the table: a CTE that is read twice would be copied with all its columns.
repeated_keys as (
    select distinct
        loan_id,
        instalment_number
    from {{ ref('base_sample__instalments_repeated') }}
),

not_repeated as (
    select
        checked.row_key,
        checked.loan_id,
        checked.instalment_number,
        checked.due_on,
        checked.due_amount,
        checked.paid_on,
        checked.paid_amount,
        checked.loaded_at,
        checked.broken_rule as rejection_reason,
        case when checked.broken_rule is not null then {{ row_as_json('checked.raw_record') }} end
            as raw_row
    from checked
    left join repeated_keys
        on checked.loan_id = repeated_keys.loan_id
        and checked.instalment_number = repeated_keys.instalment_number
    where checked.broken_rule is not null
        or repeated_keys.loan_id is null
),

final as (
    select * from not_repeated
    union all
    select * from repeated
)

select * from final
