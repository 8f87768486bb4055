{{ config(schema='internal') }}

-- One row per segment and marketing channel at the latest observation date: the order in which the
-- channels are to be used and what it rests on. segment_channel_preference shows it and int_offers
-- follows it, so that strategies and offers name the same channel.
--
-- First come channels that were measured to earn more than they cost in the segment, then those
-- that were not measured, last those measured to lose. Among the unmeasured the segment's effect
-- over all channels less the channel's cost decides, which is to say the cost; where the segment's
-- effect is unknown as well, how many customers the channel may reach. What is hidden counts as
-- unmeasured, or the order would tell of it.
with

measured as (
    select * from {{ ref('int_segment_marketing') }}
    where channel != 'all'
),

segments as (
    select * from {{ ref('int_segment_marketing') }}
    where channel = 'all'
),

contacts as (
    select * from {{ ref('campaign_contacts') }}
    where not is_control and cost_amount is not null
),

channel_costs as (
    select
        channel,
        percentile_cont(0.5) within group (order by cast(cost_amount as double))
            as contact_cost_amount
    from contacts
    group by channel
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
        {{ is_suppressed(
            'measured.customers_count', ['measured.observation_date, measured.channel']
        ) }} as is_suppressed,
        measured.evidence != 'no contacts' and hidden_treated.is_hidden as has_few_treated,
        measured.evidence != 'no contacts' and hidden_controls.is_hidden as has_few_controls
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

judged as (
    select
        flagged.*,
        flagged.is_suppressed or flagged.has_few_treated as is_treated_suppressed,
        flagged.is_suppressed or flagged.has_few_treated or flagged.has_few_controls
            as is_response_suppressed,
        segments.evidence = 'sufficient' as is_segment_effect_known,
        channel_costs.contact_cost_amount,
        {{ ratio(
            'flagged.incremental_margin_amount - cast(flagged.compared_cost_amount as double)',
            'flagged.compared_treated_count'
        ) }} as net_margin_per_contact_amount
    from flagged
    inner join segments
        on flagged.segment_id = segments.segment_id
    left join channel_costs
        on flagged.channel = channel_costs.channel
),

shown as (
    select
        *,
        not is_treated_suppressed as is_treated_shown,
        not is_response_suppressed as is_response_shown,
        not is_response_suppressed and evidence = 'sufficient' as is_effect_shown
    from judged
),

based as (
    select
        *,
        case
            when is_suppressed then null
            when is_effect_shown and net_margin_per_contact_amount > 0 then 'measured gain'
            when is_effect_shown then 'measured loss'
            when coalesce(contactable_count, 0) = 0 then null
            when is_segment_effect_known and contact_cost_amount is not null
                then 'segment effect less cost'
            else 'reach'
        end as preference_basis
    from shown
),

final as (
    select
        *,
        case
            when preference_basis is not null
                then
                    cast(row_number() over (
                        partition by segment_id, observation_date
                        order by
                            case preference_basis
                                when 'measured gain' then 1
                                when 'segment effect less cost' then 2
                                when 'reach' then 3
                                when 'measured loss' then 4
                            end nulls last,
                            case when is_effect_shown then net_margin_per_contact_amount end
                                desc nulls last,
                            case preference_basis
                                when 'segment effect less cost' then contact_cost_amount
                            end asc nulls last,
                            contactable_count desc nulls last,
                            channel asc
                    ) as integer)
        end as preference_rank
    from based
)

select * from final
