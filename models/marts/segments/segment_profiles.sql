-- One row per observation date, segment and feature: its distribution among the segment's
-- customers, in natural units. Figures that rest on few customers are hidden.
with

profiles as (
    select
        *,
        -- Nobody known is no small cell: the figures are null of their own accord.
        case when known_count = 0 then customers_count else least(customers_count, known_count) end
            as cell_customers_count
    from {{ ref('int_segment_profiles') }}
),

judged as (
    select
        *,
        {{ is_suppressed('cell_customers_count', ['observation_date, feature']) }} as is_suppressed
    from profiles
),

final as (
    select
        segment_id,
        observation_date,
        feature,
        family,
        unit,
        description,
        case when not is_suppressed then customers_count end as customers_count,
        case when not is_suppressed then known_count end as known_count,
        case when not is_suppressed then known_share end as known_share,
        case when not is_suppressed then p25_value end as p25_value,
        case when not is_suppressed then median_value end as median_value,
        case when not is_suppressed then p75_value end as p75_value,
        book_median_value,
        is_suppressed
    from judged
)

select * from final
