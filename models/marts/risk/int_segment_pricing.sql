-- One row per segment, observation date and credit product that the lender has on its books, nothing
-- hidden: the indicative rate, component by component, beside the rate of the present book.
{{ config(schema='internal') }}

with

probabilities as (
    select * from {{ ref('int_segment_default_probabilities') }}
),

exposures as (
    select * from {{ ref('int_credit_exposures') }}
    where not is_charged_off
),

pricing_assumptions as (
    select * from {{ ref('risk_pricing_assumptions') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

offered_products as (
    select distinct product_type
    from exposures
),

books as (
    select
        segment_id,
        observation_date,
        product_type,
        count(distinct customer_id) as customers_count,
        sum(balance_amount) as balance_amount,
        sum(balance_amount) filter (where annual_rate is not null) as rated_balance_amount,
        sum(annual_rate * balance_amount) as rate_times_balance
    from exposures
    group by segment_id, observation_date, product_type
),

components as (
    select
        probabilities.segment_id,
        probabilities.observation_date,
        offered_products.product_type,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        probabilities.pd_default_count,
        probabilities.pd_scored_count,
        probabilities.pd_12m,
        probabilities.pd_12m_lower,
        probabilities.pd_12m_upper,
        cast(loss_assumptions.lgd_ratio as double) as lgd_ratio,
        cast(pricing_assumptions.cost_of_funds_rate as double) as cost_of_funds_rate,
        probabilities.pd_12m * cast(loss_assumptions.lgd_ratio as double) as expected_loss_rate,
        probabilities.pd_12m_lower * cast(loss_assumptions.lgd_ratio as double)
            as expected_loss_rate_lower,
        probabilities.pd_12m_upper * cast(loss_assumptions.lgd_ratio as double)
            as expected_loss_rate_upper,
        cast(pricing_assumptions.operating_cost_rate as double) as operating_cost_rate,
        -- Capital replaces borrowed funds, which then cost nothing.
        cast(pricing_assumptions.risk_weight_ratio as double)
        * cast(pricing_assumptions.capital_ratio as double)
        * (
            cast(pricing_assumptions.hurdle_rate as double)
            - cast(pricing_assumptions.cost_of_funds_rate as double)
        ) as capital_charge_rate,
        cast(pricing_assumptions.margin_rate as double) as margin_rate,
        cast(pricing_assumptions.ceiling_rate as double) as ceiling_rate,
        coalesce(books.customers_count, 0) as customers_count,
        -- Held by nobody is nothing owed; held at an unknown balance is unknown.
        case when books.customers_count > 0 then books.balance_amount else 0 end as balance_amount,
        case
            when books.balance_amount is not null then coalesce(books.rated_balance_amount, 0)
            when books.customers_count is null then 0
        end as rated_balance_amount,
        {{ ratio('books.rate_times_balance', 'books.rated_balance_amount') }} as current_book_rate
    from probabilities
    cross join offered_products
    left join loss_assumptions
        on offered_products.product_type = loss_assumptions.product_type
    left join pricing_assumptions
        on offered_products.product_type = pricing_assumptions.product_type
    left join books
        on
            probabilities.segment_id = books.segment_id
            and probabilities.observation_date = books.observation_date
            and offered_products.product_type = books.product_type
),

added as (
    select
        *,
        cost_of_funds_rate + expected_loss_rate + operating_cost_rate + capital_charge_rate
        + margin_rate as uncapped_rate,
        cost_of_funds_rate + expected_loss_rate_lower + operating_cost_rate + capital_charge_rate
        + margin_rate as uncapped_rate_lower,
        cost_of_funds_rate + expected_loss_rate_upper + operating_cost_rate + capital_charge_rate
        + margin_rate as uncapped_rate_upper
    from components
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        pd_basis,
        pd_observation_date,
        pd_months,
        pd_default_count,
        pd_scored_count,
        pd_12m,
        lgd_ratio,
        cost_of_funds_rate,
        expected_loss_rate,
        operating_cost_rate,
        capital_charge_rate,
        margin_rate,
        uncapped_rate,
        ceiling_rate,
        uncapped_rate > ceiling_rate as is_ceiling_applied,
        -- `least` skips nulls: without a loss rate the ceiling would pass for a price.
        case when uncapped_rate is not null then least(uncapped_rate, ceiling_rate) end
            as indicative_rate,
        case when uncapped_rate_lower is not null then least(uncapped_rate_lower, ceiling_rate) end
            as indicative_rate_lower,
        case when uncapped_rate_upper is not null then least(uncapped_rate_upper, ceiling_rate) end
            as indicative_rate_upper,
        customers_count,
        cast(balance_amount as decimal(18, 2)) as balance_amount,
        cast(rated_balance_amount as decimal(18, 2)) as rated_balance_amount,
        current_book_rate
    from added
)

select * from final
