-- One row: the span of the chosen source's history, and how far its outcomes are known.
with

balances as (
    select
        min(month_end_on) as first_month_end_on,
        max(month_end_on) as last_month_end_on
    from {{ ref('account_months') }}
),

flows as (
    select
        min(month_end_on) as first_month_end_on,
        max(month_end_on) as last_month_end_on
    from {{ ref('int_account_flows') }}
),

reports as (
    select
        min(reported_on) as first_reported_on,
        max(reported_on) as last_reported_on
    from {{ ref('default_reports') }}
),

span as (
    select
        least(
            coalesce(balances.first_month_end_on, flows.first_month_end_on),
            coalesce(flows.first_month_end_on, balances.first_month_end_on)
        ) as first_month_end_on,
        -- Balances exist for whole months only; postings may stop within one.
        coalesce(balances.last_month_end_on, flows.last_month_end_on) as history_ends_on,
        flows.last_month_end_on is not null as has_transactions,
        reports.first_reported_on,
        reports.last_reported_on
    from balances
    cross join flows
    cross join reports
),

final as (
    select
        '{{ var("source") }}' as source,
        cast(date_trunc('month', first_month_end_on) as date) as history_starts_on,
        history_ends_on,
        greatest(history_ends_on, coalesce(last_reported_on, history_ends_on))
            as outcomes_end_on,
        first_reported_on as first_outcome_reported_on,
        has_transactions
    from span
)

select * from final
where
    history_ends_on is not null
    or {{ raise_error(
        "'Source ''" ~ var('source') ~ "'' has neither balances (account_months) nor postings"
        ~ " (transactions): without months there is no date to observe customers on.'"
    ) }}
