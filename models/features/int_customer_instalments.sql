-- One row per eligible customer and observation date with instalments due in the window, as they
-- stood on that date: a payment made later counts as not yet made.
with

population as (
    select * from {{ ref('segment_population') }}
    where is_eligible
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

loans as (
    select * from {{ ref('loans') }}
),

instalments as (
    select * from {{ ref('instalments') }}
),

due as (
    select
        loans.customer_id,
        observation_dates.observation_date,
        observation_dates.last_month_end_on,
        instalments.due_on,
        instalments.due_amount,
        greatest(
            {{ days_between(
                'instalments.due_on',
                'least(coalesce(instalments.paid_on, observation_dates.observation_date),'
                ~ ' observation_dates.observation_date)'
            ) }},
            0
        ) as days_late
    from instalments
    inner join loans
        on instalments.loan_id = loans.loan_id
    inner join observation_dates
        on
            instalments.due_on > observation_dates.window_starts_after_on
            and instalments.due_on <= observation_dates.observation_date
),

final as (
    select
        due.customer_id,
        due.observation_date,
        count(*) as instalments_due_count,
        count(*) filter (where due.days_late > 0) as late_instalments_count,
        sum(due.days_late) as days_late_sum,
        sum(due.due_amount) filter (
            where due.due_on > last_day({{ add_months('due.last_month_end_on', -1) }})
            and due.due_on <= due.last_month_end_on
        ) as last_month_due_amount
    from due
    inner join population
        on
            due.customer_id = population.customer_id
            and due.observation_date = population.observation_date
    group by due.customer_id, due.observation_date
)

select * from final
