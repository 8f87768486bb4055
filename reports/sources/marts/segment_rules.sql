select
    segment_model_version,
    segment_id,
    rule_number,
    rule_text,
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    customers_count,
    correct_count,
    precision_ratio,
    recall_ratio,
    segment_precision_ratio,
    segment_recall_ratio,
    fidelity_ratio,
    is_held_out
from marts.segment_rules
