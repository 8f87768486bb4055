-- Every raw row of an account, typed, with the rule it breaks if any.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

{%- set dates = ['opened_on', 'closed_on', 'loaded_at'] %}

with

raw as (
    select * from {{ source('sample', 'accounts') }}
),

customers as (
    select customer_id from {{ ref('stg_sample__customers') }}
),

product_types as (
    select product_type from {{ ref('product_types') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.account_id), '') as account_id,
        nullif(trim(raw.customer_id), '') as customer_id,
        {{ code('raw.product_type') }} as product_type,
        try_cast(raw.opened_on as date) as opened_on,
        try_cast(raw.closed_on as date) as closed_on,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when account_id is null then 'missing key: account_id'
            when typed.customer_id is null then 'missing key: customer_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when opened_on is null then 'missing date: opened_on'
            when typed.product_type is null then 'missing code: product_type'
            when product_types.product_type is null then 'unknown code: product_type'
            when customers.customer_id is null then 'orphan: customer_id'
        end as broken_rule
    from typed
    left join customers
        on typed.customer_id = customers.customer_id
    left join product_types
        on typed.product_type = product_types.product_type
),

final as (
    select
        account_id as row_key,
        account_id,
        customer_id,
        product_type,
        opened_on,
        closed_on,
        loaded_at,
        {{ rejection_reason(['account_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from checked
)

select * from final
