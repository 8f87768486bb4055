-- One row per customer: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

customers as (
    select * from {{ ref('base_sample__customers') }}
    where rejection_reason is null
),

final as (
    select
        customer_id,
        birth_on,
        sex,
        marital_status,
        dependants_count,
        employment_status,
        gross_annual_income_amount,
        home_ownership,
        region,
        acquisition_channel,
        customer_since_on,
        has_email_consent,
        has_sms_consent,
        has_phone_consent,
        has_post_consent
    from customers
)

select * from final
