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
        {{ ratio('sum(default_count)', 'sum(scored_count)') }} as book_default_rate
    from {{ ref('int_segment_risk') }}
    where is_mature
    group by observation_date
),

expected_loss as (
    select
        segment_id,
        observation_date,
        {{ ratio('sum(expected_loss_amount)', 'sum(exposure_at_default_amount)') }}
            as expected_loss_rate
    from {{ ref('segment_expected_loss') }}
    where not is_suppressed
    group by segment_id, observation_date
),

-- The price of the credit product that most customers of the segment hold.
pricing as (
    select *
    from {{ ref('segment_pricing') }}
    where indicative_rate is not null
    qualify row_number() over (
        partition by segment_id, observation_date
        order by coalesce(customers_count, 0) desc, product_type asc
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
        {{ ratio('sum(attrited_count)', 'sum(attrition_exposed_count)') }} as book_attrition_rate
    from {{ ref('int_segment_relationships') }}
    group by observation_date
),

opportunities as (
    select *
    from {{ ref('product_opportunities') }}
    -- A gap that is expected to lose money is no opportunity, however it ranks.
    where opportunity_rank is not null and expected_net_margin_amount > 0
    qualify row_number() over (
        partition by segment_id, observation_date
        order by opportunity_rank asc, product_type asc
    ) = 1
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

final as (
    select
        overview.segment_id,
        overview.segment_name,
        overview.observation_date,
        overview.customers_count,
        overview.customers_share,
        overview.risk_observation_date,
        overview.default_count,
        overview.scored_count,
        overview.default_rate,
        overview.default_rate_lower,
        overview.default_rate_upper,
        book_risk.book_default_rate,
        {{ ratio('overview.default_rate_lower', 'book_risk.book_default_rate') }}
            as default_rate_lower_index,
        {{ ratio('overview.default_rate_upper', 'book_risk.book_default_rate') }}
            as default_rate_upper_index,
        segment_risk.portfolio_at_risk_30_rate,
        segment_risk.median_utilisation_ratio,
        segment_risk.median_debt_to_income_ratio,
        expected_loss.expected_loss_rate,
        pricing.product_type as priced_product_type,
        pricing.indicative_rate,
        pricing.indicative_rate_lower,
        pricing.indicative_rate_upper,
        case
            when pricing.indicative_rate is not null
                then
                    product_types.product_name || ': '
                    || cast(cast(100 * pricing.indicative_rate_lower as decimal(6, 1)) as varchar)
                    || '% to '
                    || cast(cast(100 * pricing.indicative_rate_upper as decimal(6, 1)) as varchar)
                    || '%, indicative'
        end as price_band_text,
        channels.channel as lead_channel_text,
        channels.preference_basis as lead_channel_basis,
        marketing.incremental_response_rate,
        marketing.incremental_response_rate_lower,
        marketing.incremental_response_rate_upper,
        marketing.roi_ratio,
        marketing.roi_ratio_upper,
        pressure.any_cap_reached_rate,
        relationships.observation_date as attrition_observation_date,
        relationships.attrition_rate,
        {{ ratio('relationships.attrition_rate_lower', 'book_relationships.book_attrition_rate') }}
            as attrition_rate_lower_index,
        next_products.product_name as next_product_text,
        opportunities.expected_net_margin_amount as next_product_net_margin_amount,
        profiles.median_expense_cover_months,
        case
            when not overview.is_suppressed
                then {{ ratio('outliers.outliers_count', 'outliers.customers_count') }}
        end as outlier_share,
        case when overview.customers_count is not null then 1.0 else 0.0 end as is_size_shown,
        case when overview.default_rate is not null then 1.0 else 0.0 end as is_default_rate_known,
        case when pricing.indicative_rate is not null then 1.0 else 0.0 end as is_price_known,
        case when pricing.is_ceiling_applied then 1.0 else 0.0 end as is_ceiling_applied,
        case when channels.channel is not null then 1.0 else 0.0 end as is_lead_channel_known,
        case when opportunities.product_type is not null then 1.0 else 0.0 end
            as is_next_product_known
    from overview
    inner join outliers
        on overview.segment_id = outliers.segment_id
    left join segment_risk
        on
            overview.segment_id = segment_risk.segment_id
            and overview.observation_date = segment_risk.observation_date
    left join book_risk
        on overview.risk_observation_date = book_risk.observation_date
    left join expected_loss
        on
            overview.segment_id = expected_loss.segment_id
            and overview.observation_date = expected_loss.observation_date
    left join pricing
        on
            overview.segment_id = pricing.segment_id
            and overview.observation_date = pricing.observation_date
    left join product_types
        on pricing.product_type = product_types.product_type
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
    left join product_types as next_products
        on opportunities.product_type = next_products.product_type
    left join profiles
        on
            overview.segment_id = profiles.segment_id
            and overview.observation_date = profiles.observation_date
)

select * from final
