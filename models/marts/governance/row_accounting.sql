-- One row per raw table: what was delivered and what became of it.
with

accounting as (
    select * from {{ ref('stg_' ~ var('source') ~ '__row_accounting') }}
),

final as (
    select
        source,
        entity,
        raw_row_count,
        staged_row_count,
        rejected_row_count,
        {{ ratio('rejected_row_count', 'raw_row_count') }} as rejected_share
    from accounting
)

select * from final
