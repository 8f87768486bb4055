{{ config(schema='internal') }}

-- One row per segment and channel, and per segment with the channel 'all', at the latest
-- observation date: who may be contacted, and what contacts added.
-- Not suppressed: reconciliation reads it.
with

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_latest
),

contactable as (
    select * from {{ ref('int_contactable_customers') }}
),

effects as (
    select * from {{ ref('int_campaign_effects') }}
    where
        segment_id != 'all'
        and product_type = 'all'
),

channels as (
    select channel from {{ ref('marketing_contact_caps') }}
    union
    select 'all' as channel
),

customers as (
    select
        segment_id,
        customer_id,
        count(has_consent) > 0 as is_consent_known,
        count(*) filter (where has_consent) > 0 as has_any_consent
    from contactable
    group by segment_id, customer_id
),

customer_counts as (
    select
        segment_id,
        count(*) as customers_count,
        count(*) filter (where is_consent_known) as consent_known_count,
        count(*) filter (where has_any_consent) as contactable_count
    from customers
    group by segment_id
),

channel_counts as (
    select
        segment_id,
        channel,
        count(*) as customers_count,
        count(has_consent) as consent_known_count,
        count(*) filter (where has_consent) as contactable_count
    from contactable
    group by segment_id, channel
),

counts as (
    select
        segment_id,
        'all' as channel,
        customers_count,
        consent_known_count,
        contactable_count
    from customer_counts
    union all
    select
        segment_id,
        channel,
        customers_count,
        consent_known_count,
        contactable_count
    from channel_counts
),

-- A segment that has lost its last customer still has its contacts.
segment_ids as (
    select segment_id from customer_counts
    union
    select segment_id from effects
),

final as (
    select
        segment_ids.segment_id,
        observation_dates.observation_date,
        channels.channel,
        coalesce(counts.customers_count, 0) as customers_count,
        coalesce(counts.consent_known_count, 0) as consent_known_count,
        case when counts.consent_known_count > 0 then counts.contactable_count end
            as contactable_count,
        effects.contacts_from_on,
        effects.contacts_to_on,
        effects.median_segment_age_days,
        coalesce(effects.campaigns_count, 0) as campaigns_count,
        coalesce(effects.treated_count, 0) as treated_count,
        coalesce(effects.treated_responses_count, 0) as treated_responses_count,
        coalesce(effects.control_count, 0) as control_count,
        coalesce(effects.control_responses_count, 0) as control_responses_count,
        coalesce(effects.treated_margin_amount, 0) as treated_margin_amount,
        coalesce(effects.control_margin_amount, 0) as control_margin_amount,
        coalesce(effects.cost_amount, 0) as cost_amount,
        coalesce(effects.compared_treated_count, 0) as compared_treated_count,
        coalesce(effects.compared_cost_amount, 0) as compared_cost_amount,
        effects.effective_control_count,
        effects.baseline_response_rate,
        effects.incremental_response_rate,
        effects.incremental_response_rate_lower,
        effects.incremental_response_rate_upper,
        effects.incremental_margin_amount,
        effects.incremental_margin_half_width,
        coalesce(effects.evidence, 'no contacts') as evidence,
        coalesce(effects.margin_evidence, 'no contacts') as margin_evidence
    from segment_ids
    cross join observation_dates
    cross join channels
    left join counts
        on
            segment_ids.segment_id = counts.segment_id
            and channels.channel = counts.channel
    left join effects
        on
            segment_ids.segment_id = effects.segment_id
            and channels.channel = effects.channel
)

select * from final
