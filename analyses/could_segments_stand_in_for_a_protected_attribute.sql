-- Model risk: for which protected groups do segments predict membership, and in which segment do those
-- groups gather? A screen: what matters is how the segment is then treated.
{{ config(group='governance') }}

select
    prediction.attribute,
    prediction.group_value,
    prediction.held_out_auc,
    prediction.held_out_auc_lower,
    audit.segment_id,
    audit.segment_share,
    audit.book_share,
    audit.standardised_mean_difference,
    audit.adverse_impact_ratio,
    audit.adverse_impact_ratio_lower,
    audit.adverse_impact_ratio_upper,
    strategies.lending_stance
from {{ ref('protected_attribute_prediction') }} as prediction
inner join {{ ref('protected_attribute_audit') }} as audit
    on
        prediction.attribute = audit.attribute
        and prediction.group_value = audit.group_value
left join {{ ref('segment_strategies') }} as strategies
    on audit.segment_id = strategies.segment_id
where prediction.is_worth_a_look and audit.screen_result in ('worth a look', 'unclear')
order by prediction.held_out_auc desc, prediction.attribute, prediction.group_value, audit.segment_id
