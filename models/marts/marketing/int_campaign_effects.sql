{{ config(schema='internal') }}

-- One row per segment, product type and channel of measured contacts, and per subtotal, where the
-- word 'all' stands in place of the dimension that is summed: what contacting added.
-- Not suppressed: reconciliation reads it.
--
-- Treatment is random only within a campaign, so each campaign's treated are compared with its own
-- controls and the differences are weighted by treated contacts: the effect on those treated. Where
-- every campaign holds out the same share this equals the pooled difference.
with

members as (
    select * from {{ ref('int_campaign_members') }}
    where measurement_status = 'measured'
),

settings as (
    select
        max(case setting when 'minimum_treated_count' then value end) as minimum_treated_count,
        max(case setting when 'minimum_control_count' then value end) as minimum_control_count,
        max(case setting when 'minimum_responses_count' then value end)
            as minimum_responses_count,
        max(case setting when 'minimum_arm_responses_count' then value end)
            as minimum_arm_responses_count
    from {{ ref('marketing_settings') }}
),

scopes as (
    {% for by_segment in ['true', 'false'] %}
    {% for by_product in ['true', 'false'] %}
    {% for by_channel in ['true', 'false'] %}
    select
        {{ by_segment }} as by_segment,
        {{ by_product }} as by_product,
        {{ by_channel }} as by_channel
    {{ 'union all' if [by_segment, by_product, by_channel] != ['false', 'false', 'false'] }}
    {% endfor %}
    {% endfor %}
    {% endfor %}
),

scoped as (
    select
        case when scopes.by_segment then members.segment_id else 'all' end as segment_id,
        case when scopes.by_product then members.product_type else 'all' end as product_type,
        case when scopes.by_channel then members.channel else 'all' end as channel,
        members.campaign_id,
        members.contacted_on,
        {{ days_between('members.observation_date', 'members.contacted_on') }} as segment_age_days,
        members.is_control,
        members.has_responded,
        members.margin_amount,
        members.cost_amount
    from members
    cross join scopes
),

arms as (
    select
        segment_id,
        product_type,
        channel,
        campaign_id,
        min(contacted_on) as contacts_from_on,
        max(contacted_on) as contacts_to_on,
        cast(count(*) filter (where not is_control) as double) as treated_count,
        cast(count(*) filter (where not is_control and has_responded) as double)
            as treated_responses_count,
        coalesce(sum(margin_amount) filter (where not is_control), 0) as treated_margin_amount,
        coalesce(sum(cost_amount) filter (where not is_control), 0) as cost_amount,
        sum(margin_amount * margin_amount) filter (where not is_control)
            as treated_margin_square_sum,
        cast(count(*) filter (where is_control) as double) as control_count,
        cast(count(*) filter (where is_control and has_responded) as double)
            as control_responses_count,
        coalesce(sum(margin_amount) filter (where is_control), 0) as control_margin_amount,
        sum(margin_amount * margin_amount) filter (where is_control)
            as control_margin_square_sum
    from scoped
    group by segment_id, product_type, channel, campaign_id
),

ages as (
    select
        segment_id,
        product_type,
        channel,
        percentile_cont(0.5) within group (order by cast(segment_age_days as double))
            as median_segment_age_days
    from scoped
    group by segment_id, product_type, channel
),

totals as (
    select
        segment_id,
        product_type,
        channel,
        count(*) as campaigns_count,
        min(contacts_from_on) as contacts_from_on,
        max(contacts_to_on) as contacts_to_on,
        sum(treated_count) as treated_count,
        sum(treated_responses_count) as treated_responses_count,
        sum(treated_margin_amount) as treated_margin_amount,
        sum(cost_amount) as cost_amount,
        sum(control_count) as control_count,
        sum(control_responses_count) as control_responses_count,
        sum(control_margin_amount) as control_margin_amount
    from arms
    group by segment_id, product_type, channel
),

-- Only campaigns with both arms can tell what contacting adds. The products are rounded to decimals
-- before they are summed, so that the order of campaigns can't matter.
compared as (
    select
        segment_id,
        product_type,
        channel,
        sum(treated_count) as compared_treated_count,
        sum(treated_responses_count) as compared_treated_responses_count,
        sum(treated_margin_amount) as compared_treated_margin_amount,
        sum(cost_amount) as compared_cost_amount,
        sum(control_responses_count) as compared_control_responses_count,
        sum(cast(
            treated_count * control_responses_count / control_count as decimal(28, 10)
        )) as expected_responses_count,
        sum(cast(
            treated_count * cast(control_margin_amount as double) / control_count
            as decimal(28, 10)
        )) as expected_margin_amount,
        sum(cast(
            treated_count * treated_count / control_count as decimal(28, 10)
        )) as control_weight_sum,
        case
            when min(least(treated_count, control_count)) >= 2
                then
                    sum(cast(
                        treated_count / nullif(treated_count - 1, 0) * greatest(
                            cast(treated_margin_square_sum as double)
                            - power(cast(treated_margin_amount as double), 2) / treated_count,
                            0
                        )
                        + treated_count * treated_count
                        / nullif(control_count * (control_count - 1), 0) * greatest(
                            cast(control_margin_square_sum as double)
                            - power(cast(control_margin_amount as double), 2) / control_count,
                            0
                        )
                        as decimal(28, 6)
                    ))
        end as incremental_margin_variance
    from arms
    where treated_count > 0 and control_count > 0
    group by segment_id, product_type, channel
),

-- Effective controls: the number that would give the same variance in a single campaign.
rated as (
    select
        *,
        {{ ratio('compared_treated_responses_count', 'compared_treated_count') }}
            as compared_response_rate,
        {{ wilson_lower('compared_treated_responses_count', 'compared_treated_count') }}
            as compared_response_rate_lower,
        {{ wilson_upper('compared_treated_responses_count', 'compared_treated_count') }}
            as compared_response_rate_upper,
        {{ ratio('expected_responses_count', 'compared_treated_count') }}
            as baseline_response_rate,
        {{ ratio('compared_treated_count * compared_treated_count', 'control_weight_sum') }}
            as effective_control_count
    from compared
),

bounded as (
    select
        *,
        {{ wilson_lower(
            '(baseline_response_rate * effective_control_count)', 'effective_control_count'
        ) }} as baseline_response_rate_lower,
        {{ wilson_upper(
            '(baseline_response_rate * effective_control_count)', 'effective_control_count'
        ) }} as baseline_response_rate_upper
    from rated
),

judged as (
    select
        totals.segment_id,
        totals.product_type,
        totals.channel,
        totals.contacts_from_on,
        totals.contacts_to_on,
        ages.median_segment_age_days,
        totals.campaigns_count,
        cast(totals.treated_count as bigint) as treated_count,
        cast(totals.treated_responses_count as bigint) as treated_responses_count,
        cast(totals.control_count as bigint) as control_count,
        cast(totals.control_responses_count as bigint) as control_responses_count,
        cast(totals.treated_margin_amount as decimal(18, 2)) as treated_margin_amount,
        cast(totals.control_margin_amount as decimal(18, 2)) as control_margin_amount,
        cast(totals.cost_amount as decimal(18, 2)) as cost_amount,
        cast(coalesce(bounded.compared_treated_count, 0) as bigint) as compared_treated_count,
        cast(coalesce(bounded.compared_cost_amount, 0) as decimal(18, 2))
            as compared_cost_amount,
        bounded.effective_control_count,
        bounded.baseline_response_rate,
        bounded.compared_response_rate - bounded.baseline_response_rate
            as incremental_response_rate,
        {{ newcombe_lower(
            'bounded.compared_response_rate',
            'bounded.compared_response_rate_lower',
            'bounded.compared_response_rate_upper',
            'bounded.baseline_response_rate',
            'bounded.baseline_response_rate_lower',
            'bounded.baseline_response_rate_upper'
        ) }} as incremental_response_rate_lower,
        {{ newcombe_upper(
            'bounded.compared_response_rate',
            'bounded.compared_response_rate_lower',
            'bounded.compared_response_rate_upper',
            'bounded.baseline_response_rate',
            'bounded.baseline_response_rate_lower',
            'bounded.baseline_response_rate_upper'
        ) }} as incremental_response_rate_upper,
        cast(bounded.compared_treated_margin_amount as double)
        - cast(bounded.expected_margin_amount as double) as incremental_margin_amount,
        {{ var('interval_z') }} * sqrt(cast(bounded.incremental_margin_variance as double))
            as incremental_margin_half_width,
        case
            when bounded.compared_treated_count is null then 'no control group'
            when
                bounded.compared_treated_count < settings.minimum_treated_count
                or bounded.effective_control_count < settings.minimum_control_count
                or bounded.compared_treated_responses_count
                + bounded.compared_control_responses_count < settings.minimum_responses_count
                then 'sample too small'
            else 'sufficient'
        end as evidence,
        coalesce(
            bounded.incremental_margin_variance is not null
            and least(
                bounded.compared_treated_responses_count,
                bounded.compared_control_responses_count
            ) >= settings.minimum_arm_responses_count,
            false
        ) as has_normal_margin
    from totals
    cross join settings
    inner join ages
        on
            totals.segment_id = ages.segment_id
            and totals.product_type = ages.product_type
            and totals.channel = ages.channel
    left join bounded
        on
            totals.segment_id = bounded.segment_id
            and totals.product_type = bounded.product_type
            and totals.channel = bounded.channel
),

-- Newcombe's interval holds for a handful of responses, the normal one of the margin does not: the
-- margin asks for responses in each arm besides.
final as (
    select
        *,
        case
            when evidence = 'sufficient' and not has_normal_margin then 'sample too small'
            else evidence
        end as margin_evidence
    from judged
)

select * from final
