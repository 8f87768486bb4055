-- One row per segment at the latest observation date: name, size, exposure, and the default rate
-- of the customers who were in it at the latest date whose outcome is known.
with

overview as (
    select
        *,
        {{ is_suppressed('customers_count', ['observation_date']) }} as is_suppressed
    from {{ ref('int_segment_overview') }}
),

segment_risk as (
    select * from {{ ref('segment_risk') }}
),

latest_mature as (
    select max(observation_date) as observation_date
    from {{ ref('observation_dates') }}
    where is_mature
),

outcomes as (
    select segment_risk.*
    from segment_risk
    inner join latest_mature
        on segment_risk.observation_date = latest_mature.observation_date
),

final as (
    select
        overview.segment_id,
        overview.segment_name,
        overview.segment_description,
        overview.distinguishing_text,
        overview.observation_date,
        overview.segment_model_version,
        case when not overview.is_suppressed then overview.customers_count end as customers_count,
        overview.book_customers_count,
        case when not overview.is_suppressed then overview.customers_share end as customers_share,
        current_risk.exposure_amount,
        latest_mature.observation_date as risk_observation_date,
        outcomes.scored_count,
        outcomes.default_count,
        outcomes.default_rate,
        outcomes.default_rate_lower,
        outcomes.default_rate_upper,
        overview.is_suppressed
    from overview
    cross join latest_mature
    left join segment_risk as current_risk
        on
            overview.segment_id = current_risk.segment_id
            and overview.observation_date = current_risk.observation_date
    left join outcomes
        on overview.segment_id = outcomes.segment_id
)

select * from final
