-- Each application after the first observation date counts in one segment and one period, or as
-- unsegmented. A breach would mean an approval rate over part of the applicants.
with

expected as (
    select
        count(*) as applications_count,
        count(*) filter (where applications.decision = 'approved') as approved_count
    from {{ ref('loan_applications') }} as applications
    where applications.applied_on > (
        select min(observation_date) from {{ ref('observation_dates') }}
    )
),

counted as (
    select
        coalesce(sum(applications_count), 0) as applications_count,
        coalesce(sum(approved_count), 0) as approved_count
    from {{ ref('int_segment_approvals') }}
)

select
    expected.applications_count as expected_applications_count,
    counted.applications_count,
    expected.approved_count as expected_approved_count,
    counted.approved_count
from expected
cross join counted
where
    expected.applications_count <> counted.applications_count
    or expected.approved_count <> counted.approved_count
