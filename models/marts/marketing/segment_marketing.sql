-- One row per segment at the latest observation date: consent, response and incremental response.
-- int_segment_marketing calculates; this model shows only what the evidence and cell sizes allow.
with

measured as (
    select * from {{ ref('int_segment_marketing') }}
),

channels as (
    select
        segment_id,
        max(case channel when 'email' then contactable_count end) as email_contactable_count,
        max(case channel when 'sms' then contactable_count end) as sms_contactable_count,
        max(case channel when 'phone' then contactable_count end) as phone_contactable_count,
        max(case channel when 'post' then contactable_count end) as post_contactable_count
    from measured
    group by segment_id
),

flagged as (
    select
        measured.*,
        channels.email_contactable_count,
        channels.sms_contactable_count,
        channels.phone_contactable_count,
        channels.post_contactable_count,
        {{ is_suppressed('measured.customers_count', ['measured.observation_date']) }}
            as is_suppressed,
        -- Contacts date from earlier segments, so their cells are judged on their own. A cell
        -- without contacts shows nobody and hides nobody.
        measured.evidence != 'no contacts' and (
            {{ is_suppressed('nullif(measured.treated_count, 0)', ['measured.observation_date']) }}
            or {{ is_suppressed('nullif(measured.control_count, 0)', ['measured.observation_date']) }}
        ) as is_response_suppressed
    from measured
    inner join channels
        on measured.segment_id = channels.segment_id
    where measured.channel = 'all'
),

shown as (
    select
        *,
        not is_suppressed and not is_response_suppressed as is_response_shown,
        not is_suppressed and not is_response_suppressed and evidence = 'sufficient'
            as is_effect_shown
    from flagged
),

final as (
    select
        segment_id,
        observation_date,
        {% for column in [
            'customers_count', 'consent_known_count', 'contactable_count',
            'email_contactable_count', 'sms_contactable_count', 'phone_contactable_count',
            'post_contactable_count',
        ] %}
        case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor %}
        case when not is_suppressed then {{ ratio('contactable_count', 'customers_count') }} end
            as contactable_rate,
        case
            when not is_suppressed
                then {{ wilson_lower('contactable_count', 'customers_count') }}
        end as contactable_rate_lower,
        case
            when not is_suppressed
                then {{ wilson_upper('contactable_count', 'customers_count') }}
        end as contactable_rate_upper,
        contacts_from_on,
        contacts_to_on,
        {{ shown_effects() }},
        evidence,
        is_suppressed,
        is_response_suppressed
    from shown
)

select * from final
