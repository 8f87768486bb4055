{{ config(schema='internal') }}

-- One row per segmented customer at the latest observation date and marketing channel: whether the
-- customer consents to it. Null where the source does not record consent.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_latest
),

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

customers as (
    select
        customer_id,
        has_email_consent,
        has_sms_consent,
        has_phone_consent,
        has_post_consent
    from {{ ref('customers') }}
),

channels as (
    select channel from {{ ref('marketing_contact_caps') }}
),

final as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        channels.channel,
        case channels.channel
            when 'email' then customers.has_email_consent
            when 'sms' then customers.has_sms_consent
            when 'phone' then customers.has_phone_consent
            when 'post' then customers.has_post_consent
        end as has_consent
    from segments
    inner join observation_dates
        on segments.observation_date = observation_dates.observation_date
    inner join customers
        on segments.customer_id = customers.customer_id
    cross join channels
)

select * from final
