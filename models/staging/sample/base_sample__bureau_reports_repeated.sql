-- The sound rows of every key that stands in the file more than once, and why all but the
-- latest of a key are refused. Only keys are counted over the whole file, and only these rows
-- are ranked: a sort of every row would not fit the machine.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

with

-- The view is named twice on purpose: a CTE that is read twice would be copied with all its
-- columns, where counting needs the key alone.
repeated_keys as (
    select
        customer_id,
        report_on
    from {{ ref('base_sample__bureau_reports_checked') }}
    group by customer_id, report_on
    having count(*) > 1
),

checked as (
    select * from {{ ref('base_sample__bureau_reports_checked') }}
    where broken_rule is null
),

repeated as (
    select checked.*
    from checked
    inner join repeated_keys
        on checked.customer_id = repeated_keys.customer_id
        and checked.report_on = repeated_keys.report_on
),

final as (
    select
        row_key,
        customer_id,
        report_on,
        score,
        inquiries_6m_count,
        open_trades_count,
        oldest_trade_months,
        total_debt_amount,
        special_code,
        loaded_at,
        {{ rejection_reason(
            ['customer_id', 'report_on'], 'loaded_at desc nulls last, raw_record'
        ) }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from repeated
)

select * from final
