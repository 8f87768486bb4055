-- One row per statement about the approved segment model: what it is for, what it is not for, and
-- the figures of the version that customers are scored with.
with

statements as (
    select * from {{ ref('governance_model_card') }}
),

approved as (
    select * from {{ ref('segment_models') }}
    where is_approved
),

features as (
    select
        count(*) filter (where is_clustering) as clustering_features_count,
        count(*) filter (where is_clustering and is_protected) as protected_clustering_features_count
    from {{ ref('feature_catalogue') }}
),

prediction as (
    select
        attribute,
        group_value,
        held_out_auc
    from {{ ref('protected_attribute_prediction') }}
    where held_out_auc is not null
    qualify row_number() over (order by held_out_auc desc, attribute, group_value) = 1
),

figures as (
    select 'Version' as section, 50 as position, 'Segment model version' as topic,
        cast(segment_model_version as varchar) as statement
    from approved
    union all
    select 'Version', 51, 'Segments', cast(segments_count as varchar)
    from approved
    union all
    select 'Version', 52, 'Verdict of the scan', verdict
    from approved
    union all
    select 'Version', 53, 'Fitted because', fit_reason
    from approved
    union all
    select
        'Version', 54, 'Fitted on',
        cast(population_count as varchar) || ' eligible customers as of '
        || cast(observation_date as varchar)
    from approved
    union all
    select 'Version', 55, 'Data snapshot hash', data_snapshot_hash
    from approved
    union all
    select 'Version', 56, 'Feature list hash', feature_list_hash
    from approved
    union all
    select 'Version', 57, 'Libraries', library_versions
    from approved
    union all
    select
        'Fairness', 60, 'Clustering features',
        cast(clustering_features_count as varchar) || ', of which protected: '
        || cast(protected_clustering_features_count as varchar)
    from features
    union all
    select
        'Fairness', 61, 'Group that segments predict best',
        attribute || ' ' || group_value || ', held-out AUC '
        || cast(cast(held_out_auc as decimal(4, 3)) as varchar) || ' (0.5 is chance)'
    from prediction
),

final as (
    select
        section,
        position,
        topic,
        statement,
        owner,
        source
    from statements
    union all
    select
        section,
        position,
        topic,
        statement,
        'Computed by the build',
        'segment_models, feature_catalogue, protected_attribute_prediction'
    from figures
)

select * from final
