{{ config(schema='internal') }}

-- One row per segment and audience at the latest observation date, nothing hidden: who meets the
-- limits, who of them is left out, who is held out, and what contacting the rest is worth.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_latest
),

definitions as (
    select * from {{ ref('marketing_audiences') }}
),

segments as (
    select segments.*
    from {{ ref('segments') }} as segments
    inner join observation_dates
        on segments.observation_date = observation_dates.observation_date
),

fits as (
    select * from {{ ref('int_audience_fits') }}
),

members as (
    select * from {{ ref('int_audience_members') }}
),

-- What the audience's product is worth, by the customer's channel. Nobody is offered a product that
-- they hold, so an audience of holders has no measured value.
offers as (
    select * from {{ ref('int_offers') }}
),

customer_counts as (
    select
        segment_id,
        observation_date,
        count(*) as customers_count
    from segments
    group by segment_id, observation_date
),

fit_counts as (
    select
        segment_id,
        audience,
        count(*) as qualifying_count,
        count(*) filter (where exclusion_reason is not null) as excluded_count
    from fits
    group by segment_id, audience
),

member_counts as (
    select
        members.segment_id,
        members.audience,
        count(*) as audience_count,
        count(*) filter (where members.is_holdout) as holdout_count,
        count(*) filter (where not members.is_holdout) as addressed_count,
        count(offers.expected_value_amount) filter (where not members.is_holdout)
            as valued_count,
        sum(offers.expected_value_amount) filter (where not members.is_holdout)
            as expected_value_amount,
        sum(offers.expected_value_amount_lower) filter (where not members.is_holdout)
            as expected_value_amount_lower
    from members
    left join offers
        on
            members.customer_id = offers.customer_id
            and members.product_type = offers.product_type
    group by members.segment_id, members.audience
),

final as (
    select
        customer_counts.segment_id,
        customer_counts.observation_date,
        definitions.audience,
        definitions.priority,
        definitions.product_type,
        customer_counts.customers_count,
        coalesce(fit_counts.qualifying_count, 0) as qualifying_count,
        coalesce(fit_counts.excluded_count, 0) as excluded_count,
        coalesce(fit_counts.qualifying_count, 0)
        - coalesce(fit_counts.excluded_count, 0)
        - coalesce(member_counts.audience_count, 0)
            as other_audience_count,
        coalesce(member_counts.audience_count, 0) as audience_count,
        coalesce(member_counts.holdout_count, 0) as holdout_count,
        coalesce(member_counts.addressed_count, 0) as addressed_count,
        coalesce(member_counts.valued_count, 0) as valued_count,
        member_counts.expected_value_amount,
        member_counts.expected_value_amount_lower
    from customer_counts
    cross join definitions
    left join fit_counts
        on
            customer_counts.segment_id = fit_counts.segment_id
            and definitions.audience = fit_counts.audience
    left join member_counts
        on
            customer_counts.segment_id = member_counts.segment_id
            and definitions.audience = member_counts.audience
)

select * from final
