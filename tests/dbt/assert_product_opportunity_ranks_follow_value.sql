-- Ranks count from 1 without gaps, follow the lower bound of the expected net margin, and the amount
-- lies within its interval. A row names an opportunity that readers would find in the wrong place.
with

opportunities as (
    select * from {{ ref('product_opportunities') }}
    where opportunity_rank is not null
),

ranked as (
    select
        *,
        row_number() over (order by opportunity_rank) as expected_rank,
        lag(expected_net_margin_amount_lower) over (order by opportunity_rank) as better_amount
    from opportunities
)

select
    segment_id,
    product_type,
    opportunity_rank,
    expected_rank,
    expected_net_margin_amount,
    expected_net_margin_amount_lower,
    better_amount
from ranked
where
    opportunity_rank != expected_rank
    or expected_net_margin_amount_lower > better_amount
    or expected_net_margin_amount not between expected_net_margin_amount_lower
    and expected_net_margin_amount_upper
    or evidence != 'sufficient'
