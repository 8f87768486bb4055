-- One row per segment, observation date and IFRS 9 stage, nothing hidden: exposure, the allowance of
-- the stage, and the lifetime allowance that CECL asks for whatever the stage.
{{ config(schema='internal') }}

with

accounts as (
    select * from {{ ref('int_account_impairment') }}
),

summed as (
    select
        segment_id,
        observation_date,
        stage,
        pd_basis,
        pd_observation_date,
        pd_months,
        count(distinct customer_id) as customers_count,
        count(*) as accounts_count,
        count(*) filter (where stage_trigger like 'dpd backstop%') as dpd_backstop_accounts_count,
        count(*) filter (where stage_trigger = 'segment PD rose') as pd_rise_accounts_count,
        count(*) filter (where stage_trigger = 'bureau score fell') as score_drop_accounts_count,
        count(*) filter (where stage_trigger = 'charged off') as charged_off_accounts_count,
        sum(balance_amount) as gross_carrying_amount,
        sum(exposure_at_default_amount) as exposure_at_default_amount,
        sum(ecl_12m_amount) as ecl_12m_amount,
        sum(ecl_lifetime_amount) as ecl_lifetime_amount,
        sum(ecl_amount) as ecl_amount,
        sum(cecl_allowance_amount) as cecl_allowance_amount,
        -- A sum that misses accounts would pass for an allowance.
        count(ecl_amount) filter (where balance_amount is not null) = count(balance_amount)
            as is_complete
    from accounts
    group by segment_id, observation_date, stage, pd_basis, pd_observation_date, pd_months
),

final as (
    select
        segment_id,
        observation_date,
        cast(stage as integer) as stage,
        pd_basis,
        pd_observation_date,
        pd_months,
        customers_count,
        accounts_count,
        dpd_backstop_accounts_count,
        pd_rise_accounts_count,
        score_drop_accounts_count,
        charged_off_accounts_count,
        cast(gross_carrying_amount as decimal(18, 2)) as gross_carrying_amount,
        cast(exposure_at_default_amount as decimal(18, 2)) as exposure_at_default_amount,
        {% for column in [
            'ecl_12m_amount', 'ecl_lifetime_amount', 'ecl_amount', 'cecl_allowance_amount',
        ] -%}
            cast(case when is_complete then {{ column }} end as decimal(18, 2)) as {{ column }},
        {% endfor -%}
        case when is_complete then {{ ratio('ecl_amount', 'gross_carrying_amount') }} end
            as coverage_rate,
        case when is_complete then {{ ratio('cecl_allowance_amount', 'gross_carrying_amount') }} end
            as cecl_coverage_rate
    from summed
)

select * from final
