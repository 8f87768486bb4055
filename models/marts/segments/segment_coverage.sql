-- One row per observation date and fate of the customers' raw rows: segmented, excluded for a
-- reason, or rejected by staging for a reason.
with

population as (
    select * from {{ ref('segment_population') }}
),

segments as (
    select * from {{ ref('segments') }}
),

rejected_customers as (
    select
        reason || coalesce(': ' || column_name, '') as reason,
        sum(row_count) as customers_count
    from {{ ref('data_quality_summary') }}
    where
        entity = '{{ raw_table_of("customers") }}'
        and row_status = 'rejected'
    group by reason, column_name
),

observation_dates as (
    select observation_date from {{ ref('observation_dates') }}
),

placed as (
    select
        population.observation_date,
        case
            when segments.customer_id is not null then 'segmented'
            when population.is_eligible then 'not segmented'
            else 'excluded'
        end as coverage_status,
        population.exclusion_reason as reason
    from population
    left join segments
        on
            population.customer_id = segments.customer_id
            and population.observation_date = segments.observation_date
),

on_file as (
    select
        observation_date,
        coverage_status,
        reason,
        count(*) as customers_count
    from placed
    group by observation_date, coverage_status, reason
),

rejected as (
    select
        observation_dates.observation_date,
        'rejected' as coverage_status,
        rejected_customers.reason,
        rejected_customers.customers_count
    from observation_dates
    cross join rejected_customers
),

counted as (
    select * from on_file
    union all
    select * from rejected
),

final as (
    select
        observation_date,
        coverage_status,
        reason,
        cast(customers_count as bigint) as customers_count,
        cast(sum(case when coverage_status <> 'rejected' then customers_count else 0 end) over (
            partition by observation_date
        ) as bigint) as customers_on_file_count,
        cast(sum(customers_count) over (partition by observation_date) as bigint)
            as raw_customers_count,
        {{ ratio('customers_count', 'sum(customers_count) over (partition by observation_date)') }}
            as raw_customers_share
    from counted
)

select * from final
