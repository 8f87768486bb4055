-- One row per credit product and date whose outcomes a PD may come from: how many accounts of the
-- product defaulted for each that the PD of their customers' segments led to expect (indirect
-- standardisation). A segment's PD is of customers by their worst account; borrowers who pay a
-- mortgage first default on it less often than they default.
{{ config(schema='internal') }}

with

outcomes as (
    select * from {{ ref('int_account_outcomes') }}
),

exposures as (
    select * from {{ ref('int_credit_exposures') }}
),

probabilities as (
    select * from {{ ref('int_segment_default_probabilities') }}
),

parameters as (
    select max(case when parameter = 'minimum_product_default_count' then value end)
        as minimum_product_default_count
    from {{ ref('risk_parameters') }}
),

pd_dates as (
    select distinct pd_observation_date
    from probabilities
    where pd_observation_date is not null
),

products as (
    select distinct product_type
    from exposures
),

-- The same accounts above and below: those followed, in segments with a PD.
counted as (
    select
        outcomes.observation_date,
        outcomes.product_type,
        count(*) as followed_accounts_count,
        count(distinct outcomes.customer_id) as followed_customers_count,
        count(*) filter (where outcomes.is_default) as observed_default_count,
        -- A decimal sum: the order of the accounts changes nothing.
        cast(sum(cast(probabilities.pd as decimal(18, 12))) as double) as expected_default_count
    from outcomes
    inner join probabilities
        on
            outcomes.segment_id = probabilities.segment_id
            and outcomes.observation_date = probabilities.observation_date
            and probabilities.pd is not null
    group by outcomes.observation_date, outcomes.product_type
),

joined as (
    select
        pd_dates.pd_observation_date,
        products.product_type,
        coalesce(counted.followed_accounts_count, 0) as followed_accounts_count,
        coalesce(counted.followed_customers_count, 0) as followed_customers_count,
        counted.observed_default_count,
        counted.expected_default_count,
        parameters.minimum_product_default_count,
        max(coalesce(counted.followed_accounts_count, 0))
            over (partition by pd_dates.pd_observation_date) as date_accounts_count
    from pd_dates
    cross join products
    cross join parameters
    left join counted
        on
            pd_dates.pd_observation_date = counted.observation_date
            and products.product_type = counted.product_type
),

judged as (
    select
        *,
        case
            when date_accounts_count = 0 then 'customer: accounts are not followed'
            -- By what was expected, not by what came: a minimum on the outcome would keep the ratios
            -- that chance made high. None at all would say that the product can't be lost on.
            when
                expected_default_count >= minimum_product_default_count
                and observed_default_count > 0
                and followed_customers_count >= {{ var('minimum_cell_count') }}
                then 'product'
            else 'customer: too few defaults of the product'
        end as product_ratio_basis
    from joined
),

final as (
    select
        pd_observation_date,
        product_type,
        product_ratio_basis,
        followed_accounts_count,
        observed_default_count,
        expected_default_count,
        case
            when product_ratio_basis = 'product'
                then {{ ratio('observed_default_count', 'expected_default_count') }}
            else 1.0
        end as product_default_ratio,
        -- Byar's approximation of the exact Poisson limits (Breslow and Day 1987, p. 69).
        case
            when product_ratio_basis = 'product'
                then
                    {{ ratio('observed_default_count', 'expected_default_count') }}
                    * power(
                        greatest(
                            1 - 1 / (9 * cast(observed_default_count as double))
                            - {{ var('interval_z') }} / (3 * sqrt(observed_default_count)),
                            0.0
                        ),
                        3
                    )
        end as product_default_ratio_lower,
        case
            when product_ratio_basis = 'product'
                then
                    {{ ratio('observed_default_count + 1', 'expected_default_count') }}
                    * power(
                        1 - 1 / (9 * cast(observed_default_count + 1 as double))
                        + {{ var('interval_z') }} / (3 * sqrt(observed_default_count + 1)),
                        3
                    )
        end as product_default_ratio_upper
    from judged
)

select * from final
