-- One row per observation date, segment and feature, nothing hidden: how the feature is spread
-- among the segment's customers. People read segment_profiles, which hides small cells. The
-- contract of customer_features is the list of features; a test holds the catalogue to it.
-- depends_on: {{ ref('customer_features') }}
{{ config(schema='internal') }}
{%- set features = numeric_features() %}

with

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

catalogue as (
    select * from {{ ref('feature_catalogue') }}
),

distributions as (
    {% for feature in features %}
    select
        segments.observation_date,
        segments.segment_id,
        '{{ feature }}' as feature,
        count(*) as customers_count,
        count(measured.{{ feature }}) as known_count,
        {{ quantile('cast(measured.' ~ feature ~ ' as double)', 0.25) }} as p25_value,
        {{ quantile('cast(measured.' ~ feature ~ ' as double)', 0.5) }} as median_value,
        {{ quantile('cast(measured.' ~ feature ~ ' as double)', 0.75) }} as p75_value
    from segments
    inner join {{ ref('customer_features') }} as measured
        on
            segments.customer_id = measured.customer_id
            and segments.observation_date = measured.observation_date
    group by segments.observation_date, segments.segment_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

book as (
    {% for feature in features %}
    select
        observation_date,
        '{{ feature }}' as feature,
        {{ quantile('cast(' ~ feature ~ ' as double)', 0.5) }} as book_median_value
    from {{ ref('customer_features') }}
    group by observation_date
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        distributions.segment_id,
        distributions.observation_date,
        distributions.feature,
        catalogue.family,
        catalogue.unit,
        catalogue.description,
        distributions.customers_count,
        distributions.known_count,
        {{ ratio('distributions.known_count', 'distributions.customers_count') }} as known_share,
        distributions.p25_value,
        distributions.median_value,
        distributions.p75_value,
        book.book_median_value
    from distributions
    inner join catalogue
        on distributions.feature = catalogue.feature
    inner join book
        on
            distributions.observation_date = book.observation_date
            and distributions.feature = book.feature
)

select * from final
