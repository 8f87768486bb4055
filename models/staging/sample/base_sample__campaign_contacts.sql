-- Every raw row of a contact, typed, with the rule it breaks if any.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

{%- set dates = ['contacted_at', 'responded_at', 'loaded_at'] %}
{%- set numbers = ['cost_amount', 'margin_amount'] %}

with

raw as (
    select * from {{ source('sample', 'campaign_contacts') }}
),

campaigns as (
    select campaign_id from {{ ref('stg_sample__campaigns') }}
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
        nullif(trim(raw.contact_id), '') as contact_id,
        nullif(trim(raw.campaign_id), '') as campaign_id,
        nullif(trim(raw.customer_id), '') as customer_id,
        {{ code('raw.channel') }} as channel,
        try_cast(raw.contacted_at as timestamp) as contacted_at,
        case {{ code('raw.is_control') }} when 'y' then true when 'n' then false end
            as is_control,
        try_cast(raw.responded_at as timestamp) as responded_at,
        {{ code('raw.product_type') }} as product_type,
        try_cast(raw.cost_amount as decimal(18, 2)) as cost_amount,
        try_cast(raw.margin_amount as decimal(18, 2)) as margin_amount,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when contact_id is null then 'missing key: contact_id'
            when typed.campaign_id is null then 'missing key: campaign_id'
            when typed.customer_id is null then 'missing key: customer_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when contacted_at is null then 'missing date: contacted_at'
            {% for column in numbers -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable number: {{ column }}'
            {% endfor -%}
            when cost_amount < 0 then 'negative number: cost_amount'
            when {{ is_unreadable('raw_record.is_control', 'is_control') }}
                then 'unknown code: is_control'
            when is_control is null then 'missing code: is_control'
            when typed.product_type is not null and product_types.product_type is null
                then 'unknown code: product_type'
            when typed.channel not in ('email', 'sms', 'phone', 'post')
                then 'unknown code: channel'
            when campaigns.campaign_id is null then 'orphan: campaign_id'
            when customers.customer_id is null then 'orphan: customer_id'
        end as broken_rule
    from typed
    left join campaigns
        on typed.campaign_id = campaigns.campaign_id
    left join customers
        on typed.customer_id = customers.customer_id
    left join product_types
        on typed.product_type = product_types.product_type
),

final as (
    select
        contact_id as row_key,
        contact_id,
        campaign_id,
        customer_id,
        channel,
        contacted_at,
        is_control,
        responded_at,
        product_type,
        cost_amount,
        margin_amount,
        loaded_at,
        {{ rejection_reason(['contact_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from checked
)

select * from final
