-- One row per pair of consecutive observation dates, segment before and segment after, all by the
-- approved version. 'none' stands for not segmented: not yet or no longer eligible.
with

segments as (
    select
        customer_id,
        observation_date,
        segment_id,
        segment_model_version
    from {{ ref('segments') }}
),

dates as (
    select distinct observation_date
    from segments
),

periods as (
    select
        observation_date as from_observation_date,
        lead(observation_date) over (
            order by observation_date
        ) as to_observation_date
    from dates
),

before as (
    select
        periods.from_observation_date,
        periods.to_observation_date,
        segments.customer_id,
        segments.segment_id,
        segments.segment_model_version
    from periods
    inner join segments
        on periods.from_observation_date = segments.observation_date
    where periods.to_observation_date is not null
),

after as (
    select
        periods.from_observation_date,
        periods.to_observation_date,
        segments.customer_id,
        segments.segment_id,
        segments.segment_model_version
    from periods
    inner join segments
        on periods.to_observation_date = segments.observation_date
),

moves as (
    select
        coalesce(before.segment_model_version, after.segment_model_version)
            as segment_model_version,
        coalesce(before.from_observation_date, after.from_observation_date)
            as from_observation_date,
        coalesce(before.to_observation_date, after.to_observation_date)
            as to_observation_date,
        coalesce(before.segment_id, 'none') as from_segment_id,
        coalesce(after.segment_id, 'none') as to_segment_id
    from before
    full outer join after
        on
            before.customer_id = after.customer_id
            and before.from_observation_date = after.from_observation_date
),

counted as (
    select
        segment_model_version,
        from_observation_date,
        to_observation_date,
        from_segment_id,
        to_segment_id,
        count(*) as customers_count
    from moves
    group by
        segment_model_version,
        from_observation_date,
        to_observation_date,
        from_segment_id,
        to_segment_id
),

totalled as (
    select
        *,
        sum(customers_count) over (
            partition by from_observation_date, from_segment_id
        ) as from_customers_count
    from counted
),

final as (
    select
        segment_model_version,
        from_observation_date,
        to_observation_date,
        from_segment_id,
        to_segment_id,
        customers_count,
        cast(from_customers_count as bigint) as from_customers_count,
        -- Newcomers have no segment that they could have left.
        case
            when from_segment_id <> 'none'
                then cast(customers_count as double) / cast(from_customers_count as double)
        end as migration_rate,
        from_segment_id = to_segment_id as is_stay
    from totalled
)

select * from final
