-- Risk: which pairs of segments have default rates whose difference may be zero? A policy that treats
-- them differently needs another reason than risk. Two intervals can overlap although the rates differ,
-- so the test is Newcombe's interval of the difference. It holds for one pair: of `compared_pairs_count`
-- pairs without any difference one in twenty would still be missing here, so a pair that is only just
-- missing is no proof that the two differ.
with

segment_overview as (
    select * from {{ ref('segment_overview') }}
),

pairs as (
    select
        first_segment.segment_id,
        second_segment.segment_id as other_segment_id,
        first_segment.risk_observation_date as observation_date,
        first_segment.default_count,
        first_segment.scored_count,
        first_segment.default_rate,
        second_segment.default_count as other_default_count,
        second_segment.scored_count as other_scored_count,
        second_segment.default_rate as other_default_rate,
        first_segment.default_rate - second_segment.default_rate as difference,
        {{ newcombe_lower(
            'first_segment.default_rate', 'first_segment.default_rate_lower',
            'first_segment.default_rate_upper', 'second_segment.default_rate',
            'second_segment.default_rate_lower', 'second_segment.default_rate_upper'
        ) }} as difference_lower,
        {{ newcombe_upper(
            'first_segment.default_rate', 'first_segment.default_rate_lower',
            'first_segment.default_rate_upper', 'second_segment.default_rate',
            'second_segment.default_rate_lower', 'second_segment.default_rate_upper'
        ) }} as difference_upper,
        count(*) over () as compared_pairs_count
    from segment_overview as first_segment
    inner join segment_overview as second_segment
        on first_segment.segment_id < second_segment.segment_id
    where
        first_segment.default_rate is not null
        and second_segment.default_rate is not null
)

select *
from pairs
where
    difference_lower <= 0
    and difference_upper >= 0
order by segment_id, other_segment_id
