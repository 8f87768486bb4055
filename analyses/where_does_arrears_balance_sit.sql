-- Collections: which segments hold the balance that is 30 days past due or more, and is that more
-- than their share of the book?
with

risk as (
    select
        segment_risk.segment_id,
        segment_risk.exposure_amount,
        segment_risk.past_due_30_amount
    from {{ ref('segment_risk') }} as segment_risk
    inner join {{ ref('observation_dates') }} as observation_dates
        on
            segment_risk.observation_date = observation_dates.observation_date
            and observation_dates.is_latest
    where not segment_risk.is_suppressed
)

select
    segment_id,
    exposure_amount,
    past_due_30_amount,
    {{ ratio('exposure_amount', 'sum(exposure_amount) over ()') }} as exposure_share,
    {{ ratio('past_due_30_amount', 'sum(past_due_30_amount) over ()') }} as past_due_30_share
from risk
order by past_due_30_amount desc nulls last, segment_id asc
