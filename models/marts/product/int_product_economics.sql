{{ config(schema='internal') }}

-- One row per segment and product type on the source's books at the latest observation date: what a
-- customer of the segment who takes the product would earn in a year.
-- The balance is the median of the segment's holders, or the book's where they are too few, and no
-- more than the segment's median income can carry: holders of a mortgage earn more than those without.
with

balances as (
    select customer_balances.*
    from {{ ref('int_customer_balances') }} as customer_balances
    inner join {{ ref('observation_dates') }} as observation_dates
        on customer_balances.observation_date = observation_dates.observation_date
    where
        observation_dates.is_latest
        and customer_balances.balance_amount is not null
),

whitespace as (
    select * from {{ ref('int_product_whitespace') }}
),

margins as (
    select * from {{ ref('int_product_margins') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

default_rates as (
    select * from {{ ref('int_segment_default_rates') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

rules as (
    select * from {{ ref('product_eligibility') }}
),

incomes as (
    select
        segments.segment_id,
        percentile_cont(0.5) within group (
            order by cast(customer_features.gross_annual_income_amount as double)
        ) as median_income_amount
    from {{ ref('segments') }} as segments
    inner join {{ ref('observation_dates') }} as observation_dates
        on segments.observation_date = observation_dates.observation_date
    inner join {{ ref('customer_features') }} as customer_features
        on
            segments.customer_id = customer_features.customer_id
            and segments.observation_date = customer_features.observation_date
    where
        observation_dates.is_latest
        and customer_features.gross_annual_income_amount is not null
    group by segments.segment_id
    having count(*) >= {{ var('minimum_cell_count') }}
),

settings as (
    select
        max(case setting when 'minimum_lookalikes_count' then value end)
            as minimum_lookalikes_count
    from {{ ref('product_settings') }}
),

segment_balances as (
    select
        segment_id,
        product_type,
        count(*) as holders_count,
        percentile_cont(0.5) within group (order by cast(balance_amount as double))
            as median_balance_amount
    from balances
    group by segment_id, product_type
),

book_balances as (
    select
        product_type,
        percentile_cont(0.5) within group (order by cast(balance_amount as double))
            as median_balance_amount
    from balances
    group by product_type
    having count(*) >= {{ var('minimum_cell_count') }}
),

chosen as (
    select
        whitespace.segment_id,
        whitespace.product_type,
        whitespace.observation_date,
        case
            when segment_balances.holders_count >= settings.minimum_lookalikes_count
                then 'segment holders'
            when book_balances.median_balance_amount is not null then 'book holders'
        end as balance_basis,
        case
            when segment_balances.holders_count >= settings.minimum_lookalikes_count
                then segment_balances.median_balance_amount
            else book_balances.median_balance_amount
        end as median_balance_amount,
        incomes.median_income_amount * rules.maximum_balance_to_income_ratio
            as affordable_balance_amount
    from whitespace
    cross join settings
    left join segment_balances
        on
            whitespace.segment_id = segment_balances.segment_id
            and whitespace.product_type = segment_balances.product_type
    left join book_balances
        on whitespace.product_type = book_balances.product_type
    left join incomes
        on whitespace.segment_id = incomes.segment_id
    left join rules
        on whitespace.product_type = rules.product_type
),

-- `least` skips nulls: without a balance the limit would pass for one, and without a limit the
-- balance stands.
capped as (
    select
        *,
        median_balance_amount > affordable_balance_amount as is_balance_capped,
        case
            when median_balance_amount is not null
                then least(median_balance_amount, affordable_balance_amount)
        end as expected_balance_amount
    from chosen
),

final as (
    select
        capped.segment_id,
        capped.product_type,
        capped.observation_date,
        capped.balance_basis,
        cast(capped.affordable_balance_amount as decimal(18, 2)) as affordable_balance_amount,
        capped.is_balance_capped,
        cast(capped.expected_balance_amount as decimal(18, 2)) as expected_balance_amount,
        cast(
            capped.expected_balance_amount * margins.net_interest_margin
            + margins.annual_fee_amount - margins.annual_cost_to_serve_amount
            as decimal(18, 2)
        ) as annual_margin_amount,
        default_rates.annual_default_rate,
        loss_assumptions.lgd_ratio,
        cast(
            case
                when product_types.is_credit
                    then
                        capped.expected_balance_amount * default_rates.annual_default_rate
                        * loss_assumptions.lgd_ratio
                else 0
            end as decimal(18, 2)
        ) as annual_expected_loss_amount
    from capped
    inner join product_types
        on capped.product_type = product_types.product_type
    left join margins
        on capped.product_type = margins.product_type
    left join loss_assumptions
        on capped.product_type = loss_assumptions.product_type
    left join default_rates
        on capped.segment_id = default_rates.segment_id
)

select * from final
