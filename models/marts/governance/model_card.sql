-- One row per statement about the approved segment model: what it is for, what it is not for, and
-- the figures of the version that customers are scored with.
{%- set version_figures = [
    (50, 'Segment model version', 'cast(segment_model_version as varchar)'),
    (51, 'Segments', 'cast(segments_count as varchar)'),
    (52, 'Verdict of the scan', 'verdict'),
    (53, 'Fitted because', 'fit_reason'),
    (
        54, 'Fitted on',
        "cast(population_count as varchar) || ' eligible customers as of '"
        ~ " || cast(observation_date as varchar)"
    ),
    (55, 'Data snapshot hash', 'data_snapshot_hash'),
    (56, 'Feature list hash', 'feature_list_hash'),
    (57, 'Libraries', 'library_versions'),
] %}

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
        count(*) filter (where is_clustering and is_protected) as protected_features_count
    from {{ ref('feature_catalogue') }}
),

best_predicted as (
    select
        attribute,
        group_value,
        held_out_auc
    from {{ ref('protected_attribute_prediction') }}
    where held_out_auc is not null
    qualify row_number() over (
        order by held_out_auc desc nulls last, attribute asc, group_value asc
    ) = 1
),

version_statements as (
    {% for item_number, topic, text in version_figures %}
    select
        'Version' as section,
        {{ item_number }} as item_number,
        '{{ topic }}' as topic,
        {{ text }} as statement_text
    from approved
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

feature_statement as (
    select
        'Fairness' as section,
        60 as item_number,
        'Clustering features' as topic,
        cast(clustering_features_count as varchar) || ', of which protected: '
        || cast(protected_features_count as varchar) as statement_text
    from features
),

prediction_statement as (
    select
        'Fairness' as section,
        61 as item_number,
        'Group that segments predict best' as topic,
        attribute || ' ' || group_value || ', held-out AUC '
        || cast(cast(held_out_auc as decimal(4, 3)) as varchar)
        || ' (0.5 is chance)' as statement_text
    from best_predicted
),

figures as (
    select * from version_statements
    union all
    select * from feature_statement
    union all
    select * from prediction_statement
),

final as (
    select
        section,
        -- Readers know these by their plain names.
        item_number as position,  -- noqa: RF04
        topic,
        statement_text as statement,  -- noqa: RF04
        owner,
        source
    from statements
    union all
    select
        section,
        item_number,
        topic,
        statement_text,
        -- The column is called as in every seed.
        'Computed by the build' as owner,  -- noqa: RF04
        'segment_models, feature_catalogue, prediction' as source
    from figures
)

select * from final
