-- Customers in = customers segmented + customers excluded with a reason, at every observation
-- date, and raw rows = those + rejected rows. A breach means that customers vanish or count twice
-- between the file and the segments. Where customers are made of other rows (see the macro
-- raw_table_of), no raw row stands for one, and only the first holds.
{%- set raw_table = raw_table_of('customers') %}

with

coverage as (
    select * from {{ ref('segment_coverage') }}
),

by_date as (
    select
        observation_date,
        sum(customers_count) filter (where coverage_status = 'segmented') as segmented_count,
        sum(customers_count) filter (where coverage_status = 'excluded' and reason is not null)
            as excluded_count,
        sum(customers_count) filter (where coverage_status = 'rejected') as rejected_count,
        max(raw_customers_count) as raw_customers_count
    from coverage
    group by observation_date
),

on_file as (
    select count(*) as customers_count
    from {{ ref('customers') }}
),

accounting as (
    select raw_row_count
    from {{ ref('row_accounting') }}
    where entity = '{{ raw_table }}'
),

final as (
    select
        by_date.*,
        on_file.customers_count as customers_on_file_count,
        accounting.raw_row_count
    from by_date
    cross join on_file
    left join accounting
        on true
)

select * from final
where
    coalesce(segmented_count, 0) + coalesce(excluded_count, 0) <> customers_on_file_count
    {%- if raw_table %}
    or customers_on_file_count + coalesce(rejected_count, 0) <> raw_row_count
    or raw_row_count is null
    {%- endif %}
