-- Every raw row, typed, with the rule that it breaks if any.
-- issued carries a time that is always midnight.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'card') }}
),

dispositions as (
    select disp_id from {{ ref('base_berka__disp') }}
    where rejection_reason is null
),

typed as (
    select
        nullif(trim(raw.card_id), '') as card_id,
        nullif(trim(raw.disp_id), '') as disp_id,
        {{ code('raw.type') }} as type,
        case
            when length(trim(raw.issued)) = 15 then cast(try_cast(
                '19' || substr(trim(raw.issued), 1, 2) || '-' || substr(trim(raw.issued), 3, 2)
                || '-' || substr(trim(raw.issued), 5) as timestamp
            ) as date)
        end as issued_on,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        typed.*,
        case
            when typed.card_id is null then 'missing key: card_id'
            when typed.issued_on is null then 'unreadable date: issued'
            when typed.type is null or typed.type not in ('junior', 'classic', 'gold')
                then 'unknown code: type'
            when dispositions.disp_id is null then 'orphan: disp_id'
        end as broken_rule
    from typed
    left join dispositions
        on typed.disp_id = dispositions.disp_id
),

final as (
    select
        card_id as row_key,
        card_id,
        disp_id,
        type,
        issued_on,
        {{ rejection_reason(['card_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
