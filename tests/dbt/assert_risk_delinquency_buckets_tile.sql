-- The delinquency buckets cover every number of days past due from 0 exactly once. A breach would
-- drop accounts from the roll rates, or count them twice.
with

buckets as (
    select
        *,
        lead(lower_dpd) over (order by bucket_number) as next_lower_dpd,
        row_number() over (order by bucket_number) as place
    from {{ ref('risk_delinquency_buckets') }}
)

select * from buckets
where
    (place = 1 and lower_dpd <> 0)
    or upper_dpd + 1 is distinct from next_lower_dpd
