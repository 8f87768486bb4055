{{ config(schema='internal') }}

-- One row per segment: the yearly default rate that valuations use. The segment's own at the last
-- mature observation date where enough customers were exposed, else the book's.
-- A performance window longer than a year is brought to a year; a shorter one has no yearly rate.
with

segment_risk as (
    select * from {{ ref('int_segment_risk') }}
),

settings as (
    select
        max(case setting when 'minimum_rate_exposure_count' then value end)
            as minimum_exposure_count
    from {{ ref('product_settings') }}
),

last_mature as (
    select max(observation_date) as observation_date
    from segment_risk
    where scored_count > 0
),

segment_ids as (
    select distinct segment_id
    from segment_risk
),

segment_counts as (
    select
        segment_risk.segment_id,
        segment_risk.scored_count as exposed_count,
        segment_risk.default_count as defaulted_count,
        segment_risk.scored_months_at_risk as months_at_risk
    from segment_risk
    inner join last_mature
        on segment_risk.observation_date = last_mature.observation_date
    where segment_risk.scored_count > 0
),

book_counts as (
    select
        cast(sum(exposed_count) as bigint) as exposed_count,
        cast(sum(defaulted_count) as bigint) as defaulted_count,
        sum(months_at_risk) as months_at_risk
    from segment_counts
),

rated as (
    select
        segment_ids.segment_id,
        last_mature.observation_date,
        coalesce(segment_counts.exposed_count >= settings.minimum_exposure_count, false)
            as is_own,
        {% for column in ['exposed_count', 'defaulted_count', 'months_at_risk'] -%}
            case
                when segment_counts.exposed_count >= settings.minimum_exposure_count
                    then segment_counts.{{ column }}
                else book_counts.{{ column }}
            end as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from segment_ids
    cross join last_mature
    cross join settings
    cross join book_counts
    left join segment_counts
        on segment_ids.segment_id = segment_counts.segment_id
),

final as (
    select
        segment_id,
        observation_date,
        exposed_count,
        defaulted_count,
        {{ yearly_default_rate(
            ratio('defaulted_count', 'exposed_count'), 'exposed_count', 'months_at_risk'
        ) }} as annual_default_rate,
        case
            when {{ source_setting('performance_months') }} >= 12 and exposed_count > 0
                then case when is_own then 'segment' else 'book' end
        end as default_rate_basis
    from rated
)

select * from final
