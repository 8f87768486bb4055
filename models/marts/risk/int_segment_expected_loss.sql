-- One row per observation date, credit product held and segment, or `book` for all segments together,
-- nothing hidden: probability of default x loss given default x exposure at default, and at dates
-- whose outcomes are known what came of it.
{{ config(schema='internal') }}
{%- set keys = ['segment_id', 'observation_date', 'product_type'] %}
{%- set basis = [
    'pd_basis', 'pd_observation_date', 'pd_months', 'pd_default_count', 'pd_scored_count',
    'product_ratio_basis', 'product_observed_default_count', 'product_expected_default_count',
    'product_default_ratio', 'product_default_ratio_lower', 'product_default_ratio_upper',
    'customer_pd', 'pd', 'pd_lower', 'pd_upper',
] %}
{%- set counts = [
    'customers_count', 'accounts_count', 'unknown_balance_accounts_count',
    'defaulted_accounts_count', 'realised_accounts_count', 'realised_default_count',
] %}
{#- Each a sum of decimals; null where none is known. -#}
{%- set amounts = [
    'balance_amount', 'performing_balance_amount', 'performing_undrawn_amount',
    'defaulted_balance_amount', 'performing_exposure_at_default_amount',
    'exposure_at_default_amount', 'realised_default_balance_amount', 'realised_loss_amount',
] %}
{#- A sum that misses a segment would pass for the book's loss. -#}
{%- set losses = [
    'performing_expected_loss_amount', 'performing_expected_loss_amount_lower',
    'performing_expected_loss_amount_upper', 'performing_downturn_expected_loss_amount',
    'defaulted_expected_loss_amount', 'defaulted_downturn_expected_loss_amount',
] %}

with

exposures as (
    select * from {{ ref('int_credit_exposures') }}
    -- What was charged off has left the balance sheet.
    where not is_charged_off
),

probabilities as (
    select * from {{ ref('int_segment_product_default_probabilities') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

account_outcomes as (
    select * from {{ ref('int_account_outcomes') }}
),

summed as (
    select
        segment_id,
        observation_date,
        product_type,
        count(distinct customer_id) as customers_count,
        count(*) as accounts_count,
        count(*) - count(balance_amount) as unknown_balance_accounts_count,
        count(*) filter (where is_defaulted) as defaulted_accounts_count,
        -- Where no balance is known, zero would claim that nothing is owed.
        sum(balance_amount) as balance_amount,
        {% for column, condition, sum_name in [
            ('balance_amount', 'not is_defaulted', 'performing_balance_amount'),
            ('balance_amount', 'is_defaulted', 'defaulted_balance_amount'),
            ('undrawn_amount', 'not is_defaulted', 'performing_undrawn_amount'),
        ] -%}
            case
                when count(balance_amount) > 0
                    then coalesce(sum({{ column }}) filter (where {{ condition }}), 0)
            end as {{ sum_name }},
        {% endfor -%}
        sum(exposure_at_default_amount) as exposure_at_default_amount,
        case
            when count(exposure_at_default_amount) > 0
                then coalesce(sum(exposure_at_default_amount) filter (where not is_defaulted), 0)
        end as performing_exposure_at_default_amount
    from exposures
    group by segment_id, observation_date, product_type
),

realised as (
    select
        segment_id,
        observation_date,
        product_type,
        count(*) as realised_accounts_count,
        count(*) filter (where is_default) as realised_default_count,
        coalesce(sum(default_balance_amount), 0) as realised_default_balance_amount
    from account_outcomes
    group by segment_id, observation_date, product_type
),

segments as (
    select
        summed.*,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        probabilities.pd_default_count,
        probabilities.pd_scored_count,
        probabilities.product_ratio_basis,
        probabilities.product_observed_default_count,
        probabilities.product_expected_default_count,
        probabilities.product_default_ratio,
        probabilities.product_default_ratio_lower,
        probabilities.product_default_ratio_upper,
        probabilities.customer_pd,
        probabilities.pd,
        probabilities.pd_lower,
        probabilities.pd_upper,
        realised.realised_accounts_count,
        realised.realised_default_count,
        realised.realised_default_balance_amount,
        cast(
            cast(loss_assumptions.lgd_ratio as double) * realised.realised_default_balance_amount
            as decimal(18, 2)
        ) as realised_loss_amount,
        {% for loss, pd, lgd in [
            ('performing_expected_loss_amount', 'pd', 'lgd_ratio'),
            ('performing_expected_loss_amount_lower', 'pd_lower', 'lgd_ratio'),
            ('performing_expected_loss_amount_upper', 'pd_upper', 'lgd_ratio'),
            ('performing_downturn_expected_loss_amount', 'pd', 'lgd_downturn_ratio'),
        ] -%}
            cast(
                probabilities.{{ pd }} * loss_assumptions.{{ lgd }}
                * summed.performing_exposure_at_default_amount as decimal(18, 2)
            ) as {{ loss }},
        {% endfor -%}
        -- What is in default already is lost but for what is recovered.
        cast(
            cast(loss_assumptions.lgd_ratio as double) * summed.defaulted_balance_amount
            as decimal(18, 2)
        ) as defaulted_expected_loss_amount,
        cast(
            cast(loss_assumptions.lgd_downturn_ratio as double) * summed.defaulted_balance_amount
            as decimal(18, 2)
        ) as defaulted_downturn_expected_loss_amount
    from summed
    inner join probabilities
        on
            summed.segment_id = probabilities.segment_id
            and summed.observation_date = probabilities.observation_date
            and summed.product_type = probabilities.product_type
    left join loss_assumptions
        on summed.product_type = loss_assumptions.product_type
    left join realised
        on
            summed.segment_id = realised.segment_id
            and summed.observation_date = realised.observation_date
            and summed.product_type = realised.product_type
),

books as (
    select
        'book' as segment_id,
        observation_date,
        product_type,
        'mean of the segments' as pd_basis,
        {% for column in [
            'pd_observation_date', 'pd_months', 'product_ratio_basis',
            'product_observed_default_count', 'product_expected_default_count',
            'product_default_ratio', 'product_default_ratio_lower', 'product_default_ratio_upper',
        ] -%}
            case when min({{ column }}) = max({{ column }}) then min({{ column }}) end
                as {{ column }},
        {% endfor -%}
        cast(null as bigint) as pd_default_count,
        cast(null as bigint) as pd_scored_count,
        -- Weighted by exposure, so that PD x LGD x EAD holds for the book as well.
        {% for column in ['customer_pd', 'pd', 'pd_lower', 'pd_upper'] -%}
            case
                when
                    count(*) filter (
                        where {{ column }} is null and performing_exposure_at_default_amount > 0
                    ) = 0
                    then {{ ratio(
                        'sum(cast(' ~ column
                        ~ ' * performing_exposure_at_default_amount as decimal(28, 8)))',
                        'sum(performing_exposure_at_default_amount)'
                    ) }}
            end as {{ column }},
        {% endfor -%}
        {% for column in losses -%}
            case
                when
                    count(*) filter (
                        where {{ column }} is null and exposure_at_default_amount is not null
                    ) = 0
                    then sum({{ column }})
            end as {{ column }},
        {% endfor -%}
        {% for column in counts + amounts -%}
            sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from segments
    group by observation_date, product_type
),

united as (
    {% for rows in ['segments', 'books'] -%}
        select
            {{ (keys + basis + counts + amounts + losses) | join(', ') }}
        from {{ rows }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

added as (
    select
        united.*,
        performing_expected_loss_amount + defaulted_expected_loss_amount as expected_loss_amount,
        performing_expected_loss_amount_lower + defaulted_expected_loss_amount
            as expected_loss_amount_lower,
        performing_expected_loss_amount_upper + defaulted_expected_loss_amount
            as expected_loss_amount_upper,
        performing_downturn_expected_loss_amount + defaulted_downturn_expected_loss_amount
            as downturn_expected_loss_amount,
        cast(loss_assumptions.lgd_ratio as decimal(9, 6)) as lgd_ratio,
        cast(loss_assumptions.lgd_downturn_ratio as decimal(9, 6)) as lgd_downturn_ratio,
        cast(loss_assumptions.credit_conversion_ratio as decimal(9, 6)) as credit_conversion_ratio
    from united
    left join loss_assumptions
        on united.product_type = loss_assumptions.product_type
),

final as (
    select
        segment_id,
        observation_date,
        product_type,
        {% for column in counts -%}
            cast({{ column }} as bigint) as {{ column }},
        {% endfor -%}
        {% for column in amounts + [
            'performing_expected_loss_amount', 'defaulted_expected_loss_amount',
            'expected_loss_amount', 'expected_loss_amount_lower', 'expected_loss_amount_upper',
            'downturn_expected_loss_amount',
        ] -%}
            cast({{ column }} as decimal(18, 2)) as {{ column }},
        {% endfor -%}
        credit_conversion_ratio,
        lgd_ratio,
        lgd_downturn_ratio,
        {{ basis | join(', ') }},
        {{ ratio('expected_loss_amount', 'exposure_at_default_amount') }} as expected_loss_rate,
        {{ ratio('realised_default_count', 'realised_accounts_count') }} as realised_default_rate,
        {{ wilson_lower('realised_default_count', 'realised_accounts_count') }}
            as realised_default_rate_lower,
        {{ wilson_upper('realised_default_count', 'realised_accounts_count') }}
            as realised_default_rate_upper
    from added
)

select * from final
