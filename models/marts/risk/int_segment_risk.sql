-- One row per segment and observation date, nothing hidden: book, arrears, outcomes and losses.
-- Reports read segment_risk, which hides small cells.
{{ config(schema='internal') }}

with

segments as (
    select * from {{ ref('segments') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

source_calendar as (
    select * from {{ ref('source_calendar') }}
),

outcomes as (
    select * from {{ ref('customer_outcomes') }}
),

features as (
    select * from {{ ref('customer_features') }}
),

exposures as (
    select * from {{ ref('int_credit_exposures') }}
),

charge_offs as (
    select * from {{ ref('int_charge_offs') }}
),

credit_months as (
    select * from {{ ref('int_account_months') }}
    where is_credit
),

loans as (
    select * from {{ ref('loans') }}
),

instalments as (
    select * from {{ ref('instalments') }}
),

delinquency_buckets as (
    select * from {{ ref('risk_delinquency_buckets') }}
),

parameters as (
    select max(case when parameter = 'first_payment_default_days' then value end)
        as first_payment_default_days
    from {{ ref('risk_parameters') }}
),

-- For how many months of the window a customer could default: until the last agreed term ends. A year
-- counts in full, because whoever has repaid within it could not default in the rest of it.
borrowers as (
    select
        customer_id,
        observation_date,
        {% set months = source_setting('performance_months') | int -%}
        max(
            greatest(
                least(coalesce(remaining_months, {{ months }}), {{ months }}),
                {{ [12, months] | min }}
            )
        ) as months_at_risk,
        max(case when is_defaulted then 1 else 0 end) = 1 as is_defaulted
    from exposures
    group by customer_id, observation_date
),

customers as (
    select
        segments.segment_id,
        segments.observation_date,
        count(*) as customers_count,
        count(*) filter (where outcomes.outcome_status = 'good') as good_count,
        count(*) filter (where outcomes.outcome_status = 'default') as default_count,
        count(*) filter (where outcomes.outcome_status = 'indeterminate') as indeterminate_count,
        count(*) filter (where outcomes.outcome_status = 'already in default')
            as already_in_default_count,
        count(*) filter (where outcomes.outcome_status = 'no credit') as no_credit_count,
        count(*) filter (where coalesce(outcomes.outcome_status, 'not observed') = 'not observed')
            as not_observed_count,
        count(*) filter (where outcomes.outcome_status = 'immature') as immature_count,
        count(*) filter (
            where outcomes.outcome_status in ('good', 'default') and borrowers.is_defaulted
        ) as scored_in_default_count,
        sum(borrowers.months_at_risk) filter (
            where outcomes.outcome_status in ('good', 'default')
        ) as scored_months_at_risk,
        percentile_cont(0.5) within group (order by features.debt_to_income_ratio)
            as median_debt_to_income_ratio,
        percentile_cont(0.5) within group (order by features.utilisation_ratio)
            as median_utilisation_ratio,
        percentile_cont(0.5) within group (order by features.bureau_score)
            as median_bureau_score
    from segments
    left join outcomes
        on
            segments.customer_id = outcomes.customer_id
            and segments.observation_date = outcomes.observation_date
    left join features
        on
            segments.customer_id = features.customer_id
            and segments.observation_date = features.observation_date
    left join borrowers
        on
            segments.customer_id = borrowers.customer_id
            and segments.observation_date = borrowers.observation_date
    group by segments.segment_id, segments.observation_date
),

{% set buckets = {
    'past_due_30_59_amount': '30-59', 'past_due_60_89_amount': '60-89',
    'past_due_90_amount': '90+',
} -%}
books as (
    select
        exposures.segment_id,
        exposures.observation_date,
        count(*) as accounts_count,
        count(exposures.balance_amount) as balance_accounts_count,
        sum(exposures.balance_amount) as exposure_amount,
        count(exposures.dpd) as dpd_accounts_count,
        {% set past_due_30 = "delinquency_buckets.delinquency_bucket in ('"
            ~ buckets.values() | join("', '") ~ "')" -%}
        count(*) filter (where {{ past_due_30 }}) as past_due_30_accounts_count,
        sum(exposures.balance_amount) filter (where exposures.dpd is not null)
            as dpd_exposure_amount,
        sum(exposures.balance_amount) filter (where {{ past_due_30 }}) as past_due_30_amount,
        {% for column, bucket in buckets.items() -%}
            sum(exposures.balance_amount) filter (
                where delinquency_buckets.delinquency_bucket = '{{ bucket }}'
            ) as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from exposures
    left join delinquency_buckets
        on
            exposures.dpd >= delinquency_buckets.lower_dpd
            and (
                delinquency_buckets.upper_dpd is null
                or exposures.dpd <= delinquency_buckets.upper_dpd
            )
    group by exposures.segment_id, exposures.observation_date
),

-- The earliest instalment on file may be a later one: only number 1 is the first. Loans that lack it
-- stay, to be counted.
first_instalments as (
    select
        loans.loan_id,
        loans.customer_id,
        loans.originated_on,
        instalments.due_on,
        instalments.paid_on
    from loans
    left join instalments
        on
            loans.loan_id = instalments.loan_id
            and instalments.instalment_number = 1
),

-- Loans paid out in the performance window. One whose first instalment hasn't had time to be that late,
-- or to be due at all, counts nowhere.
first_payments as (
    select
        segments.segment_id,
        segments.observation_date,
        count(first_instalments.due_on) as first_payment_loans_count,
        count(distinct case
            when first_instalments.due_on is not null then first_instalments.customer_id
        end) as first_payment_customers_count,
        count(*) filter (where first_instalments.due_on is null) as first_payment_unknown_count,
        count(*) filter (
            where first_instalments.due_on is not null
            and (
                first_instalments.paid_on is null
                or {{ days_between('first_instalments.due_on', 'first_instalments.paid_on') }}
                >= parameters.first_payment_default_days
            )
        ) as first_payment_default_count
    from segments
    inner join observation_dates
        on
            segments.observation_date = observation_dates.observation_date
            and observation_dates.is_mature
    inner join first_instalments
        on
            segments.customer_id = first_instalments.customer_id
            and first_instalments.originated_on > observation_dates.observation_date
            and first_instalments.originated_on <= observation_dates.performance_ends_on
    cross join source_calendar
    cross join parameters
    where
        {{ days_between(
            'coalesce(first_instalments.due_on, first_instalments.originated_on)',
            'source_calendar.history_ends_on'
        ) }} >= parameters.first_payment_default_days
    group by segments.segment_id, segments.observation_date
),

losses as (
    select
        segments.segment_id,
        segments.observation_date,
        count(*) as charge_offs_count,
        sum(charge_offs.charged_off_amount) as charged_off_amount,
        sum(charge_offs.charged_off_amount) filter (
            where charge_offs.recovered_amount is not null
        ) as recovery_known_amount,
        sum(charge_offs.recovered_amount) as recovered_amount
    from segments
    inner join observation_dates
        on
            segments.observation_date = observation_dates.observation_date
            and observation_dates.is_mature
    inner join charge_offs
        on
            segments.customer_id = charge_offs.customer_id
            and charge_offs.charged_off_on > observation_dates.observation_date
            and charge_offs.charged_off_on <= observation_dates.performance_ends_on
    group by segments.segment_id, segments.observation_date
),

-- Month ends of the performance window, so that accounts which closed weigh nothing afterwards.
performance_months as (
    select
        observation_dates.observation_date,
        count(distinct credit_months.month_end_on) as performance_months_count
    from observation_dates
    inner join credit_months
        on
            credit_months.month_end_on > observation_dates.observation_date
            and credit_months.month_end_on <= observation_dates.performance_ends_on
    where observation_dates.is_mature
    group by observation_dates.observation_date
),

performance_balances as (
    select
        segments.segment_id,
        segments.observation_date,
        sum(greatest(credit_months.balance_amount, 0)) as performance_balance_sum
    from segments
    inner join observation_dates
        on
            segments.observation_date = observation_dates.observation_date
            and observation_dates.is_mature
    inner join credit_months
        on
            segments.customer_id = credit_months.customer_id
            and credit_months.balance_amount is not null
            and credit_months.month_end_on > observation_dates.observation_date
            and credit_months.month_end_on <= observation_dates.performance_ends_on
    group by segments.segment_id, segments.observation_date
),

joined as (
    select
        customers.*,
        observation_dates.performance_ends_on,
        observation_dates.is_mature,
        case when observation_dates.is_mature then customers.good_count + customers.default_count end
            as scored_count,
        coalesce(books.accounts_count, 0) as accounts_count,
        coalesce(books.accounts_count - books.balance_accounts_count, 0)
            as unknown_balance_accounts_count,
        -- Where no balance is known, zero would claim that nothing is owed.
        case
            when books.accounts_count > 0 and books.balance_accounts_count = 0 then null
            else coalesce(books.exposure_amount, 0)
        end as exposure_amount,
        coalesce(books.dpd_accounts_count, 0) as dpd_accounts_count,
        coalesce(books.past_due_30_accounts_count, 0) as past_due_30_accounts_count,
        coalesce(books.dpd_exposure_amount, 0) as dpd_exposure_amount,
        coalesce(books.past_due_30_amount, 0) as past_due_30_amount,
        coalesce(books.past_due_30_59_amount, 0) as past_due_30_59_amount,
        coalesce(books.past_due_60_89_amount, 0) as past_due_60_89_amount,
        coalesce(books.past_due_90_amount, 0) as past_due_90_amount,
        case
            when observation_dates.is_mature then coalesce(first_payments.first_payment_loans_count, 0)
        end as first_payment_loans_count,
        case
            when observation_dates.is_mature then coalesce(first_payments.first_payment_customers_count, 0)
        end as first_payment_customers_count,
        case
            when observation_dates.is_mature then coalesce(first_payments.first_payment_default_count, 0)
        end as first_payment_default_count,
        case
            when observation_dates.is_mature then coalesce(first_payments.first_payment_unknown_count, 0)
        end as first_payment_unknown_count,
        -- Without a month end in the performance window, no charge-off could have been seen.
        case
            when performance_months.performance_months_count > 0
                then coalesce(losses.charge_offs_count, 0)
        end as charge_offs_count,
        case
            when performance_months.performance_months_count > 0
                then coalesce(losses.charged_off_amount, 0)
        end as charged_off_amount,
        case
            when performance_months.performance_months_count > 0
                then coalesce(losses.recovery_known_amount, 0)
        end as recovery_known_amount,
        -- Of no charge-off nothing was recovered; of those whose recoveries nobody states, who knows.
        case
            when performance_months.performance_months_count > 0 and losses.charge_offs_count > 0
                then losses.recovered_amount
            when performance_months.performance_months_count > 0 then 0
        end as recovered_amount,
        case
            when performance_months.performance_months_count > 0
                then
                    coalesce(performance_balances.performance_balance_sum, 0)
                    / performance_months.performance_months_count
        end as performance_mean_exposure_amount
    from customers
    inner join observation_dates
        on customers.observation_date = observation_dates.observation_date
    left join books
        on
            customers.segment_id = books.segment_id
            and customers.observation_date = books.observation_date
    left join first_payments
        on
            customers.segment_id = first_payments.segment_id
            and customers.observation_date = first_payments.observation_date
    left join losses
        on
            customers.segment_id = losses.segment_id
            and customers.observation_date = losses.observation_date
    left join performance_months
        on customers.observation_date = performance_months.observation_date
    left join performance_balances
        on
            customers.segment_id = performance_balances.segment_id
            and customers.observation_date = performance_balances.observation_date
),

final as (
    select
        segment_id,
        observation_date,
        performance_ends_on,
        is_mature,
        customers_count,
        accounts_count,
        unknown_balance_accounts_count,
        cast(exposure_amount as decimal(18, 2)) as exposure_amount,
        scored_count,
        case when is_mature then scored_in_default_count end as scored_in_default_count,
        case when is_mature then coalesce(scored_months_at_risk, 0) end as scored_months_at_risk,
        case when is_mature then good_count end as good_count,
        case when is_mature then default_count end as default_count,
        case when is_mature then indeterminate_count end as indeterminate_count,
        case when is_mature then already_in_default_count end as already_in_default_count,
        case when is_mature then no_credit_count end as no_credit_count,
        case when is_mature then not_observed_count end as not_observed_count,
        immature_count,
        {{ ratio('default_count', 'scored_count') }} as default_rate,
        {{ wilson_lower('default_count', 'scored_count') }} as default_rate_lower,
        {{ wilson_upper('default_count', 'scored_count') }} as default_rate_upper,
        dpd_accounts_count,
        past_due_30_accounts_count,
        {{ ratio('past_due_30_accounts_count', 'dpd_accounts_count') }} as past_due_30_accounts_rate,
        {{ wilson_lower('past_due_30_accounts_count', 'dpd_accounts_count') }}
            as past_due_30_accounts_rate_lower,
        {{ wilson_upper('past_due_30_accounts_count', 'dpd_accounts_count') }}
            as past_due_30_accounts_rate_upper,
        cast(dpd_exposure_amount as decimal(18, 2)) as dpd_exposure_amount,
        cast(past_due_30_amount as decimal(18, 2)) as past_due_30_amount,
        cast(past_due_30_59_amount as decimal(18, 2)) as past_due_30_59_amount,
        cast(past_due_60_89_amount as decimal(18, 2)) as past_due_60_89_amount,
        cast(past_due_90_amount as decimal(18, 2)) as past_due_90_amount,
        {{ ratio('past_due_30_amount', 'dpd_exposure_amount') }} as portfolio_at_risk_30_rate,
        {{ ratio('past_due_30_59_amount', 'dpd_exposure_amount') }} as past_due_30_59_rate,
        {{ ratio('past_due_60_89_amount', 'dpd_exposure_amount') }} as past_due_60_89_rate,
        {{ ratio('past_due_90_amount', 'dpd_exposure_amount') }} as past_due_90_rate,
        first_payment_loans_count,
        first_payment_customers_count,
        first_payment_default_count,
        {{ ratio('first_payment_default_count', 'first_payment_loans_count') }}
            as first_payment_default_rate,
        {{ wilson_lower('first_payment_default_count', 'first_payment_loans_count') }}
            as first_payment_default_rate_lower,
        {{ wilson_upper('first_payment_default_count', 'first_payment_loans_count') }}
            as first_payment_default_rate_upper,
        first_payment_unknown_count,
        charge_offs_count,
        cast(charged_off_amount as decimal(18, 2)) as charged_off_amount,
        cast(recovery_known_amount as decimal(18, 2)) as recovery_known_amount,
        cast(recovered_amount as decimal(18, 2)) as recovered_amount,
        cast(performance_mean_exposure_amount as decimal(18, 2))
            as performance_mean_exposure_amount,
        {{ ratio(
            'charged_off_amount - coalesce(recovered_amount, 0)', 'performance_mean_exposure_amount'
        ) }} as net_charge_off_rate,
        cast(median_debt_to_income_ratio as double) as median_debt_to_income_ratio,
        cast(median_utilisation_ratio as double) as median_utilisation_ratio,
        cast(median_bureau_score as double) as median_bureau_score
    from joined
)

select * from final
