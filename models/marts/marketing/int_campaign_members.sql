{{ config(schema='internal') }}

-- One row per campaign and customer drawn for it: the unit that was randomised. Each carries the
-- segment at the latest observation date before the first contact, so that no contact is
-- attributed to a segment which the contact itself may have changed.
with

contacts as (
    select * from {{ ref('campaign_contacts') }}
),

campaigns as (
    select * from {{ ref('campaigns') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

segments as (
    select * from {{ ref('segments') }}
),

calendar as (
    select history_ends_on from {{ ref('source_calendar') }}
),

first_contacts as (
    select
        campaign_id,
        customer_id,
        channel,
        cast(contacted_at as date) as contacted_on
    from contacts
    qualify row_number() over (
        partition by campaign_id, customer_id
        order by contacted_at, contact_id
    ) = 1
),

-- A response counts from the contact to the last day of the campaign.
judged_contacts as (
    select
        contacts.*,
        coalesce(
            contacts.responded_at >= contacts.contacted_at
            and cast(contacts.responded_at as date) <= campaigns.ended_on,
            false
        ) as has_responded
    from contacts
    inner join campaigns
        on contacts.campaign_id = campaigns.campaign_id
),

members as (
    select
        campaign_id,
        customer_id,
        count(*) as contacts_count,
        count(*) filter (where is_control) as control_contacts_count,
        count(*) filter (where has_responded) > 0 as has_responded,
        coalesce(sum(margin_amount) filter (where has_responded), 0) as margin_amount,
        coalesce(sum(cost_amount), 0) as cost_amount
    from judged_contacts
    group by campaign_id, customer_id
),

dated as (
    select
        first_contacts.campaign_id,
        first_contacts.customer_id,
        max(observation_dates.observation_date) as observation_date
    from first_contacts
    inner join observation_dates
        on first_contacts.contacted_on > observation_dates.observation_date
    group by first_contacts.campaign_id, first_contacts.customer_id
),

final as (
    select
        members.campaign_id,
        members.customer_id,
        coalesce(campaigns.product_type, 'unknown') as product_type,
        coalesce(first_contacts.channel, 'unknown') as channel,
        first_contacts.contacted_on,
        members.contacts_count,
        members.control_contacts_count = members.contacts_count as is_control,
        members.has_responded,
        cast(members.margin_amount as decimal(18, 2)) as margin_amount,
        cast(members.cost_amount as decimal(18, 2)) as cost_amount,
        dated.observation_date,
        segments.segment_id,
        case
            when dated.observation_date is null then 'before the first observation date'
            when segments.segment_id is null then 'not segmented then'
            when members.control_contacts_count not in (0, members.contacts_count)
                then 'in both arms'
            when coalesce(campaigns.ended_on > calendar.history_ends_on, true)
                then 'response window open'
            else 'measured'
        end as measurement_status
    from members
    cross join calendar
    inner join campaigns
        on members.campaign_id = campaigns.campaign_id
    inner join first_contacts
        on
            members.campaign_id = first_contacts.campaign_id
            and members.customer_id = first_contacts.customer_id
    left join dated
        on
            members.campaign_id = dated.campaign_id
            and members.customer_id = dated.customer_id
    left join segments
        on
            dated.customer_id = segments.customer_id
            and dated.observation_date = segments.observation_date
)

select * from final
