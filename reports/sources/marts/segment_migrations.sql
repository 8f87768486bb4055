select
    segment_model_version,
    strftime(from_observation_date, '%Y-%m-%d') as from_observation_date,
    strftime(to_observation_date, '%Y-%m-%d') as to_observation_date,
    from_segment_id,
    to_segment_id,
    customers_count,
    from_customers_count,
    migration_rate,
    is_stay
from marts.segment_migrations
