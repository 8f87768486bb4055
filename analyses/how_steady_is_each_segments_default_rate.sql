-- Risk: does a segment's default rate hold from date to date? The range over mature dates beside
-- the mean width of an interval: a range far wider than the interval is a change, not noise.
select
    segment_id,
    count(*) as mature_dates_count,
    min(default_rate) as lowest_default_rate,
    max(default_rate) as highest_default_rate,
    max(default_rate) - min(default_rate) as default_rate_range,
    max(default_rate_upper - default_rate_lower) as widest_interval
from {{ ref('segment_risk') }}
where is_mature and not is_suppressed
group by segment_id
order by default_rate_range desc, segment_id asc
