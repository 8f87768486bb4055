-- One row per card customer.
{{ config(enabled=var('source') == 'taiwan') }}

with

credit_cards as (
    select * from {{ ref('base_taiwan__credit_cards') }}
    where rejection_reason is null
),

final as (
    select
        customer_id,
        -- Age is in whole years at the end of September: the middle of the possible year.
        make_date(2005 - age, 4, 1) as birth_on,
        case sex when 1 then 'male' when 2 then 'female' end as sex,
        case marriage when 1 then 'married' when 2 then 'single' when 3 then 'other' end
            as marital_status,
        cast(null as integer) as dependants_count,
        cast(null as varchar) as employment_status,
        cast(null as decimal(18, 2)) as gross_annual_income_amount,
        cast(null as varchar) as home_ownership,
        cast(null as varchar) as region,
        cast(null as varchar) as acquisition_channel,
        cast(null as date) as customer_since_on,
        cast(null as boolean) as has_email_consent,
        cast(null as boolean) as has_sms_consent,
        cast(null as boolean) as has_phone_consent,
        cast(null as boolean) as has_post_consent
    from credit_cards
)

select * from final
