select
    segment_id,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    window_days,
    maximum_contacts_count,
    customers_count,
    contacted_count,
    contacts_count,
    most_contacts_count,
    any_cap_reached_count,
    cap_reached_count,
    contacted_rate,
    contacted_rate_lower,
    contacted_rate_upper,
    any_cap_reached_rate,
    any_cap_reached_rate_lower,
    any_cap_reached_rate_upper,
    is_suppressed
from marts.segment_contact_pressure
