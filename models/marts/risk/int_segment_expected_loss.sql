-- One row per segment, observation date and credit product held, nothing hidden: probability of
-- default x loss given default x exposure at default.
{{ config(schema='internal') }}

with

exposures as (
    select * from {{ ref('int_credit_exposures') }}
    -- What was charged off has left the balance sheet.
    where not is_charged_off
),

probabilities as (
    select * from {{ ref('int_segment_default_probabilities') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

summed as (
    select
        segment_id,
        observation_date,
        product_type,
        count(distinct customer_id) as customers_count,
        count(*) as accounts_count,
        count(*) filter (where is_defaulted) as defaulted_accounts_count,
        -- Where no balance is known, zero would claim that nothing is owed.
        sum(balance_amount) as balance_amount,
        case
            when count(balance_amount) > 0
                then coalesce(sum(balance_amount) filter (where not is_defaulted), 0)
        end as performing_balance_amount,
        coalesce(sum(undrawn_amount) filter (where not is_defaulted), 0)
            as performing_undrawn_amount,
        case
            when count(balance_amount) > 0
                then coalesce(sum(balance_amount) filter (where is_defaulted), 0)
        end as defaulted_balance_amount
    from exposures
    group by segment_id, observation_date, product_type
),

exposed as (
    select
        summed.*,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        probabilities.pd_default_count,
        probabilities.pd_scored_count,
        probabilities.pd,
        probabilities.pd_lower,
        probabilities.pd_upper,
        cast(loss_assumptions.lgd_ratio as decimal(9, 6)) as lgd_ratio,
        cast(loss_assumptions.lgd_downturn_ratio as decimal(9, 6)) as lgd_downturn_ratio,
        cast(loss_assumptions.credit_conversion_ratio as decimal(9, 6)) as credit_conversion_ratio,
        cast(
            summed.performing_balance_amount
            + cast(loss_assumptions.credit_conversion_ratio as double)
            * summed.performing_undrawn_amount
            as decimal(18, 2)
        ) as performing_exposure_at_default_amount
    from summed
    inner join probabilities
        on
            summed.segment_id = probabilities.segment_id
            and summed.observation_date = probabilities.observation_date
    left join loss_assumptions
        on summed.product_type = loss_assumptions.product_type
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        customers_count,
        accounts_count,
        defaulted_accounts_count,
        cast(balance_amount as decimal(18, 2)) as balance_amount,
        cast(performing_balance_amount as decimal(18, 2)) as performing_balance_amount,
        cast(performing_undrawn_amount as decimal(18, 2)) as performing_undrawn_amount,
        cast(defaulted_balance_amount as decimal(18, 2)) as defaulted_balance_amount,
        credit_conversion_ratio,
        performing_exposure_at_default_amount,
        cast(performing_exposure_at_default_amount + defaulted_balance_amount as decimal(18, 2))
            as exposure_at_default_amount,
        pd_basis,
        pd_observation_date,
        pd_months,
        pd_default_count,
        pd_scored_count,
        pd,
        pd_lower,
        pd_upper,
        lgd_ratio,
        lgd_downturn_ratio,
        cast(pd * lgd_ratio * performing_exposure_at_default_amount as decimal(18, 2))
            as performing_expected_loss_amount,
        -- What is in default already is lost but for what is recovered.
        cast(
            cast(lgd_ratio as double) * defaulted_balance_amount as decimal(18, 2)
        ) as defaulted_expected_loss_amount,
        {% for column, pd, lgd in [
            ('expected_loss_amount', 'pd', 'lgd_ratio'),
            ('expected_loss_amount_lower', 'pd_lower', 'lgd_ratio'),
            ('expected_loss_amount_upper', 'pd_upper', 'lgd_ratio'),
            ('downturn_expected_loss_amount', 'pd', 'lgd_downturn_ratio'),
        ] -%}
            cast(
                cast({{ pd }} * {{ lgd }} * performing_exposure_at_default_amount as decimal(18, 2))
                + cast(cast({{ lgd }} as double) * defaulted_balance_amount as decimal(18, 2))
                as decimal(18, 2)
            ) as {{ column }},
        {% endfor -%}
        {{ ratio(
            'cast(pd * lgd_ratio * performing_exposure_at_default_amount as decimal(18, 2))'
            ~ ' + cast(cast(lgd_ratio as double) * defaulted_balance_amount as decimal(18, 2))',
            'performing_exposure_at_default_amount + defaulted_balance_amount'
        ) }} as expected_loss_rate
    from exposed
)

select * from final
