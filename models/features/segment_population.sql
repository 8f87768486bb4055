-- One row per customer on file and observation date: segmented, or the reason why not.
with

customers as (
    select * from {{ ref('customers') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

-- An account with no opening date was there before the history began.
holdings as (
    select
        observation_dates.observation_date,
        accounts.customer_id,
        min(coalesce(accounts.opened_on, date '1900-01-01')) as first_opened_on,
        count(*) filter (
            where accounts.closed_on is null
            or accounts.closed_on > observation_dates.observation_date
        ) as open_accounts_count
    from observation_dates
    inner join accounts
        on
            accounts.opened_on is null
            or accounts.opened_on <= observation_dates.observation_date
    group by observation_dates.observation_date, accounts.customer_id
),

owners as (
    select distinct customer_id
    from accounts
),

judged as (
    select
        customers.customer_id,
        observation_dates.observation_date,
        case
            when owners.customer_id is null then 'holds no account'
            when holdings.customer_id is null then 'not yet a customer'
            when holdings.open_accounts_count = 0 then 'all accounts closed'
            when
                {{ months_between('holdings.first_opened_on', 'observation_dates.observation_date') }}
                < {{ source_setting('minimum_history_months') }}
                then 'history too short'
        end as exclusion_reason
    from customers
    cross join observation_dates
    left join owners
        on customers.customer_id = owners.customer_id
    left join holdings
        on
            customers.customer_id = holdings.customer_id
            and observation_dates.observation_date = holdings.observation_date
),

final as (
    select
        customer_id,
        observation_date,
        exclusion_reason is null as is_eligible,
        exclusion_reason
    from judged
)

select * from final
