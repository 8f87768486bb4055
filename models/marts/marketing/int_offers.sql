{{ config(schema='internal') }}

-- One row per customer at the latest observation date and product that the customer is eligible for,
-- by the open channel that comes first in the segment's order of channels: what an offer is worth.
-- Value = what contacting adds, less the cost of the contact.
--
-- What contacting adds was measured in the customer's own segment: for the product or for the
-- channel, the more cautious where both are known, else for all its contacts. An effect of the book
-- is never carried to a segment: segments differ in it, down to its sign. No row where the segment's
-- effect is unknown, or no measured campaign has offered the product to anyone.
with

eligibility as (
    select * from {{ ref('int_customer_eligibility') }}
    where is_latest and is_whitespace
),

contactable as (
    select * from {{ ref('int_contactable_customers') }}
    where is_open
),

preference as (
    select * from {{ ref('int_channel_preference') }}
    where preference_rank is not null and contact_cost_amount is not null
),

economics as (
    select * from {{ ref('int_product_economics') }}
),

effects as (
    select * from {{ ref('int_campaign_effects') }}
    where evidence = 'sufficient'
),

tested_products as (
    select product_type
    from effects
    where segment_id = 'all' and channel = 'all' and product_type != 'all'
),

chosen_channels as (
    select
        contactable.customer_id,
        preference.segment_id,
        preference.channel
    from contactable
    inner join preference
        on
            contactable.segment_id = preference.segment_id
            and contactable.channel = preference.channel
    qualify row_number() over (
        partition by contactable.customer_id
        order by preference.preference_rank
    ) = 1
),

candidates as (
    select
        preference.segment_id,
        preference.channel,
        economics.product_type,
        preference.contact_cost_amount,
        economics.annual_margin_amount,
        economics.annual_expected_loss_amount,
        by_product.incremental_response_rate_lower as product_lower,
        case when preference.is_effect_shown then preference.incremental_response_rate_lower end
            as channel_lower
    from preference
    inner join economics
        on preference.segment_id = economics.segment_id
    inner join tested_products
        on economics.product_type = tested_products.product_type
    left join effects as by_product
        on
            economics.segment_id = by_product.segment_id
            and economics.product_type = by_product.product_type
            and by_product.channel = 'all'
),

based as (
    select
        *,
        case
            when product_lower is null and channel_lower is null then 'segment'
            when channel_lower is null or product_lower <= channel_lower then 'segment and product'
            else 'segment and channel'
        end as response_basis
    from candidates
),

-- The margin that campaigns measured stands where they measured it for the segment and product; it
-- knows no losses, so those of the added takers come off. Elsewhere a taker earns what the segment's
-- holders do.
responses as (
    select
        based.segment_id,
        based.channel,
        based.product_type,
        based.response_basis,
        based.contact_cost_amount,
        effects.incremental_response_rate,
        effects.incremental_response_rate_lower,
        effects.incremental_response_rate_upper,
        cast(
            based.annual_margin_amount - based.annual_expected_loss_amount as double
        ) as annual_net_margin_amount,
        case
            when
                based.response_basis = 'segment and product'
                and effects.margin_evidence = 'sufficient'
                then 'campaigns'
            else 'product economics'
        end as margin_basis,
        {{ ratio('effects.incremental_margin_amount', 'effects.compared_treated_count') }}
        - effects.incremental_response_rate * cast(based.annual_expected_loss_amount as double)
            as measured_margin_amount,
        {{ ratio('effects.incremental_margin_half_width', 'effects.compared_treated_count') }}
            as measured_margin_half_width
    from based
    inner join effects
        on
            based.segment_id = effects.segment_id
            and effects.product_type
            = case based.response_basis
                when 'segment and product' then based.product_type
                else 'all'
            end
            and effects.channel
            = case based.response_basis
                when 'segment and channel' then based.channel
                else 'all'
            end
),

-- A taker who costs money turns the interval round.
valued as (
    select
        *,
        case margin_basis
            when 'campaigns' then measured_margin_amount
            else incremental_response_rate * annual_net_margin_amount
        end - contact_cost_amount as expected_value_amount,
        case margin_basis
            when 'campaigns' then measured_margin_amount - measured_margin_half_width
            else
                least(
                    incremental_response_rate_lower * annual_net_margin_amount,
                    incremental_response_rate_upper * annual_net_margin_amount
                )
        end - contact_cost_amount as expected_value_amount_lower
    from responses
),

final as (
    select
        eligibility.customer_id,
        eligibility.observation_date,
        eligibility.segment_id,
        eligibility.product_type,
        valued.channel,
        valued.response_basis,
        valued.margin_basis,
        valued.incremental_response_rate,
        cast(valued.annual_net_margin_amount as decimal(18, 2)) as annual_net_margin_amount,
        cast(valued.contact_cost_amount as decimal(18, 4)) as contact_cost_amount,
        cast(valued.expected_value_amount as decimal(18, 4)) as expected_value_amount,
        cast(valued.expected_value_amount_lower as decimal(18, 4)) as expected_value_amount_lower
    from eligibility
    inner join chosen_channels
        on eligibility.customer_id = chosen_channels.customer_id
    inner join valued
        on
            chosen_channels.segment_id = valued.segment_id
            and chosen_channels.channel = valued.channel
            and eligibility.product_type = valued.product_type
    where valued.expected_value_amount is not null
)

select * from final
