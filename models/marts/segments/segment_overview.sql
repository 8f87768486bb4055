-- One row per segment at the latest observation date: name, size, exposure, and the default rate
-- of the customers who were in it at the latest date whose outcome is known; and the book's figures.
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

segment_risks as (
    select * from {{ ref('int_segment_risk') }}
),

expected_losses as (
    select * from {{ ref('int_segment_expected_loss') }}
    where segment_id <> 'book'
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

-- Hidden cells don't follow from totals, so the book's may be shown, unless it is small itself.
book_outcomes as (
    select
        case when not {{ is_small_cell('sum(segment_risks.scored_count)') }}
            then cast(sum(segment_risks.scored_count) as bigint) end as scored_count,
        case when not {{ is_small_cell('sum(segment_risks.scored_count)') }}
            then cast(sum(segment_risks.default_count) as bigint) end as default_count
    from segment_risks
    inner join latest_mature
        on segment_risks.observation_date = latest_mature.observation_date
),

latest as (
    select distinct observation_date from overview
),

book_exposures as (
    select
        case when not {{ is_small_cell('sum(segment_risks.customers_count)') }}
            then cast(sum(segment_risks.exposure_amount) as decimal(18, 2)) end as exposure_amount
    from segment_risks
    inner join latest
        on segment_risks.observation_date = latest.observation_date
),

-- A sum that lacks the loss of some product would pass for less than it is.
book_losses as (
    select
        case
            when
                count(*) = count(expected_losses.expected_loss_amount)
                and not {{ is_small_cell('sum(expected_losses.customers_count)') }}
                then cast(sum(expected_losses.expected_loss_amount) as decimal(18, 2))
        end as expected_loss_amount
    from expected_losses
    inner join latest
        on expected_losses.observation_date = latest.observation_date
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
        book_exposures.exposure_amount as book_exposure_amount,
        book_losses.expected_loss_amount as book_expected_loss_amount,
        book_outcomes.scored_count as book_scored_count,
        book_outcomes.default_count as book_default_count,
        {{ ratio('book_outcomes.default_count', 'book_outcomes.scored_count') }}
            as book_default_rate,
        {{ wilson_lower('book_outcomes.default_count', 'book_outcomes.scored_count') }}
            as book_default_rate_lower,
        {{ wilson_upper('book_outcomes.default_count', 'book_outcomes.scored_count') }}
            as book_default_rate_upper,
        overview.is_suppressed
    from overview
    cross join latest_mature
    cross join book_outcomes
    cross join book_exposures
    cross join book_losses
    left join segment_risk as current_risk
        on
            overview.segment_id = current_risk.segment_id
            and overview.observation_date = current_risk.observation_date
    left join outcomes
        on overview.segment_id = outcomes.segment_id
)

select * from final
