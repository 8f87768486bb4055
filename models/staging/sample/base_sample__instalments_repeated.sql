-- The sound rows of every key that stands in the file more than once, and why all but the
-- latest of a key are refused. Only keys are counted over the whole file, and only these rows
-- are ranked: a sort of every row would not fit the machine.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

-- The view is named twice on purpose: a CTE that is read twice would be copied with all its
-- columns, where counting needs the key alone.
repeated_keys as (
    select
        loan_id,
        instalment_number
    from {{ ref('base_sample__instalments_checked') }}
    group by loan_id, instalment_number
    having count(*) > 1
),

checked as (
    select * from {{ ref('base_sample__instalments_checked') }}
    where broken_rule is null
),

repeated as (
    select checked.*
    from checked
    inner join repeated_keys
        on checked.loan_id = repeated_keys.loan_id
        and checked.instalment_number = repeated_keys.instalment_number
),

final as (
    select
        row_key,
        loan_id,
        instalment_number,
        due_on,
        due_amount,
        paid_on,
        paid_amount,
        loaded_at,
        {{ rejection_reason(
            ['loan_id', 'instalment_number'], 'loaded_at desc nulls last, raw_record'
        ) }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from repeated
)

select * from final
