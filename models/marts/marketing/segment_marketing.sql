-- One row per segment at the latest observation date: consent, response and incremental response.
-- int_segment_marketing calculates; this model shows only what the evidence and cell sizes allow.
with

measured as (
    select * from {{ ref('int_segment_marketing') }}
),

members as (
    select * from {{ ref('int_campaign_members') }}
),

-- A contact costs the same in every segment, so a segment's cost and treated are two equations for
-- the treated of its channels: where one of them is hidden, the cost is as well.
channels as (
    select
        segment_id,
        {% for channel in marketing_channels() %}
        max(case channel when '{{ channel }}' then contactable_count end)
            as {{ channel }}_contactable_count,
        {% endfor %}
        count(*) filter (where not is_treated_shown) > 0 as has_hidden_channel
    from {{ ref('int_channel_preference') }}
    group by segment_id
),

-- What the figures rest on and what they leave out, of the whole book.
coverage as (
    select
        count(*) as book_members_count,
        count(*) filter (where measurement_status = 'measured') as book_measured_count,
        count(*) filter (where measurement_status = 'before the first observation date')
            as book_before_first_date_count,
        count(*) filter (where measurement_status = 'not segmented then')
            as book_not_segmented_count
    from members
),

flagged as (
    select
        measured.*,
        {% for channel in marketing_channels() %}
        channels.{{ channel }}_contactable_count,
        {% endfor %}
        channels.has_hidden_channel,
        coverage.book_members_count,
        coverage.book_measured_count,
        coverage.book_before_first_date_count,
        coverage.book_not_segmented_count,
        {{ is_suppressed('measured.customers_count', ['measured.observation_date']) }}
            as is_suppressed,
        -- Contacts date from earlier segments, so their cells are judged on their own. A cell
        -- without contacts shows nobody and hides nobody.
        measured.evidence != 'no contacts'
        and {{ is_suppressed('nullif(measured.treated_count, 0)', ['measured.observation_date']) }}
            as has_few_treated,
        measured.evidence != 'no contacts'
        and {{ is_suppressed('nullif(measured.control_count, 0)', ['measured.observation_date']) }}
            as has_few_controls
    from measured
    cross join coverage
    inner join channels
        on measured.segment_id = channels.segment_id
    where measured.channel = 'all'
),

judged as (
    select
        *,
        is_suppressed or has_few_treated as is_treated_suppressed,
        is_suppressed or has_few_treated or has_hidden_channel as is_cost_suppressed,
        is_suppressed or has_few_treated or has_few_controls as is_response_suppressed
    from flagged
),

shown as (
    select
        *,
        not is_treated_suppressed as is_treated_shown,
        not is_cost_suppressed as is_cost_shown,
        not is_response_suppressed as is_response_shown,
        not is_response_suppressed and evidence = 'sufficient' as is_effect_shown
    from judged
),

final as (
    select
        segment_id,
        observation_date,
        {% for column in [
            'customers_count', 'consent_known_count', 'contactable_count',
        ] %}
        case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor %}
        {% for channel in marketing_channels() %}
        case when not is_suppressed then {{ channel }}_contactable_count end
            as {{ channel }}_contactable_count,
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
        {{ shown_effects() }},
        evidence,
        margin_evidence,
        book_members_count,
        book_measured_count,
        book_before_first_date_count,
        book_not_segmented_count,
        is_suppressed,
        is_treated_suppressed,
        is_cost_suppressed,
        is_response_suppressed
    from shown
)

select * from final
