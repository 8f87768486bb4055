select
    segment_model_version,
    segment_id,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    customers_count,
    bootstraps_count,
    bootstrap_jaccard_mean,
    bootstrap_jaccard_minimum,
    bootstrap_jaccard_standard_error,
    dissolved_ratio,
    recovered_ratio,
    halves_jaccard,
    halves_adjusted_rand_index
from marts.segment_stability
