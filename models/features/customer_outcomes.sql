-- One row per eligible customer and observation date: what happened in the performance window, the
-- months after the observation date. Where the source states an outcome itself, its word stands;
-- elsewhere a default is `default_dpd` days past due or a charge-off on credit held at the
-- observation date.
with

population as (
    select * from {{ ref('segment_population') }}
    where is_eligible
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

account_months as (
    select * from {{ ref('account_months') }}
),

loans as (
    select * from {{ ref('loans') }}
),

default_reports as (
    select * from {{ ref('default_reports') }}
),

exposed_accounts as (
    select
        population.customer_id,
        population.observation_date,
        observation_dates.last_month_end_on,
        observation_dates.performance_ends_on,
        accounts.account_id
    from population
    inner join observation_dates
        on population.observation_date = observation_dates.observation_date
    inner join accounts
        on
            population.customer_id = accounts.customer_id
            and {{ is_open_at('accounts', 'population.observation_date') }}
    inner join product_types
        on
            accounts.product_type = product_types.product_type
            and product_types.is_credit
),

lateness as (
    select
        exposed_accounts.customer_id,
        exposed_accounts.observation_date,
        max(account_months.dpd) filter (
            where account_months.month_end_on = exposed_accounts.last_month_end_on
        ) as dpd_at_observation,
        max(account_months.dpd) filter (
            where account_months.month_end_on > exposed_accounts.observation_date
        ) as worst_dpd
    from exposed_accounts
    inner join account_months
        on
            exposed_accounts.account_id = account_months.account_id
            and account_months.month_end_on >= exposed_accounts.last_month_end_on
            and account_months.month_end_on <= exposed_accounts.performance_ends_on
    group by exposed_accounts.customer_id, exposed_accounts.observation_date
),

charge_offs as (
    select distinct
        exposed_accounts.customer_id,
        exposed_accounts.observation_date
    from exposed_accounts
    inner join loans
        on
            exposed_accounts.account_id = loans.account_id
            and loans.charged_off_on > exposed_accounts.observation_date
            and loans.charged_off_on <= exposed_accounts.performance_ends_on
),

reported as (
    select
        exposed_accounts.customer_id,
        exposed_accounts.observation_date,
        max(case when default_reports.is_default then 1 else 0 end) = 1 as is_default
    from exposed_accounts
    inner join default_reports
        on
            exposed_accounts.account_id = default_reports.account_id
            and default_reports.exposed_from_on <= exposed_accounts.observation_date
            and default_reports.reported_on > exposed_accounts.observation_date
            and default_reports.reported_on <= exposed_accounts.performance_ends_on
    group by exposed_accounts.customer_id, exposed_accounts.observation_date
),

exposed_customers as (
    select distinct
        customer_id,
        observation_date
    from exposed_accounts
),

judged as (
    select
        population.customer_id,
        population.observation_date,
        observation_dates.performance_ends_on,
        observation_dates.is_mature,
        lateness.dpd_at_observation,
        lateness.worst_dpd,
        charge_offs.customer_id is not null as is_charged_off,
        case
            when not observation_dates.is_mature then 'immature'
            when exposed_customers.customer_id is null then 'no credit'
            when reported.is_default then 'default'
            when not reported.is_default then 'good'
            when lateness.dpd_at_observation >= {{ var('default_dpd') }} then 'already in default'
            when
                lateness.worst_dpd >= {{ var('default_dpd') }}
                or charge_offs.customer_id is not null
                then 'default'
            when lateness.worst_dpd >= {{ var('indeterminate_dpd') }} then 'indeterminate'
            when lateness.worst_dpd is not null then 'good'
            else 'not observed'
        end as outcome_status
    from population
    inner join observation_dates
        on population.observation_date = observation_dates.observation_date
    left join exposed_customers
        on
            population.customer_id = exposed_customers.customer_id
            and population.observation_date = exposed_customers.observation_date
    left join lateness
        on
            population.customer_id = lateness.customer_id
            and population.observation_date = lateness.observation_date
    left join charge_offs
        on
            population.customer_id = charge_offs.customer_id
            and population.observation_date = charge_offs.observation_date
    left join reported
        on
            population.customer_id = reported.customer_id
            and population.observation_date = reported.observation_date
),

final as (
    select
        customer_id,
        observation_date,
        performance_ends_on,
        is_mature,
        outcome_status,
        case outcome_status when 'default' then true when 'good' then false end as is_default,
        worst_dpd,
        is_charged_off
    from judged
)

select * from final
