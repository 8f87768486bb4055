-- One row per customer and observation date with a bureau report: the latest one by then.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

bureau_reports as (
    select * from {{ ref('bureau_reports') }}
),

final as (
    select
        bureau_reports.customer_id,
        observation_dates.observation_date,
        bureau_reports.report_on,
        bureau_reports.score,
        bureau_reports.inquiries_6m_count,
        bureau_reports.open_trades_count,
        bureau_reports.oldest_trade_months,
        bureau_reports.total_debt_amount
    from bureau_reports
    inner join observation_dates
        on
            bureau_reports.report_on <= observation_dates.observation_date
            and bureau_reports.report_on > observation_dates.window_starts_after_on
    qualify row_number() over (
        partition by bureau_reports.customer_id, observation_dates.observation_date
        order by bureau_reports.report_on desc
    ) = 1
)

select * from final
