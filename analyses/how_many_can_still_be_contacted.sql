-- Marketing: of each segment, how many consent to the preferred channel, and how many have
-- reached a contact cap? What is left is the audience that a campaign can count on.
select
    preference.segment_id,
    preference.channel,
    preference.preference_basis,
    preference.contactable_count,
    preference.contactable_rate,
    pressure.any_cap_reached_count,
    pressure.any_cap_reached_rate
from {{ ref('segment_channel_preference') }} as preference
left join {{ ref('segment_contact_pressure') }} as pressure
    on
        preference.segment_id = pressure.segment_id
        and preference.observation_date = pressure.observation_date
where preference.preference_rank = 1
order by preference.contactable_count desc nulls last, preference.segment_id asc
