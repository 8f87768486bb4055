-- One row per segmented customer and observation date: contacts received in the days before it,
-- against the caps of the contact policy. Controls were not contacted and count for nothing.
-- Where the source records no contact of anyone, counts and caps are null: zero would claim that
-- nobody was contacted.
with

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

contacts as (
    select * from {{ ref('campaign_contacts') }}
    where not is_control
),

caps as (
    select * from {{ ref('marketing_contact_caps') }}
),

records as (
    select count(*) > 0 as has_records
    from {{ ref('campaign_contacts') }}
),

settings as (
    select
        cast(max(case setting when 'contact_cap_window_days' then value end) as integer)
            as window_days,
        cast(max(case setting when 'contact_cap_count' then value end) as integer)
            as maximum_contacts_count
    from {{ ref('marketing_settings') }}
),

dated as (
    select
        segments.customer_id,
        segments.observation_date,
        contacts.channel,
        {{ days_between('cast(contacts.contacted_at as date)', 'segments.observation_date') }}
            as days_ago
    from segments
    inner join contacts
        on
            segments.customer_id = contacts.customer_id
            and cast(contacts.contacted_at as date) <= segments.observation_date
),

counted as (
    select
        dated.customer_id,
        dated.observation_date,
        min(dated.days_ago) as days_since_last_contact,
        count(*) filter (where dated.days_ago < settings.window_days) as contacts_count,
        {% for channel in marketing_channels() %}
        count(*) filter (
            where dated.channel = '{{ channel }}' and dated.days_ago < caps.window_days
        ) as {{ channel }}_contacts_count{{ ',' if not loop.last }}
        {% endfor %}
    from dated
    cross join settings
    left join caps
        on dated.channel = caps.channel
    group by dated.customer_id, dated.observation_date
),

channel_caps as (
    select
        {% for channel in marketing_channels() %}
        max(case channel when '{{ channel }}' then maximum_contacts_count end)
            as {{ channel }}_maximum_count{{ ',' if not loop.last }}
        {% endfor %}
    from caps
),

final as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        settings.window_days,
        cast(counted.days_since_last_contact as integer) as days_since_last_contact,
        case when records.has_records then cast(coalesce(counted.contacts_count, 0) as integer) end
            as contacts_count,
        settings.maximum_contacts_count,
        case
            when records.has_records
                then coalesce(counted.contacts_count, 0) >= settings.maximum_contacts_count
        end as is_cap_reached,
        {% for channel in marketing_channels() %}
        case
            when records.has_records
                then cast(coalesce(counted.{{ channel }}_contacts_count, 0) as integer)
        end as {{ channel }}_contacts_count,
        case
            when records.has_records
                then
                    coalesce(counted.{{ channel }}_contacts_count, 0)
                    >= channel_caps.{{ channel }}_maximum_count
        end as is_{{ channel }}_cap_reached{{ ',' if not loop.last }}
        {% endfor %}
    from segments
    cross join settings
    cross join channel_caps
    cross join records
    left join counted
        on
            segments.customer_id = counted.customer_id
            and segments.observation_date = counted.observation_date
)

select * from final
