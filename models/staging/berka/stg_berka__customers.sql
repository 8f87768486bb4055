-- One row per client: owners of accounts and those who may only dispose of one.
-- District averages (wages, unemployment) are not the client's own: income stays null.
{{ config(enabled=var('source') == 'berka') }}

with

clients as (
    select * from {{ ref('base_berka__client') }}
    where rejection_reason is null
),

districts as (
    select * from {{ ref('base_berka__district') }}
    where rejection_reason is null
),

dispositions as (
    select * from {{ ref('base_berka__disp') }}
    where rejection_reason is null
),

accounts as (
    select * from {{ ref('base_berka__account') }}
    where rejection_reason is null
),

first_accounts as (
    select
        dispositions.client_id,
        min(accounts.opened_on) as customer_since_on
    from dispositions
    inner join accounts
        on dispositions.account_id = accounts.account_id
    group by dispositions.client_id
),

final as (
    select
        clients.client_id as customer_id,
        clients.birth_on,
        clients.sex,
        cast(null as varchar) as marital_status,
        cast(null as integer) as dependants_count,
        cast(null as varchar) as employment_status,
        cast(null as decimal(18, 2)) as gross_annual_income_amount,
        cast(null as varchar) as home_ownership,
        districts.region,
        cast(null as varchar) as acquisition_channel,
        first_accounts.customer_since_on,
        cast(null as boolean) as has_email_consent,
        cast(null as boolean) as has_sms_consent,
        cast(null as boolean) as has_phone_consent,
        cast(null as boolean) as has_post_consent
    from clients
    inner join districts
        on clients.district_id = districts.district_id
    left join first_accounts
        on clients.client_id = first_accounts.client_id
)

select * from final
