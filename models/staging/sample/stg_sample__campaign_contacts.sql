-- One row per contact: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

campaign_contacts as (
    select * from {{ ref('base_sample__campaign_contacts') }}
    where rejection_reason is null
),

final as (
    select
        contact_id,
        campaign_id,
        customer_id,
        channel,
        contacted_at,
        is_control,
        responded_at,
        product_type,
        cost_amount,
        margin_amount
    from campaign_contacts
)

select * from final
