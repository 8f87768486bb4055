-- Product: which gaps earn most after expected losses, and would they still at the lower end of
-- their take-up?
select
    opportunities.segment_id,
    overview.segment_name,
    opportunities.product_type,
    opportunities.opportunity_rank,
    opportunities.whitespace_count,
    opportunities.expected_take_up_rate,
    opportunities.expected_net_margin_amount,
    opportunities.expected_net_margin_amount_lower,
    opportunities.expected_net_margin_amount_lower > 0 as is_worth_it_at_the_lower_end
from {{ ref('product_opportunities') }} as opportunities
left join {{ ref('segment_overview') }} as overview
    on opportunities.segment_id = overview.segment_id
where opportunities.opportunity_rank is not null
order by opportunities.opportunity_rank, opportunities.segment_id, opportunities.product_type
