-- One row per segment and observation date: the probability of default that money is counted with.
-- A date whose outcomes aren't known yet borrows the segment's latest known rate, and a segment
-- that has none borrows the book's; the row says which.
{{ config(schema='internal') }}

with

segment_risk as (
    select * from {{ ref('int_segment_risk') }}
),

dates as (
    select
        segment_id,
        observation_date
    from segment_risk
),

known as (
    select
        segment_id,
        observation_date,
        scored_count,
        default_count,
        scored_months_at_risk
    from segment_risk
    where scored_count > 0
),

known_book as (
    select
        observation_date,
        sum(scored_count) as scored_count,
        sum(default_count) as default_count,
        sum(scored_months_at_risk) as scored_months_at_risk
    from known
    group by observation_date
),

own as (
    select
        dates.segment_id,
        dates.observation_date,
        known.observation_date as pd_observation_date,
        known.scored_count,
        known.default_count,
        known.scored_months_at_risk
    from dates
    inner join known
        on
            dates.segment_id = known.segment_id
            and known.observation_date <= dates.observation_date
    qualify row_number() over (
        partition by dates.segment_id, dates.observation_date
        order by known.observation_date desc
    ) = 1
),

book as (
    select
        dates.segment_id,
        dates.observation_date,
        known_book.observation_date as pd_observation_date,
        known_book.scored_count,
        known_book.default_count,
        known_book.scored_months_at_risk
    from dates
    inner join known_book
        on known_book.observation_date <= dates.observation_date
    qualify row_number() over (
        partition by dates.segment_id, dates.observation_date
        order by known_book.observation_date desc
    ) = 1
),

chosen as (
    select
        dates.segment_id,
        dates.observation_date,
        case
            when own.pd_observation_date = dates.observation_date then 'segment at this date'
            when own.pd_observation_date is not null then 'segment at its latest known date'
            when book.pd_observation_date is not null then 'book at its latest known date'
            else 'not available'
        end as pd_basis,
        coalesce(own.pd_observation_date, book.pd_observation_date) as pd_observation_date,
        coalesce(own.scored_count, book.scored_count) as pd_scored_count,
        coalesce(own.default_count, book.default_count) as pd_default_count,
        coalesce(own.scored_months_at_risk, book.scored_months_at_risk) as pd_months_at_risk,
        {{ source_setting('performance_months') }} as pd_months
    from dates
    left join own
        on
            dates.segment_id = own.segment_id
            and dates.observation_date = own.observation_date
    left join book
        on
            dates.segment_id = book.segment_id
            and dates.observation_date = book.observation_date
),

rated as (
    select
        *,
        {{ ratio('pd_months_at_risk', 'pd_scored_count') }} as pd_mean_months_at_risk,
        {{ ratio('pd_default_count', 'pd_scored_count') }} as pd,
        {{ wilson_lower('pd_default_count', 'pd_scored_count') }} as pd_lower,
        {{ wilson_upper('pd_default_count', 'pd_scored_count') }} as pd_upper
    from chosen
),

final as (
    select
        segment_id,
        observation_date,
        pd_basis,
        pd_observation_date,
        cast(pd_months as integer) as pd_months,
        cast(pd_default_count as bigint) as pd_default_count,
        cast(pd_scored_count as bigint) as pd_scored_count,
        pd,
        pd_lower,
        pd_upper,
        pd_mean_months_at_risk,
        {% for column in ['pd', 'pd_lower', 'pd_upper'] -%}
            {{ yearly_default_rate(column, 'pd_scored_count', 'pd_months_at_risk') }}
                as {{ column | replace('pd', 'pd_12m') }}{{ ',' if not loop.last }}
        {% endfor -%}
    from rated
)

select * from final
