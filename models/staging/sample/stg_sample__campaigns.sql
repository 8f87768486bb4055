-- One row per campaign: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

campaigns as (
    select * from {{ ref('base_sample__campaigns') }}
    where rejection_reason is null
),

final as (
    select
        campaign_id,
        campaign_name,
        product_type,
        channel,
        started_on,
        ended_on
    from campaigns
)

select * from final
