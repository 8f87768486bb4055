-- One row per raw table and fate of its rows: accepted, or refused for one reason in one column.
with

accounting as (
    select * from {{ ref('row_accounting') }}
),

rejected_rows as (
    select * from {{ ref('rejected_rows') }}
),

accepted as (
    select
        source,
        entity,
        'accepted' as row_status,
        cast(null as varchar) as reason,
        cast(null as varchar) as column_name,
        staged_row_count as row_count
    from accounting
),

rejected as (
    select
        source,
        entity,
        'rejected' as row_status,
        reason,
        column_name,
        count(*) as row_count
    from rejected_rows
    group by source, entity, reason, column_name
),

counted as (
    select * from accepted
    union all
    select * from rejected
),

final as (
    select
        counted.source,
        counted.entity,
        counted.row_status,
        counted.reason,
        counted.column_name,
        counted.row_count,
        accounting.raw_row_count,
        {{ ratio('counted.row_count', 'accounting.raw_row_count') }} as row_share
    from counted
    inner join accounting
        on
            counted.source = accounting.source
            and counted.entity = accounting.entity
)

select * from final
