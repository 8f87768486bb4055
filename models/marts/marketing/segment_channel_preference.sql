-- One row per segment and marketing channel at the latest observation date: reach and effect, and
-- the order in which to use the channels.
-- Channels with sufficient evidence come first, by what a contact added net of its cost; the rest
-- follow by how many customers they may reach.
with

measured as (
    select * from {{ ref('int_segment_marketing') }}
    where channel != 'all'
),

-- Contacts have totals by segment and by channel. A cell without contacts hides nobody.
hidden_treated as (
    {{ hidden_cells(
        'measured', 'nullif(treated_count, 0)', ['segment_id', 'channel'],
        [['segment_id'], ['channel']]
    ) }}
),

hidden_controls as (
    {{ hidden_cells(
        'measured', 'nullif(control_count, 0)', ['segment_id', 'channel'],
        [['segment_id'], ['channel']]
    ) }}
),

flagged as (
    select
        measured.*,
        case
            when measured.evidence = 'sufficient'
                then
                    {{ ratio(
                        'measured.incremental_margin_amount'
                        ~ ' - cast(measured.compared_cost_amount as double)',
                        'measured.compared_treated_count'
                    ) }}
        end as net_margin_per_contact_amount,
        {{ is_suppressed(
            'measured.customers_count', ['measured.observation_date, measured.channel']
        ) }} as is_suppressed,
        measured.evidence != 'no contacts'
        and (hidden_treated.is_hidden or hidden_controls.is_hidden) as is_response_suppressed
    from measured
    inner join hidden_treated
        on
            measured.segment_id = hidden_treated.segment_id
            and measured.channel = hidden_treated.channel
    inner join hidden_controls
        on
            measured.segment_id = hidden_controls.segment_id
            and measured.channel = hidden_controls.channel
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
        channel,
        {% for column in ['customers_count', 'consent_known_count', 'contactable_count'] %}
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
        case when is_effect_shown then cast(net_margin_per_contact_amount as decimal(18, 4)) end
            as net_margin_per_contact_amount,
        case
            when not is_suppressed and (is_effect_shown or contactable_count > 0)
                then
                    cast(row_number() over (
                        partition by segment_id, observation_date
                        order by
                            is_suppressed,
                            is_effect_shown desc,
                            case when is_effect_shown then net_margin_per_contact_amount end
                                desc nulls last,
                            contactable_count desc nulls last,
                            channel
                    ) as integer)
        end as preference_rank,
        case
            when is_suppressed then null
            when is_effect_shown then 'net margin per contact'
            when contactable_count > 0 then 'reach'
        end as preference_basis,
        evidence,
        is_suppressed,
        is_response_suppressed
    from shown
)

select * from final
