-- The sound rows of every key that stands in the file more than once, and why all but the
-- latest of a key are refused. Only keys are counted over the whole file, and only these rows
-- are ranked: a sort of every row would not fit the machine.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

-- The view is named twice on purpose: a CTE that is read twice would be copied with all its
-- columns, where counting needs the key alone.
repeated_keys as (
    select transaction_id
    from {{ ref('base_sample__transactions_checked') }}
    group by transaction_id
    having count(*) > 1
),

checked as (
    select * from {{ ref('base_sample__transactions_checked') }}
    where broken_rule is null
),

repeated as (
    select checked.*
    from checked
    inner join repeated_keys
        on checked.transaction_id = repeated_keys.transaction_id
),

final as (
    select
        row_key,
        transaction_id,
        account_id,
        posted_at,
        amount,
        category,
        channel,
        loaded_at,
        {{ rejection_reason(['transaction_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from repeated
)

select * from final
