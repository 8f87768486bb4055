-- One row per segmented customer's open credit account and observation date: its IFRS 9 stage, and
-- the loss expected over twelve months and over its life. Accounts are an internal matter: the mart
-- is segment_impairment.
{{ config(schema='internal') }}

with

exposures as (
    select * from {{ ref('int_credit_exposures') }}
),

segments as (
    select * from {{ ref('segments') }}
),

features as (
    select * from {{ ref('customer_features') }}
),

probabilities as (
    select * from {{ ref('int_segment_default_probabilities') }}
),

loss_assumptions as (
    select * from {{ ref('risk_loss_assumptions') }}
),

parameters as (
    select
        max(case when parameter = 'sicr_pd_multiple' then value end) as sicr_pd_multiple,
        max(case when parameter = 'sicr_pd_rise' then value end) as sicr_pd_rise,
        max(case when parameter = 'sicr_bureau_score_drop' then value end)
            as sicr_bureau_score_drop,
        max(case when parameter = 'stage_2_dpd' then value end) as stage_2_dpd,
        max(case when parameter = 'stage_3_dpd' then value end) as stage_3_dpd
    from {{ ref('risk_parameters') }}
),

rated_customers as (
    select
        segments.customer_id,
        segments.observation_date,
        probabilities.pd,
        features.bureau_score
    from segments
    inner join probabilities
        on
            segments.segment_id = probabilities.segment_id
            and segments.observation_date = probabilities.observation_date
    left join features
        on
            segments.customer_id = features.customer_id
            and segments.observation_date = features.observation_date
),

-- What was known when the account was first on the books at an observation date: as near to initial
-- recognition as segments go.
recognised as (
    select
        exposures.account_id,
        exposures.observation_date as recognition_date,
        rated_customers.pd as recognition_pd,
        rated_customers.bureau_score as recognition_bureau_score
    from exposures
    inner join rated_customers
        on
            exposures.customer_id = rated_customers.customer_id
            and exposures.observation_date = rated_customers.observation_date
    qualify row_number() over (
        partition by exposures.account_id
        order by exposures.observation_date
    ) = 1
),

compared as (
    select
        exposures.*,
        recognised.recognition_date,
        recognised.recognition_pd,
        recognised.recognition_bureau_score,
        rated_customers.bureau_score,
        rated_customers.pd,
        probabilities.pd_12m,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        case
            when exposures.is_charged_off then 'charged off'
            when exposures.dpd >= parameters.stage_3_dpd then 'dpd backstop of stage 3'
            when exposures.dpd >= parameters.stage_2_dpd then 'dpd backstop of stage 2'
            when
                rated_customers.pd >= parameters.sicr_pd_multiple * recognised.recognition_pd
                and rated_customers.pd - recognised.recognition_pd >= parameters.sicr_pd_rise
                then 'segment PD rose'
            when
                recognised.recognition_bureau_score - rated_customers.bureau_score
                >= parameters.sicr_bureau_score_drop
                then 'bureau score fell'
            else 'none'
        end as stage_trigger
    from exposures
    inner join probabilities
        on
            exposures.segment_id = probabilities.segment_id
            and exposures.observation_date = probabilities.observation_date
    inner join rated_customers
        on
            exposures.customer_id = rated_customers.customer_id
            and exposures.observation_date = rated_customers.observation_date
    inner join recognised
        on exposures.account_id = recognised.account_id
    cross join parameters
),

termed as (
    select
        compared.*,
        case
            when stage_trigger in ('charged off', 'dpd backstop of stage 3') then 3
            when stage_trigger = 'none' then 1
            else 2
        end as stage,
        loss_assumptions.lgd_ratio,
        coalesce(compared.annual_rate, loss_assumptions.effective_annual_rate)
            as effective_annual_rate,
        coalesce(compared.remaining_months, loss_assumptions.behavioural_life_months)
            as remaining_life_months,
        cast(
            compared.balance_amount
            + cast(loss_assumptions.credit_conversion_ratio as double)
            * coalesce(compared.undrawn_amount, 0)
            as decimal(18, 2)
        ) as exposure_at_default_amount
    from compared
    left join loss_assumptions
        on compared.product_type = loss_assumptions.product_type
),

shared as (
    select
        *,
        {{ risk_expected_loss_share(
            'pd_12m', 'effective_annual_rate', '12', 'remaining_life_months', 'is_revolving'
        ) }} as loss_share_12m,
        {{ risk_expected_loss_share(
            'pd_12m', 'effective_annual_rate', 'remaining_life_months', 'remaining_life_months',
            'is_revolving'
        ) }} as loss_share_lifetime
    from termed
),

measured as (
    select
        *,
        cast(
            case
                when stage = 3 then cast(lgd_ratio as double) * balance_amount
                else cast(lgd_ratio as double) * loss_share_12m * exposure_at_default_amount
            end as decimal(18, 2)
        ) as ecl_12m_amount,
        cast(
            case
                when stage = 3 then cast(lgd_ratio as double) * balance_amount
                else cast(lgd_ratio as double) * loss_share_lifetime * exposure_at_default_amount
            end as decimal(18, 2)
        ) as ecl_lifetime_amount,
        -- CECL has no stages and, for lines that the lender may cancel, nothing for the undrawn part.
        cast(
            case
                when stage = 3 then cast(lgd_ratio as double) * balance_amount
                else cast(lgd_ratio as double) * loss_share_lifetime * balance_amount
            end as decimal(18, 2)
        ) as cecl_allowance_amount
    from shared
),

final as (
    select
        segment_id,
        customer_id,
        observation_date,
        account_id,
        product_type,
        is_revolving,
        balance_amount,
        exposure_at_default_amount,
        dpd,
        recognition_date,
        recognition_pd,
        pd,
        pd_12m,
        pd_basis,
        pd_observation_date,
        pd_months,
        stage_trigger,
        stage,
        lgd_ratio,
        effective_annual_rate,
        cast(remaining_life_months as integer) as remaining_life_months,
        ecl_12m_amount,
        ecl_lifetime_amount,
        case when stage = 1 then ecl_12m_amount else ecl_lifetime_amount end
            as ecl_amount,
        cecl_allowance_amount
    from measured
)

select * from final
