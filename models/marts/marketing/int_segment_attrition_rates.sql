{{ config(schema='internal') }}

-- One row per segment: the yearly attrition that valuations use. The segment's own at the last
-- observation date whose window is over where enough customers were exposed, else the book's, else
-- the assumption of `marketing_settings` where the source does not record closed accounts.
with

relationships as (
    select * from {{ ref('int_segment_relationships') }}
),

product_settings as (
    select
        max(case setting when 'attrition_window_months' then value end)
            as attrition_window_months,
        max(case setting when 'minimum_rate_exposure_count' then value end)
            as minimum_exposure_count
    from {{ ref('product_settings') }}
),

marketing_settings as (
    select
        max(case setting when 'default_annual_attrition_rate' then value end)
            as default_annual_attrition_rate
    from {{ ref('marketing_settings') }}
),

last_mature as (
    select max(observation_date) as observation_date
    from relationships
    where is_attrition_mature
),

segment_ids as (
    select distinct segment_id
    from relationships
),

segment_counts as (
    select
        relationships.segment_id,
        relationships.attrition_exposed_count,
        relationships.attrited_count
    from relationships
    inner join last_mature
        on relationships.observation_date = last_mature.observation_date
),

book_counts as (
    select
        cast(sum(attrition_exposed_count) as bigint) as attrition_exposed_count,
        cast(sum(attrited_count) as bigint) as attrited_count
    from segment_counts
),

chosen as (
    select
        segment_ids.segment_id,
        coalesce(
            segment_counts.attrition_exposed_count >= product_settings.minimum_exposure_count,
            false
        ) as is_own,
        segment_counts.attrition_exposed_count,
        segment_counts.attrited_count,
        book_counts.attrition_exposed_count as book_exposed_count,
        book_counts.attrited_count as book_attrited_count,
        product_settings.attrition_window_months,
        marketing_settings.default_annual_attrition_rate
    from segment_ids
    cross join product_settings
    cross join marketing_settings
    cross join book_counts
    left join segment_counts
        on segment_ids.segment_id = segment_counts.segment_id
),

rated as (
    select
        segment_id,
        is_own,
        case when is_own then attrition_exposed_count else book_exposed_count end
            as exposed_count,
        case when is_own then attrited_count else book_attrited_count end as attrited_count,
        attrition_window_months,
        default_annual_attrition_rate
    from chosen
),

final as (
    select
        segment_id,
        exposed_count,
        attrited_count,
        coalesce(
            1 - power(
                1 - {{ ratio('attrited_count', 'exposed_count') }}, 12 / attrition_window_months
            ),
            default_annual_attrition_rate
        ) as annual_attrition_rate,
        case
            when coalesce(exposed_count, 0) = 0 then 'assumption'
            when is_own then 'segment'
            else 'book'
        end as attrition_basis
    from rated
)

select * from final
