-- One row per monitored characteristic and observation date, nothing hidden: how far the population
-- has moved since the first date, and how well the characteristic ranks defaults.
{{ config(schema='internal') }}

with

bands as (
    select * from {{ ref('int_score_bands') }}
),

monitored_values as (
    select * from {{ ref('int_monitored_values') }}
),

characteristics as (
    select * from {{ ref('risk_monitored_characteristics') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

totals as (
    select
        bands.*,
        sum(customers_count) over (partition by characteristic, observation_date)
            as total_customers_count,
        sum(baseline_customers_count) over (partition by characteristic, observation_date)
            as total_baseline_customers_count,
        sum(good_count) over (partition by characteristic, observation_date) as total_good_count,
        sum(default_count) over (partition by characteristic, observation_date)
            as total_default_count
    from bands
),

-- The logarithm of an empty share isn't a number: an empty cell counts as half a customer.
shares as (
    select
        *,
        {{ ratio('greatest(customers_count, 0.5)', 'total_customers_count') }} as actual_share,
        {{ ratio('greatest(baseline_customers_count, 0.5)', 'total_baseline_customers_count') }}
            as baseline_share,
        {{ ratio('greatest(good_count, 0.5)', 'total_good_count') }} as good_share,
        {{ ratio('greatest(default_count, 0.5)', 'total_default_count') }} as default_share
    from totals
),

-- Cast to decimals, so that the order of the bands doesn't decide the last digit.
summed as (
    select
        characteristic,
        observation_date,
        stability_baseline_date,
        count(*) as bands_count,
        max(total_customers_count) as customers_count,
        max(total_baseline_customers_count) as baseline_customers_count,
        max(total_good_count) as good_count,
        max(total_default_count) as default_count,
        sum(customers_count) filter (where band_number = 0) as unknown_count,
        sum(
            cast((actual_share - baseline_share) * ln(actual_share / baseline_share) as decimal(18, 12))
        ) as stability_index,
        sum(
            cast((good_share - default_share) * ln(good_share / default_share) as decimal(18, 12))
        ) filter (where good_count + default_count > 0) as information_value
    from shares
    group by characteristic, observation_date, stability_baseline_date
),

-- From the riskiest value down. Who has no value can't be ranked.
ranks as (
    select
        characteristic,
        observation_date,
        risk_rank,
        max(ranking_baseline_date) as ranking_baseline_date,
        count(*) filter (where is_default) as default_count,
        count(*) filter (where not is_default) as good_count
    from monitored_values
    where
        is_default is not null
        and risk_rank is not null
    group by characteristic, observation_date, risk_rank
),

cumulated as (
    select
        *,
        sum(default_count) over (
            partition by characteristic, observation_date
            order by risk_rank desc
            rows between unbounded preceding and current row
        ) as riskier_default_count,
        sum(good_count) over (
            partition by characteristic, observation_date
            order by risk_rank desc
            rows between unbounded preceding and current row
        ) as riskier_good_count,
        sum(default_count) over (partition by characteristic, observation_date)
            as ranked_default_count,
        sum(good_count) over (partition by characteristic, observation_date) as ranked_good_count
    from ranks
),

ranked as (
    select
        characteristic,
        observation_date,
        max(ranking_baseline_date) as ranking_baseline_date,
        max(ranked_default_count) as ranked_default_count,
        max(ranked_good_count) as ranked_good_count,
        sum(cast(default_count as decimal(38, 0)) * (ranked_good_count - riskier_good_count))
            as concordant_pairs,
        sum(cast(default_count as decimal(38, 0)) * good_count) as tied_pairs,
        max(abs(
            {{ ratio('riskier_default_count', 'ranked_default_count') }}
            - {{ ratio('riskier_good_count', 'ranked_good_count') }}
        )) as kolmogorov_smirnov
    from cumulated
    group by characteristic, observation_date
),

measured as (
    select
        summed.*,
        ranked.ranking_baseline_date,
        ranked.ranked_default_count,
        ranked.ranked_good_count,
        {{ gini(
            'ranked.concordant_pairs', 'ranked.tied_pairs',
            'ranked.ranked_default_count', 'ranked.ranked_good_count'
        ) }} as gini,
        ranked.kolmogorov_smirnov
    from summed
    left join ranked
        on
            summed.characteristic = ranked.characteristic
            and summed.observation_date = ranked.observation_date
),

final as (
    select
        measured.characteristic,
        measured.observation_date,
        characteristics.characteristic_kind,
        measured.stability_baseline_date,
        measured.bands_count,
        cast(measured.baseline_customers_count as bigint) as baseline_customers_count,
        cast(measured.customers_count as bigint) as customers_count,
        cast(coalesce(measured.unknown_count, 0) as bigint) as unknown_count,
        characteristics.stability_index_name,
        cast(measured.stability_index as double) as stability_index,
        cast(
            case when measured.good_count + measured.default_count > 0 then measured.good_count end
            as bigint
        ) as good_count,
        cast(
            case when measured.good_count + measured.default_count > 0 then measured.default_count end
            as bigint
        ) as default_count,
        case
            when measured.good_count > 0 and measured.default_count > 0
                then cast(measured.information_value as double)
        end as information_value,
        measured.ranking_baseline_date,
        observation_dates.observation_date < ranking_dates.performance_ends_on
            as is_ranking_window_shared,
        cast(measured.ranked_good_count as bigint) as ranked_good_count,
        cast(measured.ranked_default_count as bigint) as ranked_default_count,
        measured.gini,
        {{ gini_lower('measured.gini', 'measured.ranked_default_count', 'measured.ranked_good_count') }}
            as gini_lower,
        {{ gini_upper('measured.gini', 'measured.ranked_default_count', 'measured.ranked_good_count') }}
            as gini_upper,
        measured.kolmogorov_smirnov
    from measured
    inner join characteristics
        on measured.characteristic = characteristics.characteristic
    inner join observation_dates
        on measured.observation_date = observation_dates.observation_date
    left join observation_dates as ranking_dates
        on measured.ranking_baseline_date = ranking_dates.observation_date
)

select * from final
