-- One row per observation date, IFRS 9 stage and segment, or `book` for all segments together, nothing
-- hidden: exposure, the allowance of the stage, and the lifetime allowance that CECL asks for whatever
-- the stage.
{{ config(schema='internal') }}
{%- set counts = [
    'customers_count', 'accounts_count', 'unknown_balance_accounts_count',
    'dpd_backstop_accounts_count', 'customer_default_accounts_count', 'pd_rise_accounts_count',
    'score_drop_accounts_count',
] %}
{%- set exposures = ['gross_carrying_amount', 'exposure_at_default_amount'] %}
{%- set losses = [
    'ecl_12m_amount', 'ecl_lifetime_amount', 'ecl_amount', 'cecl_allowance_amount',
] %}

with

accounts as (
    select * from {{ ref('int_account_impairment') }}
),

segments as (
    select
        segment_id,
        observation_date,
        stage,
        -- One segment's products share where their PD comes from.
        max(pd_basis) as pd_basis,
        max(pd_observation_date) as pd_observation_date,
        max(pd_months) as pd_months,
        count(distinct customer_id) as customers_count,
        count(*) as accounts_count,
        count(*) - count(balance_amount) as unknown_balance_accounts_count,
        count(*) filter (where stage_trigger like 'dpd backstop%') as dpd_backstop_accounts_count,
        count(*) filter (where stage_trigger = 'customer in default')
            as customer_default_accounts_count,
        count(*) filter (where stage_trigger = 'segment PD rose') as pd_rise_accounts_count,
        count(*) filter (where stage_trigger = 'bureau score fell') as score_drop_accounts_count,
        sum(balance_amount) as gross_carrying_amount,
        sum(exposure_at_default_amount) as exposure_at_default_amount,
        {% for column in losses -%}
            sum({{ column }}) as {{ column }},
        {% endfor -%}
        -- A sum that misses accounts would pass for an allowance.
        count(ecl_amount) filter (where balance_amount is not null) = count(balance_amount)
            as is_complete
    from accounts
    group by segment_id, observation_date, stage
),

books as (
    select
        'book' as segment_id,
        observation_date,
        stage,
        'mean of the segments' as pd_basis,
        {% for column in ['pd_observation_date', 'pd_months'] -%}
            case when min({{ column }}) = max({{ column }}) then min({{ column }}) end
                as {{ column }},
        {% endfor -%}
        {% for column in counts + exposures + losses -%}
            sum({{ column }}) as {{ column }},
        {% endfor -%}
        min(case when is_complete then 1 else 0 end) = 1 as is_complete
    from segments
    group by observation_date, stage
),

united as (
    {% for rows in ['segments', 'books'] -%}
        select
            segment_id,
            observation_date,
            stage,
            pd_basis,
            pd_observation_date,
            pd_months,
            {{ (counts + exposures + losses) | join(', ') }},
            is_complete
        from {{ rows }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        segment_id,
        observation_date,
        cast(stage as integer) as stage,
        pd_basis,
        pd_observation_date,
        pd_months,
        {% for column in counts -%}
            cast({{ column }} as bigint) as {{ column }},
        {% endfor -%}
        {% for column in exposures -%}
            cast({{ column }} as decimal(18, 2)) as {{ column }},
        {% endfor -%}
        {% for column in losses -%}
            cast(case when is_complete then {{ column }} end as decimal(18, 2)) as {{ column }},
        {% endfor -%}
        case when is_complete then {{ ratio('ecl_amount', 'gross_carrying_amount') }} end
            as coverage_rate,
        case when is_complete then {{ ratio('cecl_allowance_amount', 'gross_carrying_amount') }} end
            as cecl_coverage_rate
    from united
)

select * from final
