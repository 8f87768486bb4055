select
    segment_model_version,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    feature,
    is_clustering,
    strftime(fit_observation_date, '%Y-%m-%d') as fit_observation_date,
    bins_count,
    fit_customers_count,
    customers_count,
    population_stability_index,
    expected_index,
    index_upper_bound,
    verdict
from marts.feature_drift
