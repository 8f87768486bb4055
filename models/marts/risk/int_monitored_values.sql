-- One row per segmented customer, observation date and monitored characteristic: the band that the
-- value falls in and how risky it ranks.
{{ config(schema='internal') }}

{%- set measured_features = [
    'bureau_score', 'debt_to_income_ratio', 'utilisation_mean_ratio', 'max_dpd',
] %}

with

segments as (
    select * from {{ ref('segments') }}
),

features as (
    select * from {{ ref('customer_features') }}
),

outcomes as (
    select * from {{ ref('customer_outcomes') }}
),

segment_risk as (
    select * from {{ ref('int_segment_risk') }}
),

characteristics as (
    select * from {{ ref('risk_monitored_characteristics') }}
),

bands as (
    select * from {{ ref('risk_score_bands') }}
),

ranking_baseline as (
    select min(observation_date) as ranking_baseline_date
    from segment_risk
    where scored_count > 0
),

-- The ranking of segments is frozen at the first date with outcomes: ranking them anew at every date by
-- the outcome that they are then judged by would flatter them. One that is new since ranks with the
-- book.
baseline_ranks as (
    select
        segment_risk.segment_id,
        segment_risk.default_rate
    from segment_risk
    inner join ranking_baseline
        on segment_risk.observation_date = ranking_baseline.ranking_baseline_date
),

baseline_book as (
    select {{ ratio('sum(segment_risk.default_count)', 'sum(segment_risk.scored_count)') }}
        as default_rate
    from segment_risk
    inner join ranking_baseline
        on segment_risk.observation_date = ranking_baseline.ranking_baseline_date
),

judged as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        outcomes.is_default,
        {% for feature in measured_features -%}
            features.{{ feature }},
        {% endfor -%}
        coalesce(baseline_ranks.default_rate, baseline_book.default_rate) as segment_default_rate
    from segments
    left join outcomes
        on
            segments.customer_id = outcomes.customer_id
            and segments.observation_date = outcomes.observation_date
    left join features
        on
            segments.customer_id = features.customer_id
            and segments.observation_date = features.observation_date
    left join baseline_ranks
        on segments.segment_id = baseline_ranks.segment_id
    cross join baseline_book
),

-- What the source has for nobody has no rows, rather than one band called unknown.
measured as (
    {% for feature in measured_features -%}
        select
            judged.customer_id,
            judged.observation_date,
            judged.is_default,
            characteristics.characteristic,
            characteristics.is_higher_riskier,
            cast(judged.{{ feature }} as double) as value
        from judged
        inner join characteristics
            on characteristics.characteristic = '{{ feature }}'
        where exists (select 1 from features where features.{{ feature }} is not null)
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

banded as (
    select
        measured.customer_id,
        measured.observation_date,
        measured.characteristic,
        coalesce(bands.band_number, 0) as band_number,
        coalesce(bands.band, 'unknown') as band,
        case when measured.is_higher_riskier then measured.value else -measured.value end
            as risk_rank,
        measured.is_default
    from measured
    left join bands
        on
            measured.characteristic = bands.characteristic
            and measured.value is not null
            and (measured.value >= bands.lower_bound or bands.lower_bound is null)
            and (measured.value < bands.upper_bound or bands.upper_bound is null)
),

segment_numbers as (
    select
        segment_id,
        row_number() over (order by segment_id) as band_number
    from (select distinct segment_id from segments) as known_segments
),

final as (
    select
        customer_id,
        observation_date,
        characteristic,
        cast(band_number as integer) as band_number,
        band,
        risk_rank,
        -- A value ranks by itself.
        cast(null as date) as ranking_baseline_date,
        is_default
    from banded
    union all
    select
        judged.customer_id,
        judged.observation_date,
        characteristics.characteristic,
        cast(segment_numbers.band_number as integer) as band_number,
        judged.segment_id as band,
        judged.segment_default_rate as risk_rank,
        ranking_baseline.ranking_baseline_date,
        judged.is_default
    from judged
    cross join ranking_baseline
    inner join segment_numbers
        on judged.segment_id = segment_numbers.segment_id
    inner join characteristics
        on characteristics.characteristic = 'segment'
)

select * from final
