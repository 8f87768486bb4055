-- One row per segment at the latest observation date: the figures that strategy rules look at, from
-- the published marts, so that a rule never acts on a hidden cell.
{{ config(schema='internal') }}

with

overview as (
    select * from {{ ref('segment_overview') }}
),

outliers as (
    select * from {{ ref('int_segment_overview') }}
),

segment_risk as (
    select * from {{ ref('segment_risk') }}
),

book_risk as (
    select
        observation_date,
        sum(default_count) as book_default_count,
        sum(scored_count) as book_scored_count
    from {{ ref('int_segment_risk') }}
    where is_mature
    group by observation_date
),

-- A segment's own rate, brought to a year where its window allows: thresholds in a year's rate would
-- mean something else over a month or over five years.
probabilities as (
    select * from {{ ref('int_segment_default_probabilities') }}
    where pd_basis like 'segment%'
),

expected_loss as (
    select
        segment_id,
        observation_date,
        max(pd_months) as expected_loss_months,
        sum(expected_loss_amount) as expected_loss_amount,
        sum(exposure_at_default_amount) as exposure_at_default_amount
    from {{ ref('segment_expected_loss') }}
    where not is_suppressed
    group by segment_id, observation_date
),

-- What stands in the way of a price, over all credit products.
credit as (
    select
        segment_id,
        observation_date,
        max(case when customers_count > 0 or is_book_suppressed then 1.0 else 0.0 end)
            as is_credit_held,
        max(case when pd_basis like 'book%' then 1.0 else 0.0 end) as is_default_rate_borrowed
    from {{ ref('segment_pricing') }}
    group by segment_id, observation_date
),

-- The price of the credit product that most customers of the segment hold, built on the segment's
-- own defaults: a borrowed rate prices somebody else, and nobody's product needs no price.
pricing as (
    select
        *,
        case when is_ceiling_applied then 1.0 else 0.0 end as is_ceiling,
        case when is_upper_ceiling_applied then 1.0 else 0.0 end as is_upper_ceiling
    from {{ ref('segment_pricing') }}
    where
        indicative_rate is not null
        and pd_basis like 'segment%'
        and customers_count > 0
    qualify row_number() over (
        partition by segment_id, observation_date
        order by customers_count desc, product_type asc
    ) = 1
),

channels as (
    select *
    from {{ ref('segment_channel_preference') }}
    where preference_rank = 1
),

marketing as (
    select * from {{ ref('segment_marketing') }}
),

pressure as (
    select * from {{ ref('segment_contact_pressure') }}
),

relationships as (
    select *
    from {{ ref('segment_relationships') }}
    where attrition_rate is not null
    qualify row_number() over (
        partition by segment_id
        order by observation_date desc
    ) = 1
),

book_relationships as (
    select
        observation_date,
        sum(attrited_count) as book_attrited_count,
        sum(attrition_exposed_count) as book_attrition_exposed_count
    from {{ ref('int_segment_relationships') }}
    group by observation_date
),

-- A gap that may lose money at the lower bound of its take-up is no opportunity, however it ranks.
opportunities as (
    select *
    from {{ ref('product_opportunities') }}
    where opportunity_rank is not null and expected_net_margin_amount_lower > 0
    qualify row_number() over (
        partition by segment_id, observation_date
        order by opportunity_rank asc, product_type asc
    ) = 1
),

gaps as (
    select
        segment_id,
        observation_date,
        count(*) as gaps_count
    from {{ ref('product_opportunities') }}
    where whitespace_count > 0
    group by segment_id, observation_date
),

profiles as (
    select
        segment_id,
        observation_date,
        max(case when feature = 'expense_cover_months' then median_value end)
            as median_expense_cover_months
    from {{ ref('segment_profiles') }}
    group by segment_id, observation_date
),

product_types as (
    select * from {{ ref('product_types') }}
),

gathered as (
    select
        overview.segment_id,
        overview.segment_name,
        overview.observation_date,
        overview.customers_count,
        overview.customers_share,
        overview.risk_observation_date,
        probabilities.pd_months as default_rate_months,
        overview.default_count,
        overview.scored_count,
        overview.default_rate,
        overview.default_rate_lower,
        overview.default_rate_upper,
        book_risk.book_default_count,
        book_risk.book_scored_count,
        {{ ratio('book_risk.book_default_count', 'book_risk.book_scored_count') }}
            as book_default_rate,
        {% for column in ['pd_12m', 'pd_12m_lower', 'pd_12m_upper'] -%}
            case when overview.default_rate is not null then probabilities.{{ column }} end
                as {{ column }},
        {% endfor -%}
        segment_risk.past_due_30_amount,
        segment_risk.dpd_exposure_amount,
        segment_risk.portfolio_at_risk_30_rate,
        segment_risk.median_utilisation_ratio,
        segment_risk.median_debt_to_income_ratio,
        expected_loss.expected_loss_months,
        expected_loss.expected_loss_amount,
        expected_loss.exposure_at_default_amount,
        {{ ratio('expected_loss.expected_loss_amount', 'expected_loss.exposure_at_default_amount') }}
            as expected_loss_rate,
        pricing.product_type as priced_product_type,
        priced_products.product_name as priced_product_name,
        pricing.pd_basis as price_pd_basis,
        pricing.pd_default_count as price_default_count,
        pricing.pd_scored_count as price_scored_count,
        pricing.indicative_rate,
        pricing.indicative_rate_lower,
        pricing.indicative_rate_upper,
        cast(pricing.ceiling_rate as double) as ceiling_rate,
        channels.channel as lead_channel_text,
        channels.preference_basis as lead_channel_basis,
        channels.net_margin_per_contact_amount as lead_channel_net_margin_amount,
        channels.treated_count as lead_channel_treated_count,
        channels.contactable_count as lead_channel_contactable_count,
        channels.consent_known_count as lead_channel_consent_known_count,
        marketing.treated_count,
        marketing.control_count,
        marketing.incremental_response_rate,
        marketing.incremental_response_rate_lower,
        marketing.incremental_response_rate_upper,
        marketing.incremental_margin_amount,
        marketing.compared_cost_amount,
        marketing.roi_ratio,
        marketing.roi_ratio_upper,
        pressure.any_cap_reached_count,
        pressure.any_cap_reached_rate,
        relationships.observation_date as attrition_observation_date,
        relationships.attrited_count,
        relationships.attrition_exposed_count,
        relationships.attrition_rate,
        {{ ratio(
            'relationships.attrition_rate_lower',
            ratio(
                'book_relationships.book_attrited_count',
                'book_relationships.book_attrition_exposed_count'
            )
        ) }} as attrition_rate_lower_index,
        next_products.product_name as next_product_text,
        next_products.is_credit as is_next_product_on_credit,
        opportunities.whitespace_count as next_product_whitespace_count,
        opportunities.take_ups_count as next_product_take_ups_count,
        opportunities.lookalikes_count as next_product_lookalikes_count,
        opportunities.expected_net_margin_amount as next_product_net_margin_amount,
        opportunities.expected_net_margin_amount_lower as next_product_net_margin_amount_lower,
        coalesce(gaps.gaps_count, 0) as gaps_count,
        profiles.median_expense_cover_months,
        case when not overview.is_suppressed then outliers.outliers_count end as outliers_count,
        case
            when not overview.is_suppressed
                then {{ ratio('outliers.outliers_count', 'outliers.customers_count') }}
        end as outlier_share,
        coalesce(past_risk.is_suppressed, false) as is_rate_hidden,
        credit.is_credit_held,
        credit.is_default_rate_borrowed,
        pricing.is_ceiling,
        pricing.is_upper_ceiling
    from overview
    inner join outliers
        on overview.segment_id = outliers.segment_id
    left join segment_risk
        on
            overview.segment_id = segment_risk.segment_id
            and overview.observation_date = segment_risk.observation_date
    left join segment_risk as past_risk
        on
            overview.segment_id = past_risk.segment_id
            and overview.risk_observation_date = past_risk.observation_date
    left join book_risk
        on overview.risk_observation_date = book_risk.observation_date
    left join probabilities
        on
            overview.segment_id = probabilities.segment_id
            and overview.observation_date = probabilities.observation_date
            and overview.risk_observation_date = probabilities.pd_observation_date
    left join expected_loss
        on
            overview.segment_id = expected_loss.segment_id
            and overview.observation_date = expected_loss.observation_date
    left join credit
        on
            overview.segment_id = credit.segment_id
            and overview.observation_date = credit.observation_date
    left join pricing
        on
            overview.segment_id = pricing.segment_id
            and overview.observation_date = pricing.observation_date
    left join product_types as priced_products
        on pricing.product_type = priced_products.product_type
    left join channels
        on
            overview.segment_id = channels.segment_id
            and overview.observation_date = channels.observation_date
    left join marketing
        on
            overview.segment_id = marketing.segment_id
            and overview.observation_date = marketing.observation_date
    left join pressure
        on
            overview.segment_id = pressure.segment_id
            and overview.observation_date = pressure.observation_date
    left join relationships
        on overview.segment_id = relationships.segment_id
    left join book_relationships
        on relationships.observation_date = book_relationships.observation_date
    left join opportunities
        on
            overview.segment_id = opportunities.segment_id
            and overview.observation_date = opportunities.observation_date
    left join gaps
        on
            overview.segment_id = gaps.segment_id
            and overview.observation_date = gaps.observation_date
    left join product_types as next_products
        on opportunities.product_type = next_products.product_type
    left join profiles
        on
            overview.segment_id = profiles.segment_id
            and overview.observation_date = profiles.observation_date
),

final as (
    select
        * exclude (
            is_rate_hidden, is_ceiling, is_upper_ceiling, priced_product_name,
            is_next_product_on_credit
        ),
        {{ ratio('default_rate_lower', 'book_default_rate') }} as default_rate_lower_index,
        {{ ratio('default_rate_upper', 'book_default_rate') }} as default_rate_upper_index,
        -- Texts for the places in the rules' choices and reasons that bear their names.
        default_rate_months || case when default_rate_months = 1 then ' month' else ' months' end
            as window_text,
        priced_product_name || ': '
        || cast(cast(100 * indicative_rate_lower as decimal(6, 1)) as varchar) || '% to '
        || cast(cast(100 * indicative_rate_upper as decimal(6, 1)) as varchar) || '%, indicative'
            as price_band_text,
        price_default_count || ' defaults of ' || price_scored_count || ' customers, '
        || cast(cast(100 * pd_12m_lower as decimal(6, 1)) as varchar) || '% to '
        || cast(cast(100 * pd_12m_upper as decimal(6, 1)) as varchar)
        || '% in 12 months; the ceiling is '
        || cast(cast(100 * ceiling_rate as decimal(6, 1)) as varchar) || '%' as price_basis_text,
        case lead_channel_basis
            when 'measured gain'
                then
                    'contacting brings '
                    || cast(cast(lead_channel_net_margin_amount as decimal(18, 2)) as varchar)
                    || ' a contact net of its cost, measured on ' || lead_channel_treated_count
                    || ' contacts, more than any other channel that was measured'
            when 'segment effect less cost'
                then
                    'no channel was shown to earn by itself; what contacts of the segment bring, less'
                    || ' the cost of the channel, is most here'
            when 'measured loss'
                then
                    'every channel was measured to cost more than it brings, this one least: '
                    || cast(cast(lead_channel_net_margin_amount as decimal(18, 2)) as varchar)
                    || ' a contact, on ' || lead_channel_treated_count || ' contacts'
            else
                'it reaches ' || lead_channel_contactable_count || ' of '
                || lead_channel_consent_known_count
                || ' customers whose consent is known, and no net margin was measured'
        end as lead_channel_basis_text,
        next_product_take_ups_count || ' of ' || next_product_lookalikes_count
        || ' lookalikes took it; ' || next_product_whitespace_count
        || ' customers could, expected to earn '
        || cast(next_product_net_margin_amount as varchar) || ' a year after losses, and '
        || cast(next_product_net_margin_amount_lower as varchar)
        || ' at the lower bound of take-up, the most of its gaps' as next_product_basis_text,
        case when customers_count is not null then 1.0 else 0.0 end as is_size_shown,
        case when default_rate is not null then 1.0 else 0.0 end as is_default_rate_known,
        case when is_rate_hidden then 1.0 else 0.0 end as is_default_rate_hidden,
        case when pd_12m is not null then 1.0 else 0.0 end as is_yearly_rate_known,
        case when median_utilisation_ratio is not null then 1.0 else 0.0 end
            as is_utilisation_known,
        case when indicative_rate is not null then 1.0 else 0.0 end as is_price_known,
        coalesce(is_ceiling, 0.0) as is_ceiling_applied,
        coalesce(is_upper_ceiling, 0.0) as is_upper_ceiling_applied,
        case when lead_channel_text is not null then 1.0 else 0.0 end as is_lead_channel_known,
        case when next_product_text is not null then 1.0 else 0.0 end as is_next_product_known,
        case when is_next_product_on_credit then 1.0 else 0.0 end as is_next_product_credit
    from gathered
)

select * from final
