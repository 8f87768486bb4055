-- Where a product's own ratio is used, the PD of its accounts foretells the defaults that its date had,
-- and the realised defaults of the segments are the ones counted for the ratio. A breach would mean that
-- expected loss applies a PD to a product that its accounts don't bear out.
with

ratios as (
    select * from {{ ref('int_product_default_ratios') }}
    where product_ratio_basis = 'product'
),

losses as (
    select
        observation_date,
        product_type,
        sum(realised_default_count) as realised_default_count,
        sum(pd * realised_accounts_count) as foretold_default_count,
        max(pd) as highest_pd
    from {{ ref('int_segment_expected_loss') }}
    where
        segment_id <> 'book'
        and pd_observation_date = observation_date
    group by observation_date, product_type
)

select
    ratios.pd_observation_date,
    ratios.product_type,
    ratios.observed_default_count,
    losses.realised_default_count,
    losses.foretold_default_count
from ratios
inner join losses
    on
        ratios.pd_observation_date = losses.observation_date
        and ratios.product_type = losses.product_type
where
    ratios.observed_default_count <> losses.realised_default_count
    -- A PD held at one foretells fewer.
    or (
        losses.highest_pd < 1
        and abs(losses.foretold_default_count - ratios.observed_default_count) > 0.001
    )
