-- Plain SQL and Python assign every customer alike, distances to 1e-6. A breach would mean that a
-- customer scored between fits could get another segment than at the next build.
-- A customer whose two nearest centroids are equally far to 1e-9 may fall to either side.
with

segments as (
    select * from {{ ref('segments') }}
),

segment_scores as (
    select * from {{ ref('segment_scores') }}
),

compared as (
    select
        coalesce(segments.customer_id, segment_scores.customer_id) as customer_id,
        coalesce(segments.observation_date, segment_scores.observation_date)
            as observation_date,
        segments.segment_id as python_segment_id,
        segment_scores.segment_id as sql_segment_id,
        segments.runner_up_segment_id as python_runner_up_segment_id,
        segment_scores.runner_up_segment_id as sql_runner_up_segment_id,
        segments.distance_to_centroid as python_distance,
        segment_scores.distance_to_centroid as sql_distance,
        segments.assignment_margin as python_margin,
        segment_scores.assignment_margin as sql_margin,
        segments.is_outlier as python_is_outlier,
        segment_scores.is_outlier as sql_is_outlier,
        segments.segment_model_version as python_version,
        segment_scores.segment_model_version as sql_version
    from segments
    full outer join segment_scores
        on
            segments.customer_id = segment_scores.customer_id
            and segments.observation_date = segment_scores.observation_date
),

final as (
    select *
    from compared
    where
        python_segment_id is null
        or sql_segment_id is null
        or python_version <> sql_version
        or not coalesce(abs(python_distance - sql_distance) <= 1e-6, false)
        or not coalesce(abs(python_margin - sql_margin) <= 1e-6, false)
        or python_is_outlier is distinct from sql_is_outlier
        or (
            python_segment_id <> sql_segment_id
            and python_margin > 1e-9
        )
        or (
            (python_runner_up_segment_id is null) <> (sql_runner_up_segment_id is null)
        )
)

select * from final
