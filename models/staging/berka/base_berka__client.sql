-- Every raw row, typed, with the rule that it breaks if any.
-- birth_number is yymmdd of the twentieth century; a woman's month has 50 added.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'client') }}
),

districts as (
    select district_id from {{ ref('base_berka__district') }}
    where rejection_reason is null
),

numbered as (
    select
        nullif(trim(raw.client_id), '') as client_id,
        nullif(trim(raw.district_id), '') as district_id,
        trim(raw.birth_number) as birth_number,
        try_cast(substr(trim(raw.birth_number), 3, 2) as integer) as coded_month,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

typed as (
    select
        *,
        case
            when coded_month between 51 and 62 then 'female'
            when coded_month between 1 and 12 then 'male'
        end as sex,
        case
            when length(birth_number) = 6 then try_cast(
                '19' || substr(birth_number, 1, 2)
                || '-' || lpad(cast(coded_month % 50 as varchar), 2, '0')
                || '-' || substr(birth_number, 5, 2) as date
            )
        end as birth_on
    from numbered
),

checked as (
    select
        typed.*,
        case
            when typed.client_id is null then 'missing key: client_id'
            when typed.birth_on is null or typed.sex is null
                then 'unreadable date: birth_number'
            -- Nobody in the file can be born after its last day.
            when typed.birth_on > cast('1998-12-31' as date)
                then 'impossible age: birth_number'
            when districts.district_id is null then 'orphan: district_id'
        end as broken_rule
    from typed
    left join districts
        on typed.district_id = districts.district_id
),

final as (
    select
        client_id as row_key,
        client_id,
        birth_on,
        sex,
        district_id,
        {{ rejection_reason(['client_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
