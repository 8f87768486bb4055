-- Every raw row of a campaign, typed, with the rule it breaks if any.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

{%- set dates = ['started_on', 'ended_on', 'loaded_at'] %}

with

raw as (
    select * from {{ source('sample', 'campaigns') }}
),

product_types as (
    select product_type from {{ ref('product_types') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.campaign_id), '') as campaign_id,
        nullif(trim(raw.name), '') as campaign_name,
        {{ code('raw.product_type') }} as product_type,
        {{ code('raw.channel') }} as channel,
        try_cast(raw.started_on as date) as started_on,
        try_cast(raw.ended_on as date) as ended_on,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        typed.*,
        case
            when campaign_id is null then 'missing key: campaign_id'
            {% for column in dates -%}
                when {{ is_unreadable('raw_record.' ~ column, column) }}
                    then 'unreadable date: {{ column }}'
            {% endfor -%}
            when started_on is null then 'missing date: started_on'
            when ended_on is null then 'missing date: ended_on'
            when typed.product_type is not null and product_types.product_type is null
                then 'unknown code: product_type'
            when typed.channel not in ('email', 'sms', 'phone', 'post')
                then 'unknown code: channel'
        end as broken_rule
    from typed
    left join product_types
        on typed.product_type = product_types.product_type
),

final as (
    select
        campaign_id as row_key,
        campaign_id,
        campaign_name,
        product_type,
        channel,
        started_on,
        ended_on,
        loaded_at,
        {{ rejection_reason(['campaign_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from checked
)

select * from final
