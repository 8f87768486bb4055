-- One row per eligible customer and observation date: sums over the window that ends there.
-- Months in which a customer had nothing on the books have no row and count nowhere.
with

population as (
    select * from {{ ref('segment_population') }}
    where is_eligible
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

customer_months as (
    select * from {{ ref('int_customer_months') }}
),

windowed as (
    select
        observation_dates.observation_date,
        customer_months.*,
        customer_months.month_end_on = observation_dates.last_month_end_on as is_last_month,
        {{ months_between('customer_months.month_end_on', 'observation_dates.last_month_end_on') }}
        < 3 as is_last_quarter
    from customer_months
    inner join observation_dates
        on
            customer_months.month_end_on > observation_dates.window_starts_after_on
            and customer_months.month_end_on <= observation_dates.last_month_end_on
),

summed as (
    select
        customer_id,
        observation_date,
        count(*) as history_months,
        sum(deposit_balance_amount) as deposit_balance_sum,
        count(deposit_balance_amount) as deposit_months_count,
        count(*) filter (where overdrawn_accounts_count > 0) as overdrawn_months_count,
        sum(credit_balance_amount) filter (where is_last_month) as credit_balance_amount,
        sum(loan_balance_amount) filter (where is_last_month) as loan_balance_amount,
        sum(revolving_limit_amount) filter (where is_last_month) as credit_limit_amount,
        sum(minimum_due_amount) filter (where is_last_month) as minimum_due_amount,
        max(max_dpd) filter (where is_last_month) as current_dpd,
        sum(revolving_balance_amount) filter (where is_last_month) as revolving_balance_amount,
        sum(revolving_balance_amount) as revolving_balance_sum,
        sum(revolving_limit_amount) as revolving_limit_sum,
        sum(revolving_balance_amount) filter (where is_last_quarter) as recent_revolving_balance_sum,
        sum(revolving_limit_amount) filter (where is_last_quarter) as recent_revolving_limit_sum,
        max({{ ratio('revolving_balance_amount', 'revolving_limit_amount') }}) as utilisation_max_ratio,
        sum(statement_amount) as statement_sum,
        sum(statement_paid_amount) as statement_paid_sum,
        sum(statements_count) as statements_count,
        sum(full_payments_count) as full_payments_count,
        count(max_dpd) as dpd_months_count,
        count(*) filter (where max_dpd > 0) as late_months_count,
        max(max_dpd) as max_dpd,
        sum(inflow_amount) as inflow_sum,
        sum(cast(inflow_amount as decimal(18, 2)) * cast(inflow_amount as decimal(18, 2)))
            as inflow_square_sum,
        count(inflow_amount) as inflow_months_count,
        sum(outflow_amount) as outflow_sum,
        sum(income_amount) as income_sum,
        sum(cash_withdrawn_amount) as cash_withdrawn_sum,
        sum(spending_amount) as spending_sum,
        sum(transactions_count) as transactions_count,
        sum(digital_transactions_count) as digital_transactions_count,
        sum(channel_known_count) as channel_known_count,
        count(*) filter (where transactions_count > 0) as active_months_count,
        max(month_end_on) filter (where transactions_count > 0) as last_active_month_end_on
    from windowed
    group by customer_id, observation_date
),

final as (
    select
        population.customer_id,
        population.observation_date,
        summed.* exclude (customer_id, observation_date)
    from population
    left join summed
        on
            population.customer_id = summed.customer_id
            and population.observation_date = summed.observation_date
)

select * from final
