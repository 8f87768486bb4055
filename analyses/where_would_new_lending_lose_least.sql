-- Risk: where is there room to lend more? Segments whose default rate is surely below the book's,
-- with the exposure that they have now and what the whole band of the indicative price would be.
select
    strategies.segment_id,
    strategies.segment_name,
    strategies.default_rate,
    strategies.default_rate_lower,
    strategies.default_rate_upper,
    strategies.book_default_rate,
    overview.exposure_amount,
    strategies.expected_loss_rate,
    strategies.price_band
from {{ ref('segment_strategies') }} as strategies
inner join {{ ref('segment_overview') }} as overview
    on strategies.segment_id = overview.segment_id
where strategies.default_rate_upper < strategies.book_default_rate
order by strategies.default_rate_upper, strategies.segment_id
