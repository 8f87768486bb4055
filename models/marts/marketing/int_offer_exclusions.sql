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
        customer_id,
        observation_date,
        segment_id,
        count(has_consent) > 0 as is_consent_known,
        count(*) filter (where has_consent) > 0 as has_any_consent,
        count(*) filter (where is_open) > 0 as has_open_channel
    from contactable
    group by customer_id, observation_date, segment_id
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
