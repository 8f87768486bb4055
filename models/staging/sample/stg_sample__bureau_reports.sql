-- One row per customer and report date: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

bureau_reports as (
    select * from {{ ref('base_sample__bureau_reports') }}
    where rejection_reason is null
),

final as (
    select
        customer_id,
        report_on,
        score,
        inquiries_6m_count,
        open_trades_count,
        oldest_trade_months,
        total_debt_amount,
        special_code
    from bureau_reports
)

select * from final
