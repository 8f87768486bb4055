-- Model risk: for which protected groups do segments predict membership, in which segments are those
-- or other groups far more or less frequent than everyone else, and why does each stand here? A
-- screen: what matters is how the segment is then treated.
{{ config(group='governance') }}

with

prediction as (
    select * from {{ ref('protected_attribute_prediction') }}
),

audited as (
    select * from {{ ref('protected_attribute_audit') }}
    where screen_result = 'worth a look'
),

strategies as (
    select * from {{ ref('segment_strategies') }}
),

-- A group that segments predict stands here without a segment where none settles it alone.
final as (
    select
        prediction.attribute,
        prediction.group_value,
        prediction.held_out_auc,
        prediction.held_out_auc_lower,
        prediction.held_out_auc_upper,
        audited.segment_id,
        audited.assignment_rate,
        audited.reference_assignment_rate,
        audited.standardised_mean_difference,
        audited.adverse_impact_ratio,
        audited.adverse_impact_ratio_lower,
        audited.adverse_impact_ratio_upper,
        concat_ws(
            ' and ',
            case
                when prediction.screen_result = 'worth a look'
                    then 'AUC above ' || prediction.screen_auc
            end,
            audited.screen_reason
        ) as worth_a_look_because,
        strategies.lending_stance
    from prediction
    left join audited
        on
            prediction.attribute = audited.attribute
            and prediction.group_value = audited.group_value
    left join strategies
        on audited.segment_id = strategies.segment_id
    where prediction.screen_result = 'worth a look' or audited.segment_id is not null
)

select * from final
order by
    held_out_auc desc nulls last,
    attribute asc,
    group_value asc,
    segment_id asc
