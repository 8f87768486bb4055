-- One row per eligible customer and observation date: what was open on that day.
with

population as (
    select * from {{ ref('segment_population') }}
    where is_eligible
),

accounts as (
    select * from {{ ref('accounts') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

customers as (
    select * from {{ ref('customers') }}
),

held as (
    select
        population.customer_id,
        population.observation_date,
        count(*) as accounts_held_count,
        count(distinct accounts.product_type) as products_held_count,
        count(*) filter (where product_types.is_credit) as credit_accounts_held_count,
        count(*) filter (where product_types.is_deposit) as deposit_accounts_held_count,
        max(accounts.opened_on) as last_opened_on,
        min(accounts.opened_on) as first_opened_on
    from population
    inner join accounts
        on
            population.customer_id = accounts.customer_id
            and {{ is_open_at('accounts', 'population.observation_date') }}
    inner join product_types
        on accounts.product_type = product_types.product_type
    group by population.customer_id, population.observation_date
),

final as (
    select
        held.*,
        {{ months_between(
            'coalesce(customers.customer_since_on, held.first_opened_on)', 'held.observation_date'
        ) }} as tenure_months,
        {{ months_between('held.last_opened_on', 'held.observation_date') }}
            as months_since_last_opening
    from held
    inner join customers
        on held.customer_id = customers.customer_id
)

select * from final
