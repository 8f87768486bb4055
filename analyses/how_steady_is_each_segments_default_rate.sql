-- Risk: does a segment's default rate hold from date to date? The latest mature date beside the
-- earliest, and Newcombe's interval of the difference: one that leaves out zero is a change, not noise.
-- Windows that overlap share `shared_months_count` months of outcomes and most customers stay in their
-- segment, so the two rates move together and the interval is too wide: a difference outside it is a
-- change all the more, one inside says little. With no month shared, read it as it stands.
with

segment_risk as (
    select
        *,
        row_number() over (partition by segment_id order by observation_date) as place_from_first,
        row_number() over (partition by segment_id order by observation_date desc)
            as place_from_last
    from {{ ref('segment_risk') }}
    where default_rate is not null
)

select
    earliest.segment_id,
    earliest.observation_date as earliest_date,
    latest.observation_date as latest_date,
    greatest({{ months_between('latest.observation_date', 'earliest.performance_ends_on') }}, 0)
        as shared_months_count,
    earliest.default_count as earliest_default_count,
    earliest.scored_count as earliest_scored_count,
    earliest.default_rate as earliest_default_rate,
    latest.default_count as latest_default_count,
    latest.scored_count as latest_scored_count,
    latest.default_rate as latest_default_rate,
    latest.default_rate - earliest.default_rate as difference,
    {{ newcombe_lower(
        'latest.default_rate', 'latest.default_rate_lower', 'latest.default_rate_upper',
        'earliest.default_rate', 'earliest.default_rate_lower', 'earliest.default_rate_upper'
    ) }} as difference_lower,
    {{ newcombe_upper(
        'latest.default_rate', 'latest.default_rate_lower', 'latest.default_rate_upper',
        'earliest.default_rate', 'earliest.default_rate_lower', 'earliest.default_rate_upper'
    ) }} as difference_upper
from segment_risk as earliest
inner join segment_risk as latest
    on
        earliest.segment_id = latest.segment_id
        and earliest.observation_date < latest.observation_date
where
    earliest.place_from_first = 1
    and latest.place_from_last = 1
order by abs(latest.default_rate - earliest.default_rate) desc, earliest.segment_id asc
