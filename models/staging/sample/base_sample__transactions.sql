-- Every raw row, typed, with the reason of its refusal if any. Rows of repeated keys come from
-- base_sample__transactions_repeated, all others straight from the file.
-- A table, so that the counts of rows, the refused rows, the checks and the lender entity don't type
-- the file again, each for itself.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

checked as (
    select * from {{ ref('base_sample__transactions_checked') }}
),

repeated as (
    select * from {{ ref('base_sample__transactions_repeated') }}
),

-- Straight from the table: a CTE that is read twice would be copied with all its columns.
repeated_keys as (
    select distinct transaction_id
    from {{ ref('base_sample__transactions_repeated') }}
),

not_repeated as (
    select
        checked.row_key,
        checked.transaction_id,
        checked.account_id,
        checked.posted_at,
        checked.amount,
        checked.category,
        checked.channel,
        checked.loaded_at,
        checked.broken_rule as rejection_reason,
        case when checked.broken_rule is not null then {{ row_as_json('checked.raw_record') }} end
            as raw_row
    from checked
    left join repeated_keys
        on checked.transaction_id = repeated_keys.transaction_id
    where checked.broken_rule is not null
        or repeated_keys.transaction_id is null
),

final as (
    select * from not_repeated
    union all
    select * from repeated
)

select * from final
