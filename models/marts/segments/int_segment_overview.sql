-- One row per segment at the latest observation date, nothing hidden: size, and who they are.
{{ config(schema='internal') }}

with

segments as (
    select * from {{ ref('segments') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

segment_names as (
    select * from {{ ref('segment_names') }}
),

latest as (
    select
        segments.segment_id,
        segments.observation_date,
        max(segments.segment_model_version) as segment_model_version,
        count(*) as customers_count,
        count(*) filter (where segments.is_outlier) as outliers_count
    from segments
    inner join observation_dates
        on
            segments.observation_date = observation_dates.observation_date
            and observation_dates.is_latest
    group by segments.segment_id, segments.observation_date
),

final as (
    select
        latest.segment_id,
        segment_names.segment_name,
        segment_names.segment_description,
        segment_names.sets_apart as distinguishing_text,
        latest.observation_date,
        latest.segment_model_version,
        latest.customers_count,
        latest.outliers_count,
        cast(sum(latest.customers_count) over () as bigint) as book_customers_count,
        {{ ratio('latest.customers_count', 'sum(latest.customers_count) over ()') }}
            as customers_share
    from latest
    left join segment_names
        on
            latest.segment_id = segment_names.segment_id
            and latest.segment_model_version = segment_names.segment_model_version
)

select * from final
