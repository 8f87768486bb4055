-- Every segment has one profile row per catalogue feature at every observation date, and its
-- customers add up to the segmented book. A breach means that a feature or a segment is missing
-- from what people read.
with

profiles as (
    select * from {{ ref('int_segment_profiles') }}
),

catalogue as (
    select feature from {{ ref('feature_catalogue') }}
),

dates as (
    select
        observation_date,
        count(*) as customers_count
    from {{ ref('segments') }}
    group by observation_date
),

expected as (
    select
        dates.observation_date,
        dates.customers_count,
        catalogue.feature
    from dates
    cross join catalogue
),

found as (
    select
        observation_date,
        feature,
        sum(customers_count) as profiled_customers_count
    from profiles
    group by observation_date, feature
),

final as (
    select
        expected.*,
        found.profiled_customers_count
    from expected
    left join found
        on
            expected.observation_date = found.observation_date
            and expected.feature = found.feature
)

select * from final
where coalesce(profiled_customers_count, 0) <> customers_count
