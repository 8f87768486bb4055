{{ config(schema='internal') }}

-- One row per segmented customer at the latest observation date: whether any offer may be made, and
-- else the first reason why not. Rules of the lender come before any calculation of value.
with

features as (
    select
        customer_id,
        observation_date,
        current_dpd
    from {{ ref('customer_features') }}
),

contactable as (
    select * from {{ ref('int_contactable_customers') }}
),

pressure as (
    select * from {{ ref('contact_pressure') }}
),

contacts as (
    select * from {{ ref('campaign_contacts') }}
    where is_control
),

campaigns as (
    select * from {{ ref('campaigns') }}
),

settings as (
    select max(case setting when 'maximum_dpd_for_offers' then value end) as maximum_dpd
    from {{ ref('marketing_settings') }}
),

consents as (
    select
        contactable.customer_id,
        contactable.observation_date,
        contactable.segment_id,
        count(contactable.has_consent) > 0 as is_consent_known,
        count(*) filter (where contactable.has_consent) > 0 as has_any_consent,
        count(*) filter (
            where contactable.has_consent
            and not pressure.is_cap_reached
            and not case contactable.channel
                when 'email' then pressure.is_email_cap_reached
                when 'sms' then pressure.is_sms_cap_reached
                when 'phone' then pressure.is_phone_cap_reached
                when 'post' then pressure.is_post_cap_reached
            end
        ) > 0 as has_open_channel
    from contactable
    inner join pressure
        on
            contactable.customer_id = pressure.customer_id
            and contactable.observation_date = pressure.observation_date
    group by contactable.customer_id, contactable.observation_date, contactable.segment_id
),

running_controls as (
    select distinct
        contacts.customer_id,
        consents.observation_date
    from contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id
    inner join consents
        on
            contacts.customer_id = consents.customer_id
            and consents.observation_date >= campaigns.started_on
            and consents.observation_date <= campaigns.ended_on
),

final as (
    select
        consents.customer_id,
        consents.observation_date,
        consents.segment_id,
        case
            when features.current_dpd > settings.maximum_dpd then 'in arrears'
            when not consents.is_consent_known then 'consent unknown'
            when not consents.has_any_consent then 'no consent'
            when running_controls.customer_id is not null then 'control of a running campaign'
            when not consents.has_open_channel then 'contact cap reached'
        end as exclusion_reason
    from consents
    cross join settings
    inner join features
        on
            consents.customer_id = features.customer_id
            and consents.observation_date = features.observation_date
    left join running_controls
        on
            consents.customer_id = running_controls.customer_id
            and consents.observation_date = running_controls.observation_date
)

select * from final
