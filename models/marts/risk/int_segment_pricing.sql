-- One row per segment, observation date and credit product that the lender has on its books, nothing
-- hidden: the indicative rate, component by component, beside the rate of the present book.
-- Interest is earned on what is drawn, but lost is what will be owed at default: limits that are
-- drawn on the way to default weigh on the price of what is drawn today.
{{ config(schema='internal') }}

with

probabilities as (
    select * from {{ ref('int_segment_product_default_probabilities') }}
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

books as (
    select
        segment_id,
        observation_date,
        product_type,
        count(distinct customer_id) as customers_count,
        count(distinct customer_id) filter (where not is_defaulted) as performing_customers_count,
        sum(balance_amount) as balance_amount,
        sum(balance_amount) filter (where annual_rate is not null) as rated_balance_amount,
        sum(annual_rate * balance_amount) as rate_times_balance,
        sum(balance_amount) filter (where not is_defaulted) as performing_balance_amount,
        sum(exposure_at_default_amount) filter (where not is_defaulted)
            as performing_exposure_at_default_amount
    from exposures
    group by segment_id, observation_date, product_type
),

product_books as (
    select
        observation_date,
        product_type,
        {{ ratio(
            'sum(performing_exposure_at_default_amount)', 'sum(performing_balance_amount)'
        ) }} as exposure_ratio
    from books
    group by observation_date, product_type
),

-- The ratio of a handful of customers is theirs and no price: the product's over the book stands in.
joined as (
    select
        probabilities.segment_id,
        probabilities.observation_date,
        probabilities.product_type,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        probabilities.pd_default_count,
        probabilities.pd_scored_count,
        probabilities.pd_12m,
        probabilities.pd_12m_lower,
        probabilities.pd_12m_upper,
        probabilities.product_ratio_basis,
        probabilities.product_default_ratio,
        books.customers_count,
        books.balance_amount,
        books.rated_balance_amount,
        books.rate_times_balance,
        product_books.exposure_ratio as book_exposure_ratio,
        case
            when books.performing_customers_count >= {{ var('minimum_cell_count') }}
                then {{ ratio(
                    'books.performing_exposure_at_default_amount',
                    'books.performing_balance_amount'
                ) }}
        end as segment_exposure_ratio
    from probabilities
    left join books
        on
            probabilities.segment_id = books.segment_id
            and probabilities.observation_date = books.observation_date
            and probabilities.product_type = books.product_type
    left join product_books
        on
            probabilities.observation_date = product_books.observation_date
            and probabilities.product_type = product_books.product_type
),

exposed as (
    select
        *,
        case
            when segment_exposure_ratio is not null then 'segment'
            when book_exposure_ratio is not null then 'book'
            else 'not available'
        end as exposure_ratio_basis,
        coalesce(segment_exposure_ratio, book_exposure_ratio) as exposure_ratio
    from joined
),

components as (
    select
        exposed.*,
        cast(loss_assumptions.lgd_ratio as double) as lgd_ratio,
        cast(pricing_assumptions.cost_of_funds_rate as double) as cost_of_funds_rate,
        {% for bound in ['', '_lower', '_upper'] -%}
            exposed.pd_12m{{ bound }} * cast(loss_assumptions.lgd_ratio as double)
            * exposed.exposure_ratio as expected_loss_rate{{ bound }},
        {% endfor -%}
        cast(pricing_assumptions.operating_cost_rate as double) as operating_cost_rate,
        -- Capital replaces borrowed funds, which then cost nothing.
        exposed.exposure_ratio
        * cast(pricing_assumptions.risk_weight_ratio as double)
        * cast(pricing_assumptions.capital_ratio as double)
        * (
            cast(pricing_assumptions.hurdle_rate as double)
            - cast(pricing_assumptions.cost_of_funds_rate as double)
        ) as capital_charge_rate,
        cast(pricing_assumptions.margin_rate as double) as margin_rate,
        cast(pricing_assumptions.ceiling_rate as double) as ceiling_rate,
        {{ ratio('exposed.rate_times_balance', 'exposed.rated_balance_amount') }}
            as current_book_rate
    from exposed
    left join loss_assumptions
        on exposed.product_type = loss_assumptions.product_type
    left join pricing_assumptions
        on exposed.product_type = pricing_assumptions.product_type
),

added as (
    select
        *,
        {% for bound in ['', '_lower', '_upper'] -%}
            cost_of_funds_rate + expected_loss_rate{{ bound }} + operating_cost_rate
            + capital_charge_rate + margin_rate as uncapped_rate{{ bound }}{{ ',' if not loop.last }}
        {% endfor -%}
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
        product_ratio_basis,
        product_default_ratio,
        pd_12m,
        lgd_ratio,
        exposure_ratio_basis,
        exposure_ratio,
        cost_of_funds_rate,
        expected_loss_rate,
        operating_cost_rate,
        capital_charge_rate,
        margin_rate,
        ceiling_rate,
        {% for bound in ['', '_lower', '_upper'] -%}
            uncapped_rate{{ bound }},
            -- `least` skips nulls: without a loss rate the ceiling would pass for a price.
            case
                when uncapped_rate{{ bound }} is not null
                    then least(uncapped_rate{{ bound }}, ceiling_rate)
            end as indicative_rate{{ bound }},
        {% endfor -%}
        uncapped_rate > ceiling_rate as is_ceiling_applied,
        uncapped_rate_upper > ceiling_rate as is_upper_ceiling_applied,
        -- Held by nobody is nothing owed; held at an unknown balance is unknown.
        coalesce(customers_count, 0) as customers_count,
        cast(case when customers_count > 0 then balance_amount else 0 end as decimal(18, 2))
            as balance_amount,
        cast(
            case
                when balance_amount is not null then coalesce(rated_balance_amount, 0)
                when customers_count is null then 0
            end as decimal(18, 2)
        ) as rated_balance_amount,
        current_book_rate
    from added
)

select * from final
