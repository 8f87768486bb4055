-- No raw table has more of its rows refused than the var `maximum_rejected_share` allows. A
-- breach means that a file changed its shape or was damaged: segments would describe the part of
-- the book that happened to be readable. The build stops with the table, its commonest reason and
-- what to do.
{{ config(group='governance') }}

with

summary as (
    select * from {{ ref('data_quality_summary') }}
),

accounting as (
    select * from {{ ref('row_accounting') }}
),

commonest as (
    select *
    from summary
    where row_status = 'rejected'
    qualify row_number() over (
        partition by entity
        order by row_count desc, reason asc, column_name asc
    ) = 1
),

over_limit as (
    select
        accounting.entity,
        accounting.rejected_row_count,
        accounting.raw_row_count,
        accounting.rejected_share,
        commonest.reason,
        commonest.column_name,
        commonest.row_count
    from accounting
    inner join commonest
        on accounting.entity = commonest.entity
    where accounting.rejected_share > {{ var('maximum_rejected_share') }}
)

select * from over_limit
where {{ raise_error(
    "'Raw table ''' || entity || ''': ' || cast(rejected_row_count as varchar) || ' of '"
    ~ " || cast(raw_row_count as varchar) || ' rows were rejected ('"
    ~ " || cast(round(100 * rejected_share, 1) as varchar) || '%), most of them ('"
    ~ " || cast(row_count as varchar) || ') for ''' || reason || ''' in column '''"
    ~ " || coalesce(column_name, 'unknown') || '''. At most "
    ~ (100 * var('maximum_rejected_share')) ~ "% may be: correct the file (governance.rejected_rows has'"
    ~ " || ' each row and reason), or raise the var maximum_rejected_share.'"
) }}
