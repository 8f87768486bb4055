-- One row per segmented customer's open credit account and observation date: its IFRS 9 stage, and
-- the loss expected over twelve months and over its life. Accounts are an internal matter: the mart
-- is segment_impairment.
{{ config(schema='internal') }}

with

exposures as (
    select * from {{ ref('int_credit_exposures') }}
    -- What was charged off has left the balance sheet (IFRS 9 5.4.4).
    where not is_charged_off
),

features as (
    select * from {{ ref('customer_features') }}
),

probabilities as (
    select * from {{ ref('int_segment_product_default_probabilities') }}
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
        max(case when parameter = 'stage_2_dpd' then value end) as stage_2_dpd
    from {{ ref('risk_parameters') }}
),

rated_accounts as (
    select
        exposures.*,
        probabilities.customer_pd,
        probabilities.pd_12m,
        probabilities.pd_basis,
        probabilities.pd_observation_date,
        probabilities.pd_months,
        features.bureau_score
    from exposures
    inner join probabilities
        on
            exposures.segment_id = probabilities.segment_id
            and exposures.observation_date = probabilities.observation_date
            and exposures.product_type = probabilities.product_type
    left join features
        on
            exposures.customer_id = features.customer_id
            and exposures.observation_date = features.observation_date
),

-- What was known when the account was first on the books at an observation date: as near to initial
-- recognition as segments go.
recognised as (
    select
        account_id,
        observation_date as recognition_date,
        customer_pd as recognition_pd,
        bureau_score as recognition_bureau_score
    from rated_accounts
    qualify row_number() over (
        partition by account_id
        order by observation_date
    ) = 1
),

compared as (
    select
        rated_accounts.*,
        recognised.recognition_date,
        recognised.recognition_pd,
        recognised.recognition_bureau_score,
        -- Stage 3 is what expected loss calls defaulted: the customer, not the account, is in default.
        -- A rise is one of the segment's PD: a product's ratio to it moves with few defaults.
        case
            when rated_accounts.is_defaulted and rated_accounts.dpd >= {{ var('default_dpd') }}
                then 'dpd backstop of stage 3'
            when rated_accounts.is_defaulted then 'customer in default'
            when rated_accounts.dpd >= parameters.stage_2_dpd then 'dpd backstop of stage 2'
            when
                rated_accounts.customer_pd
                >= parameters.sicr_pd_multiple * recognised.recognition_pd
                and rated_accounts.customer_pd - recognised.recognition_pd >= parameters.sicr_pd_rise
                then 'segment PD rose'
            when
                recognised.recognition_bureau_score - rated_accounts.bureau_score
                >= parameters.sicr_bureau_score_drop
                then 'bureau score fell'
            else 'none'
        end as stage_trigger
    from rated_accounts
    inner join recognised
        on rated_accounts.account_id = recognised.account_id
    cross join parameters
),

termed as (
    select
        compared.*,
        case
            when is_defaulted then 3
            when stage_trigger = 'none' then 1
            else 2
        end as stage,
        loss_assumptions.lgd_ratio,
        coalesce(compared.annual_rate, loss_assumptions.effective_annual_rate)
            as effective_annual_rate,
        coalesce(compared.remaining_months, loss_assumptions.behavioural_life_months)
            as remaining_life_months
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
        customer_pd,
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
