select
    segment_model_version,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    segment_id,
    strftime(fit_observation_date, '%Y-%m-%d') as fit_observation_date,
    fit_customers_count,
    fit_share_ratio,
    customers_count,
    share_ratio,
    population_stability_index,
    expected_index,
    index_upper_bound,
    verdict
from marts.segment_drift
