-- Everyone: for each pair of segments, the features whose middle halves don't touch: what a
-- person would recognise them by.
with

profiles as (
    select segment_profiles.*
    from {{ ref('segment_profiles') }} as segment_profiles
    inner join {{ ref('observation_dates') }} as observation_dates
        on
            segment_profiles.observation_date = observation_dates.observation_date
            and observation_dates.is_latest
    where segment_profiles.median_value is not null
)

select
    first_profile.segment_id,
    second_profile.segment_id as other_segment_id,
    first_profile.feature,
    first_profile.unit,
    first_profile.median_value,
    second_profile.median_value as other_median_value,
    first_profile.known_share,
    second_profile.known_share as other_known_share
from profiles as first_profile
inner join profiles as second_profile
    on
        first_profile.feature = second_profile.feature
        and first_profile.segment_id < second_profile.segment_id
where
    first_profile.p25_value > second_profile.p75_value
    or first_profile.p75_value < second_profile.p25_value
order by first_profile.segment_id, second_profile.segment_id, first_profile.feature
