{{ config(schema='internal') }}

-- One row per segment: the yearly default rate that valuations use. The segment's own at the last
-- mature observation date where enough customers were exposed, else the book's.
-- A performance window longer than a year is brought to a year. A shorter one has no yearly rate:
-- one month's defaults say little about eleven more.
with

outcomes as (
    select * from {{ ref('customer_outcomes') }}
    where is_default is not null
),

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

settings as (
    select
        max(case setting when 'minimum_rate_exposure_count' then value end)
            as minimum_exposure_count
    from {{ ref('product_settings') }}
),

last_mature as (
    select max(observation_date) as observation_date
    from outcomes
),

segment_ids as (
    select distinct segment_id
    from segments
),

segment_counts as (
    select
        segments.segment_id,
        count(*) as exposed_count,
        count(*) filter (where outcomes.is_default) as defaulted_count
    from outcomes
    inner join last_mature
        on outcomes.observation_date = last_mature.observation_date
    inner join segments
        on
            outcomes.customer_id = segments.customer_id
            and outcomes.observation_date = segments.observation_date
    group by segments.segment_id
),

book_counts as (
    select
        cast(sum(exposed_count) as bigint) as exposed_count,
        cast(sum(defaulted_count) as bigint) as defaulted_count
    from segment_counts
),

chosen as (
    select
        segment_ids.segment_id,
        last_mature.observation_date,
        coalesce(segment_counts.exposed_count >= settings.minimum_exposure_count, false)
            as is_own,
        segment_counts.exposed_count,
        segment_counts.defaulted_count,
        book_counts.exposed_count as book_exposed_count,
        book_counts.defaulted_count as book_defaulted_count
    from segment_ids
    cross join last_mature
    cross join settings
    cross join book_counts
    left join segment_counts
        on segment_ids.segment_id = segment_counts.segment_id
),

rated as (
    select
        segment_id,
        observation_date,
        is_own,
        case when is_own then exposed_count else book_exposed_count end as exposed_count,
        case when is_own then defaulted_count else book_defaulted_count end as defaulted_count
    from chosen
),

final as (
    select
        segment_id,
        observation_date,
        exposed_count,
        defaulted_count,
        case
            when {{ source_setting('performance_months') }} >= 12
                then
                    1 - power(
                        1 - {{ ratio('defaulted_count', 'exposed_count') }},
                        12 / cast({{ source_setting('performance_months') }} as double)
                    )
        end as annual_default_rate,
        case
            when {{ source_setting('performance_months') }} >= 12 and exposed_count > 0
                then case when is_own then 'segment' else 'book' end
        end as default_rate_basis
    from rated
)

select * from final
