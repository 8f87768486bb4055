select
    strftime(observation_date, '%Y-%m-%d') as observation_date,
    attribute,
    group_value,
    fit_customers_count,
    held_out_group_count,
    held_out_rest_count,
    held_out_auc,
    held_out_auc_lower,
    held_out_auc_upper,
    screen_auc,
    is_worth_a_look,
    is_suppressed
from marts.protected_attribute_prediction
