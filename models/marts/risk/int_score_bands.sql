-- One row per monitored characteristic, observation date and band, nothing hidden: how many customers
-- fall in the band, then and at the first date, and what became of them.
{{ config(schema='internal') }}

with

monitored_values as (
    select * from {{ ref('int_monitored_values') }}
),

-- Stability needs no outcome: it starts at the first date on which anyone has a value.
baselines as (
    select
        characteristic,
        min(observation_date) as stability_baseline_date
    from monitored_values
    where band_number <> 0
    group by characteristic
),

counted as (
    select
        characteristic,
        observation_date,
        band_number,
        band,
        count(*) as customers_count,
        count(*) filter (where not is_default) as good_count,
        count(*) filter (where is_default) as default_count
    from monitored_values
    group by characteristic, observation_date, band_number, band
),

-- A band that is empty at one of the two dates still belongs to the comparison.
all_bands as (
    select distinct
        characteristic,
        band_number,
        band
    from counted
),

dates as (
    select distinct
        characteristic,
        observation_date
    from counted
),

final as (
    select
        dates.characteristic,
        dates.observation_date,
        baselines.stability_baseline_date,
        all_bands.band_number,
        all_bands.band,
        coalesce(counted.customers_count, 0) as customers_count,
        coalesce(baseline_counted.customers_count, 0) as baseline_customers_count,
        coalesce(counted.good_count, 0) as good_count,
        coalesce(counted.default_count, 0) as default_count
    from dates
    inner join baselines
        on dates.characteristic = baselines.characteristic
    inner join all_bands
        on dates.characteristic = all_bands.characteristic
    left join counted
        on
            dates.characteristic = counted.characteristic
            and dates.observation_date = counted.observation_date
            and all_bands.band_number = counted.band_number
    left join counted as baseline_counted
        on
            dates.characteristic = baseline_counted.characteristic
            and baselines.stability_baseline_date = baseline_counted.observation_date
            and all_bands.band_number = baseline_counted.band_number
)

select * from final
