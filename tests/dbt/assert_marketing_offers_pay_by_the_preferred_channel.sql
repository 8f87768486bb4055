-- Each offer is shown to pay, in the customer's own segment, and goes by the customer's open channel
-- that segment_channel_preference ranks first, as strategies do. A row is an offer that measurement
-- does not support, or that contradicts the segment's lead channel.
with

offers as (
    select * from {{ ref('next_best_actions') }}
    where action != 'none'
),

customers as (
    select * from {{ ref('customers') }}
),

pressure as (
    select * from {{ ref('contact_pressure') }}
),

preference as (
    select * from {{ ref('segment_channel_preference') }}
    where preference_rank is not null
),

marketing as (
    select * from {{ ref('segment_marketing') }}
),

settings as (
    select
        max(case setting when 'minimum_expected_value_lower_amount' then value end)
            as minimum_expected_value_lower_amount,
        max(case setting when 'offers_need_surely_positive_value' then value end) = 1
            as must_be_surely_positive
    from {{ ref('marketing_settings') }}
),

open_channels as (
    {% for channel in marketing_channels() %}
    select
        offers.customer_id,
        offers.segment_id,
        '{{ channel }}' as channel
    from offers
    inner join customers
        on offers.customer_id = customers.customer_id
    inner join pressure
        on
            offers.customer_id = pressure.customer_id
            and offers.observation_date = pressure.observation_date
    where
        customers.has_{{ channel }}_consent
        and not coalesce(pressure.is_{{ channel }}_cap_reached, false)
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

first_channels as (
    select
        open_channels.customer_id,
        open_channels.channel
    from open_channels
    inner join preference
        on
            open_channels.segment_id = preference.segment_id
            and open_channels.channel = preference.channel
    qualify row_number() over (
        partition by open_channels.customer_id
        order by preference.preference_rank
    ) = 1
)

select
    offers.customer_id,
    offers.action,
    first_channels.channel as first_channel,
    marketing.evidence,
    offers.expected_value_amount_lower
from offers
cross join settings
left join first_channels
    on offers.customer_id = first_channels.customer_id
left join marketing
    on offers.segment_id = marketing.segment_id
where
    offers.channel is distinct from first_channels.channel
    or marketing.evidence is distinct from 'sufficient'
    or (
        settings.must_be_surely_positive
        and coalesce(
            offers.expected_value_amount_lower <= settings.minimum_expected_value_lower_amount,
            true
        )
    )
