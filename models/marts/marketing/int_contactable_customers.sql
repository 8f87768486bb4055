{{ config(schema='internal') }}

-- One row per segmented customer at the latest observation date and marketing channel: whether the
-- customer consents to it, and whether it may be used today. Consent is null where the source does
-- not record it; a cap that is not known to be reached closes no channel.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_latest
),

pressure as (
    select * from {{ ref('contact_pressure') }}
),

customers as (
    select
        customer_id,
        {% for channel in marketing_channels() %}
        has_{{ channel }}_consent{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('customers') }}
),

channels as (
    select channel from {{ ref('marketing_contact_caps') }}
),

joined as (
    select
        pressure.customer_id,
        pressure.observation_date,
        pressure.segment_id,
        channels.channel,
        case channels.channel
            {% for channel in marketing_channels() %}
            when '{{ channel }}' then customers.has_{{ channel }}_consent
            {% endfor %}
        end as has_consent,
        pressure.is_cap_reached
        or case channels.channel
            {% for channel in marketing_channels() %}
            when '{{ channel }}' then pressure.is_{{ channel }}_cap_reached
            {% endfor %}
        end as is_cap_reached
    from pressure
    inner join observation_dates
        on pressure.observation_date = observation_dates.observation_date
    inner join customers
        on pressure.customer_id = customers.customer_id
    cross join channels
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        channel,
        has_consent,
        coalesce(has_consent and not coalesce(is_cap_reached, false), false) as is_open
    from joined
)

select * from final
