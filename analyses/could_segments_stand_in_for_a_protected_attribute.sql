-- Model risk: for which protected groups do segments predict membership, and in which segment do
-- those groups gather? A screen: what matters is how the segment is then treated.
{{ config(group='governance') }}

select
    prediction.attribute,
    prediction.group_value,
    prediction.held_out_auc,
    prediction.held_out_auc_lower,
    audited.segment_id,
    audited.segment_share,
    audited.book_share,
    audited.standardised_mean_difference,
    audited.adverse_impact_ratio,
    audited.adverse_impact_ratio_lower,
    audited.adverse_impact_ratio_upper,
    strategies.lending_stance
from {{ ref('protected_attribute_prediction') }} as prediction
inner join {{ ref('protected_attribute_audit') }} as audited
    on
        prediction.attribute = audited.attribute
        and prediction.group_value = audited.group_value
left join {{ ref('segment_strategies') }} as strategies
    on audited.segment_id = strategies.segment_id
where prediction.is_worth_a_look and audited.screen_result in ('worth a look', 'unclear')
order by
    prediction.held_out_auc desc,
    prediction.attribute asc,
    prediction.group_value asc,
    audited.segment_id asc
