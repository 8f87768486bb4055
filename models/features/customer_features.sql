-- One row per eligible customer and observation date: what the lender knew of the customer by then.
-- seeds/feature_catalogue.csv says what each feature means, its unit and what null stands for.
with

windows as (
    select * from {{ ref('int_customer_windows') }}
),

holdings as (
    select * from {{ ref('int_customer_holdings') }}
),

instalments as (
    select * from {{ ref('int_customer_instalments') }}
),

bureau as (
    select * from {{ ref('int_customer_bureau') }}
),

customers as (
    select * from {{ ref('customers') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

-- Without postings on file, no posting in a month means nothing.
calendar as (
    select has_transactions from {{ ref('source_calendar') }}
),

final as (
    select
        windows.customer_id,
        windows.observation_date,
        cast(coalesce(windows.history_months, 0) as integer) as history_months,

        -- capacity
        cast(customers.gross_annual_income_amount as double) as gross_annual_income_amount,
        {{ ratio('windows.inflow_sum', 'windows.inflow_months_count') }} as inflow_mean_amount,
        cast(windows.credit_limit_amount as double) as credit_limit_amount,
        {{ ratio(
            '12 * (coalesce(instalments.last_month_due_amount, 0) + coalesce(windows.minimum_due_amount, 0))',
            'customers.gross_annual_income_amount'
        ) }} as debt_to_income_ratio,

        -- utilisation
        {{ ratio('windows.revolving_balance_amount', 'windows.credit_limit_amount') }}
            as utilisation_ratio,
        {{ ratio('windows.revolving_balance_sum', 'windows.revolving_limit_sum') }}
            as utilisation_mean_ratio,
        windows.utilisation_max_ratio,
        {{ ratio('windows.recent_revolving_balance_sum', 'windows.recent_revolving_limit_sum') }}
        - {{ ratio(
            'windows.revolving_balance_sum - windows.recent_revolving_balance_sum',
            'windows.revolving_limit_sum - windows.recent_revolving_limit_sum'
        ) }} as utilisation_change_ratio,

        -- repayment
        {{ ratio('windows.statement_paid_sum', 'windows.statement_sum') }} as payment_ratio,
        {{ ratio('windows.full_payments_count', 'windows.statements_count') }}
            as full_payment_ratio,
        {{ ratio('windows.late_months_count', 'windows.dpd_months_count') }} as late_months_ratio,
        cast(windows.max_dpd as integer) as max_dpd,
        cast(windows.current_dpd as integer) as current_dpd,
        {{ ratio('instalments.late_instalments_count', 'instalments.instalments_due_count') }}
            as late_instalments_ratio,
        {{ ratio('instalments.days_late_sum', 'instalments.instalments_due_count') }}
            as days_late_mean,

        -- liquidity
        {{ ratio('windows.deposit_balance_sum', 'windows.deposit_months_count') }}
            as deposit_balance_mean_amount,
        {{ ratio(
            'windows.deposit_balance_sum * windows.history_months',
            'windows.outflow_sum * windows.deposit_months_count'
        ) }} as expense_cover_months,
        {{ ratio('windows.inflow_sum - coalesce(windows.outflow_sum, 0)', 'windows.inflow_sum') }}
            as saving_ratio,
        {{ ratio('windows.overdrawn_months_count', 'windows.deposit_months_count') }}
            as overdrawn_months_ratio,
        case
            when windows.inflow_months_count >= 3 and windows.inflow_sum > 0
                then
                    sqrt(greatest(
                        {{ ratio('windows.inflow_square_sum', 'windows.inflow_months_count') }}
                        - power({{ ratio('windows.inflow_sum', 'windows.inflow_months_count') }}, 2),
                        0
                    )) / ({{ ratio('windows.inflow_sum', 'windows.inflow_months_count') }})
        end as inflow_variation_ratio,
        {{ ratio('coalesce(windows.cash_withdrawn_sum, 0)', 'windows.spending_sum') }}
            as cash_ratio,

        -- engagement
        case
            when calendar.has_transactions
                then {{ ratio('windows.transactions_count', 'windows.history_months') }}
        end as transactions_per_month_count,
        case
            when calendar.has_transactions
                then {{ ratio('windows.active_months_count', 'windows.history_months') }}
        end as active_months_ratio,
        {{ ratio('windows.digital_transactions_count', 'windows.channel_known_count') }}
            as digital_ratio,
        {{ months_between('windows.last_active_month_end_on', 'observation_dates.last_month_end_on') }}
            as months_since_last_transaction,

        -- holdings
        cast(holdings.products_held_count as integer) as products_held_count,
        cast(holdings.accounts_held_count as integer) as accounts_held_count,
        cast(holdings.credit_accounts_held_count as integer) as credit_accounts_held_count,
        cast(windows.credit_balance_amount as double) as credit_balance_amount,
        cast(windows.loan_balance_amount as double) as loan_balance_amount,

        -- tenure
        cast(holdings.tenure_months as integer) as tenure_months,
        cast(holdings.months_since_last_opening as integer) as months_since_last_opening,

        -- bureau
        cast(bureau.score as integer) as bureau_score,
        cast(bureau.inquiries_6m_count as integer) as bureau_inquiries_6m_count,
        cast(bureau.open_trades_count as integer) as bureau_open_trades_count,
        cast(bureau.oldest_trade_months as integer) as bureau_oldest_trade_months,
        {{ ratio('bureau.total_debt_amount', 'customers.gross_annual_income_amount') }}
            as bureau_debt_to_income_ratio
    from windows
    cross join calendar
    inner join observation_dates
        on windows.observation_date = observation_dates.observation_date
    inner join holdings
        on
            windows.customer_id = holdings.customer_id
            and windows.observation_date = holdings.observation_date
    inner join customers
        on windows.customer_id = customers.customer_id
    left join instalments
        on
            windows.customer_id = instalments.customer_id
            and windows.observation_date = instalments.observation_date
    left join bureau
        on
            windows.customer_id = bureau.customer_id
            and windows.observation_date = bureau.observation_date
)

select * from final
