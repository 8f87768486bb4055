select
    segment_model_version,
    method,
    detail,
    groups_count,
    gini,
    gini_standard_error,
    information_value,
    smallest_group_ratio,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    fit_customers_count,
    held_out_customers_count,
    held_out_defaults_count
from marts.segment_baselines
