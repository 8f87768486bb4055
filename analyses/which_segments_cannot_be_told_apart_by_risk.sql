-- Risk: which pairs of segments have default rates whose intervals overlap? A policy that treats
-- them differently needs another reason than risk.
select
    first_segment.segment_id,
    second_segment.segment_id as other_segment_id,
    first_segment.default_rate,
    first_segment.default_rate_lower,
    first_segment.default_rate_upper,
    second_segment.default_rate as other_default_rate,
    second_segment.default_rate_lower as other_default_rate_lower,
    second_segment.default_rate_upper as other_default_rate_upper
from {{ ref('segment_overview') }} as first_segment
inner join {{ ref('segment_overview') }} as second_segment
    on
        first_segment.segment_id < second_segment.segment_id
        and first_segment.default_rate_lower <= second_segment.default_rate_upper
        and second_segment.default_rate_lower <= first_segment.default_rate_upper
order by first_segment.segment_id, second_segment.segment_id
