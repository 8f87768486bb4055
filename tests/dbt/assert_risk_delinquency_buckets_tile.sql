-- The delinquency buckets cover every number of days past due from 0 exactly once, and the three that
-- segment_risk names in its columns are there with the days that their names say. A breach would drop
-- accounts from the roll rates, count them twice, or fill a column with other days than its name's.
with

buckets as (
    select
        *,
        lead(lower_dpd) over (order by bucket_number) as next_lower_dpd,
        row_number() over (order by bucket_number) as place
    from {{ ref('risk_delinquency_buckets') }}
),

named as (
    select
        '30-59' as delinquency_bucket,
        30 as lower_dpd,
        59 as upper_dpd
    union all
    select
        '60-89' as delinquency_bucket,
        60 as lower_dpd,
        89 as upper_dpd
    union all
    select
        '90+' as delinquency_bucket,
        90 as lower_dpd,
        null as upper_dpd
),

missing as (
    select named.*
    from named
    left join buckets
        on
            named.delinquency_bucket = buckets.delinquency_bucket
            and named.lower_dpd = buckets.lower_dpd
            and named.upper_dpd is not distinct from buckets.upper_dpd
    where buckets.delinquency_bucket is null
)

select
    delinquency_bucket,
    lower_dpd,
    upper_dpd
from missing
union all
select
    delinquency_bucket,
    lower_dpd,
    upper_dpd
from buckets
where
    (place = 1 and lower_dpd <> 0)
    or upper_dpd + 1 is distinct from next_lower_dpd
