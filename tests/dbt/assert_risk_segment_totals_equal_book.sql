-- The segments' customers, accounts, balances, defaults and scored customers add up to the book's at
-- each observation date. A breach would mean that a customer is in two segments or none, or that a
-- join multiplied their balances: every rate of the risk marts would be off.
with

segment_totals as (
    select
        observation_date,
        sum(customers_count) as customers_count,
        sum(accounts_count) as accounts_count,
        coalesce(sum(exposure_amount), 0) as exposure_amount,
        sum(coalesce(scored_count, 0)) as scored_count,
        sum(coalesce(default_count, 0)) as default_count
    from {{ ref('int_segment_risk') }}
    group by observation_date
),

book_customers as (
    select
        observation_date,
        count(*) as customers_count
    from {{ ref('segment_population') }}
    where is_eligible
    group by observation_date
),

book_outcomes as (
    select
        observation_date,
        count(is_default) as scored_count,
        count(*) filter (where is_default) as default_count
    from {{ ref('customer_outcomes') }}
    group by observation_date
),

book_balances as (
    select
        observation_dates.observation_date,
        count(*) as accounts_count,
        sum(coalesce(greatest(account_months.balance_amount, 0), 0)) as exposure_amount
    from {{ ref('observation_dates') }} as observation_dates
    inner join {{ ref('accounts') }} as accounts
        on
            (accounts.opened_on is null or accounts.opened_on <= observation_dates.observation_date)
            and (accounts.closed_on is null or accounts.closed_on > observation_dates.observation_date)
    inner join {{ ref('product_types') }} as product_types
        on
            accounts.product_type = product_types.product_type
            and product_types.is_credit
    inner join {{ ref('segment_population') }} as population
        on
            accounts.customer_id = population.customer_id
            and observation_dates.observation_date = population.observation_date
            and population.is_eligible
    left join {{ ref('account_months') }} as account_months
        on
            accounts.account_id = account_months.account_id
            and observation_dates.last_month_end_on = account_months.month_end_on
    group by observation_dates.observation_date
),

final as (
    select
        book_customers.observation_date,
        segment_totals.customers_count as segment_customers_count,
        book_customers.customers_count as book_customers_count,
        segment_totals.accounts_count as segment_accounts_count,
        coalesce(book_balances.accounts_count, 0) as book_accounts_count,
        segment_totals.exposure_amount as segment_exposure_amount,
        coalesce(book_balances.exposure_amount, 0) as book_exposure_amount,
        segment_totals.scored_count as segment_scored_count,
        book_outcomes.scored_count as book_scored_count,
        segment_totals.default_count as segment_default_count,
        book_outcomes.default_count as book_default_count
    from book_customers
    left join segment_totals
        on book_customers.observation_date = segment_totals.observation_date
    left join book_outcomes
        on book_customers.observation_date = book_outcomes.observation_date
    left join book_balances
        on book_customers.observation_date = book_balances.observation_date
)

select * from final
where
    segment_customers_count is distinct from book_customers_count
    or segment_accounts_count is distinct from book_accounts_count
    or segment_exposure_amount is distinct from book_exposure_amount
    or segment_scored_count is distinct from book_scored_count
    or segment_default_count is distinct from book_default_count
