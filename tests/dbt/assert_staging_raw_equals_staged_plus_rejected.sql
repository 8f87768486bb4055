-- Every raw row is either staged or rejected with a reason. A breach means that a staging model
-- drops or multiplies rows: totals downstream can't be traced to the files.
{{ config(group='governance') }}

with

accounting as (
    select * from {{ ref('row_accounting') }}
),

rejected as (
    select
        entity,
        count(*) as rejected_row_count,
        count(*) filter (where reason is null or raw_row is null) as unexplained_row_count
    from {{ ref('rejected_rows') }}
    group by entity
),

final as (
    select
        accounting.entity,
        accounting.raw_row_count,
        accounting.staged_row_count,
        accounting.rejected_row_count,
        coalesce(rejected.rejected_row_count, 0) as rows_in_rejected_rows,
        coalesce(rejected.unexplained_row_count, 0) as rejected_without_reason_or_raw_row
    from accounting
    left join rejected
        on accounting.entity = rejected.entity
)

select * from final
where
    raw_row_count <> staged_row_count + rejected_row_count
    or rejected_row_count <> rows_in_rejected_rows
    or rejected_without_reason_or_raw_row > 0
