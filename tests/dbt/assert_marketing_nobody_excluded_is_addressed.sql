-- No offer and no audience reaches a customer in arrears, without consent to the channel, at a cap
-- or in the control group of a running campaign, no offer a holdout of an audience, and nobody is in
-- two audiences. A row names a
-- customer whom the lender must not contact and is about to. Rules are read from the sources again,
-- not from the models that apply them.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_latest
),

addressed as (
    select
        'next_best_actions' as mart,
        customer_id,
        channel = 'email' as uses_email,
        channel = 'sms' as uses_sms,
        channel = 'phone' as uses_phone,
        channel = 'post' as uses_post
    from {{ ref('next_best_actions') }}
    where action != 'none'
    {% for audience in ['savings_growth', 'card_upgrade', 'loan_top_up'] %}
    union all
    select
        'audience_{{ audience }}',
        customer_id,
        may_use_email,
        may_use_sms,
        may_use_phone,
        may_use_post
    from {{ ref('audience_' ~ audience) }}
    {% endfor %}
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

features as (
    select
        customer_features.customer_id,
        customer_features.current_dpd
    from {{ ref('customer_features') }} as customer_features
    inner join observation_dates
        on customer_features.observation_date = observation_dates.observation_date
),

running_controls as (
    select campaign_contacts.customer_id
    from {{ ref('campaign_contacts') }} as campaign_contacts
    inner join {{ ref('campaigns') }} as campaigns
        on campaign_contacts.campaign_id = campaigns.campaign_id
    cross join observation_dates
    where
        campaign_contacts.is_control
        and observation_dates.observation_date
        between campaigns.started_on and campaigns.ended_on
),

recent as (
    select
        campaign_contacts.customer_id,
        campaign_contacts.channel,
        count(*) as contacts_count
    from {{ ref('campaign_contacts') }} as campaign_contacts
    cross join observation_dates
    inner join {{ ref('marketing_contact_caps') }} as caps
        on campaign_contacts.channel = caps.channel
    where
        not campaign_contacts.is_control
        and {{ days_between(
            'cast(campaign_contacts.contacted_at as date)', 'observation_dates.observation_date'
        ) }} between 0 and caps.window_days - 1
    group by campaign_contacts.customer_id, campaign_contacts.channel, caps.maximum_contacts_count
    having count(*) >= caps.maximum_contacts_count
),

audience_counts as (
    select customer_id
    from addressed
    where mart != 'next_best_actions'
    group by customer_id
    having count(*) > 1
),

holdouts as (
    {% for audience in ['savings_growth', 'card_upgrade', 'loan_top_up'] %}
    select customer_id
    from {{ ref('audience_' ~ audience) }}
    where is_holdout
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

broken as (
    select
        addressed.mart,
        addressed.customer_id,
        'in arrears' as rule
    from addressed
    inner join features
        on addressed.customer_id = features.customer_id
    where features.current_dpd > (
        select max(value) from {{ ref('marketing_settings') }}
        where setting = 'maximum_dpd_for_offers'
    )
    {% for channel in marketing_channels() %}
    union all
    select
        addressed.mart,
        addressed.customer_id,
        'no consent to {{ channel }}'
    from addressed
    inner join customers
        on addressed.customer_id = customers.customer_id
    where addressed.uses_{{ channel }} and customers.has_{{ channel }}_consent is distinct from true
    union all
    select
        addressed.mart,
        addressed.customer_id,
        '{{ channel }} cap reached'
    from addressed
    inner join recent
        on
            addressed.customer_id = recent.customer_id
            and recent.channel = '{{ channel }}'
    where addressed.uses_{{ channel }}
    {% endfor %}
    union all
    select
        addressed.mart,
        addressed.customer_id,
        'no channel at all' as rule
    from addressed
    where not (uses_email or uses_sms or uses_phone or uses_post)
    union all
    select
        addressed.mart,
        addressed.customer_id,
        'control of a running campaign' as rule
    from addressed
    inner join running_controls
        on addressed.customer_id = running_controls.customer_id
    union all
    select
        addressed.mart,
        addressed.customer_id,
        'held out of an audience' as rule
    from addressed
    inner join holdouts
        on addressed.customer_id = holdouts.customer_id
    where addressed.mart = 'next_best_actions'
    union all
    select
        'audiences' as mart,
        customer_id,
        'in two audiences' as rule
    from audience_counts
)

select * from broken
