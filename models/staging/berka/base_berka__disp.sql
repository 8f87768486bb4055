-- Every raw row, typed, with the rule that it breaks if any.
-- An account has one owner: a second one is refused, the lower disp_id stays.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

with

raw as (
    select * from {{ source('berka', 'disp') }}
),

clients as (
    select client_id from {{ ref('base_berka__client') }}
    where rejection_reason is null
),

-- From the raw file: base_berka__account needs this model to know which accounts have an owner.
accounts as (
    select distinct trim(account_id) as account_id from {{ source('berka', 'account') }}
),

typed as (
    select
        nullif(trim(raw.disp_id), '') as disp_id,
        nullif(trim(raw.client_id), '') as client_id,
        nullif(trim(raw.account_id), '') as account_id,
        {{ code('raw.type') }} as type,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

single_rows as (
    select
        typed.*,
        case
            when typed.disp_id is null then 'missing key: disp_id'
            when typed.type is null or typed.type not in ('owner', 'disponent')
                then 'unknown code: type'
            when clients.client_id is null then 'orphan: client_id'
            when accounts.account_id is null then 'orphan: account_id'
        end as row_rule
    from typed
    left join clients
        on typed.client_id = clients.client_id
    left join accounts
        on typed.account_id = accounts.account_id
),

checked as (
    select
        *,
        coalesce(
            row_rule,
            case
                when type = 'owner' and dense_rank() over (
                    partition by account_id, type, row_rule is null
                    order by try_cast(disp_id as bigint), disp_id
                ) > 1 then 'second owner: account_id'
            end
        ) as broken_rule
    from single_rows
),

final as (
    select
        disp_id as row_key,
        disp_id,
        client_id,
        account_id,
        type,
        {{ rejection_reason(['disp_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
