-- Of taiwan's 30,000 card customers 6,636 defaulted: 22.12%, as its publishers say (Yeh and Lien 2009,
-- doi:10.1016/j.eswa.2007.12.020). A breach would mean that customers or outcomes were lost on the way.
{{ config(enabled=var('source') == 'taiwan') }}

select
    sum(scored_count) as scored_count,
    sum(default_count) as default_count
from {{ ref('int_segment_risk') }}
having
    sum(scored_count) <> 30000
    or sum(default_count) <> 6636
