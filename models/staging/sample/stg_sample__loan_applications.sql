-- One row per application: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

loan_applications as (
    select * from {{ ref('base_sample__loan_applications') }}
    where rejection_reason is null
),

final as (
    select
        application_id,
        customer_id,
        product_type,
        purpose,
        requested_amount,
        applied_on,
        decision,
        is_override,
        decline_reason
    from loan_applications
)

select * from final
