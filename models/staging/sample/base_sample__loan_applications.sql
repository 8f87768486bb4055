-- Every raw row of an application, typed, with the rule it breaks if any.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

{%- set dates = ['applied_on', 'loaded_at'] %}

with

raw as (
    select * from {{ source('sample', 'loan_applications') }}
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
        nullif(trim(raw.application_id), '') as application_id,
        nullif(trim(raw.customer_id), '') as customer_id,
        {{ code('raw.product_type') }} as product_type,
        {{ code('raw.purpose') }} as purpose,
        try_cast(raw.requested_amount as decimal(18, 2)) as requested_amount,
        try_cast(raw.applied_on as date) as applied_on,
        {{ code('raw.decision') }} as decision,
        case {{ code('raw.is_override') }} when 'y' then true when 'n' then false end
            as is_override,
        {{ code('raw.decline_reason') }} as decline_reason,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when application_id is null then 'missing key: application_id'
            when typed.customer_id is null then 'missing key: customer_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when applied_on is null then 'missing date: applied_on'
            when {{ is_unreadable('raw_record.requested_amount', 'requested_amount') }}
                then 'unreadable number: requested_amount'
            when requested_amount < 0 then 'negative number: requested_amount'
            when {{ is_unreadable('raw_record.is_override', 'is_override') }}
                then 'unknown code: is_override'
            when typed.product_type is null then 'missing code: product_type'
            when decision is null then 'missing code: decision'
            when product_types.product_type is null then 'unknown code: product_type'
            when typed.decision not in ('approved', 'declined')
                then 'unknown code: decision'
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
        application_id as row_key,
        application_id,
        customer_id,
        product_type,
        purpose,
        requested_amount,
        applied_on,
        decision,
        is_override,
        decline_reason,
        loaded_at,
        {{ rejection_reason(['application_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from checked
)

select * from final
