-- Every customer segmented at the latest observation date has exactly one next best action, one
-- lifetime value and one row of contact pressure. A row names a customer whom a mart lost or added.
with

segments as (
    select segments.customer_id
    from {{ ref('segments') }} as segments
    inner join {{ ref('observation_dates') }} as observation_dates
        on segments.observation_date = observation_dates.observation_date
    where observation_dates.is_latest
),

latest_pressure as (
    select contact_pressure.customer_id
    from {{ ref('contact_pressure') }} as contact_pressure
    inner join {{ ref('observation_dates') }} as observation_dates
        on contact_pressure.observation_date = observation_dates.observation_date
    where observation_dates.is_latest
),

found as (
    select
        'next_best_actions' as mart,
        customer_id
    from {{ ref('next_best_actions') }}
    union all
    select
        'customer_lifetime_value' as mart,
        customer_id
    from {{ ref('customer_lifetime_value') }}
    union all
    select
        'contact_pressure' as mart,
        customer_id
    from latest_pressure
),

marts as (
    select 'next_best_actions' as mart
    union all
    select 'customer_lifetime_value' as mart
    union all
    select 'contact_pressure' as mart
),

expected as (
    select
        marts.mart,
        segments.customer_id
    from segments
    cross join marts
),

counts as (
    select
        coalesce(expected.mart, found.mart) as mart,
        coalesce(expected.customer_id, found.customer_id) as customer_id,
        expected.customer_id is not null as is_expected,
        count(found.customer_id) as rows_found
    from expected
    full outer join found
        on
            expected.mart = found.mart
            and expected.customer_id = found.customer_id
    group by 1, 2, 3
)

select *
from counts
where not is_expected or rows_found != 1
