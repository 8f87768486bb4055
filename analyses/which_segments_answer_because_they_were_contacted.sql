-- Marketing: where does contacting change anything? Segments whose interval of incremental
-- response lies above zero, best return first; the rest with the reason why not.
select
    segment_id,
    treated_count,
    control_count,
    response_rate_treated,
    response_rate_control,
    incremental_response_rate,
    incremental_response_rate_lower,
    incremental_response_rate_upper,
    roi_ratio,
    case
        when incremental_response_rate_lower > 0 then 'contacting adds responses'
        when incremental_response_rate is null then coalesce(evidence, 'hidden')
        else 'no effect can be told from none'
    end as finding
from {{ ref('segment_marketing') }}
order by incremental_response_rate_lower desc nulls last, segment_id asc
