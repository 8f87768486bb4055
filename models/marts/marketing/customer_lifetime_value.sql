-- One row per segmented customer at the latest observation date: discounted margin net of expected
-- loss over the horizon, for as long as the customer neither leaves nor defaults.
-- Year t earns (margin - expected loss) x survival^(t - 1) / (1 + discount rate)^t; the sum of that
-- geometric series is closed.
with

margins as (
    select * from {{ ref('int_customer_margins') }}
),

attrition_rates as (
    select * from {{ ref('int_segment_attrition_rates') }}
),

settings as (
    select
        max(case setting when 'lifetime_horizon_years' then value end) as horizon_years,
        max(case setting when 'lifetime_discount_rate' then value end) as discount_rate
    from {{ ref('marketing_settings') }}
),

assumed as (
    select
        margins.*,
        attrition_rates.annual_attrition_rate,
        attrition_rates.attrition_basis,
        settings.horizon_years,
        settings.discount_rate,
        margins.annual_margin_amount - margins.annual_expected_loss_amount
            as annual_net_margin_amount
    from margins
    cross join settings
    inner join attrition_rates
        on margins.segment_id = attrition_rates.segment_id
),

-- Those who hold no credit can't default; for the rest the default rate ends the relationship too,
-- and whoever is in default today is not counted on beyond the year.
survived as (
    select
        *,
        (1 - annual_attrition_rate)
        * (
            1 - case
                when is_defaulted and annual_default_rate is not null then 1
                when has_credit then annual_default_rate
                else 0
            end
        ) as annual_survival_rate
    from assumed
),

discounted as (
    select
        *,
        annual_survival_rate / (1 + discount_rate) as yearly_factor
    from survived
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        unknown_products_count,
        deposit_balance_amount,
        credit_balance_amount,
        annual_margin_amount,
        annual_default_rate,
        default_rate_basis,
        annual_expected_loss_amount,
        cast(annual_net_margin_amount as decimal(18, 2)) as annual_net_margin_amount,
        annual_attrition_rate,
        attrition_basis,
        annual_survival_rate,
        cast(horizon_years as integer) as horizon_years,
        cast(discount_rate as double) as discount_rate,
        cast(
            cast(annual_net_margin_amount as double) / (1 + discount_rate)
            * case
                when abs(1 - yearly_factor) < 0.000000001 then horizon_years
                else (1 - power(yearly_factor, horizon_years)) / (1 - yearly_factor)
            end
            as decimal(18, 2)
        ) as lifetime_value_amount
    from discounted
)

select * from final
