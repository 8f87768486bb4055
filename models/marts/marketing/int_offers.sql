{{ config(schema='internal') }}

-- One row per customer at the latest observation date, product that the customer is eligible for and
-- channel that the customer consents to and whose cap is not reached: what an offer is worth.
-- Value = what contacting adds to the response rate x first-year margin net of expected loss, less
-- the cost of the contact. The added rate is measured: for the segment and product where that is
-- evidence enough, else for the segment, else for the product over the whole book. A product that
-- no measured campaign has offered has no value, and a segment's own harm is never overruled.
with

eligibility as (
    select * from {{ ref('int_customer_eligibility') }}
    where is_latest and is_whitespace
),

contactable as (
    select * from {{ ref('int_contactable_customers') }}
    where has_consent
),

pressure as (
    select * from {{ ref('contact_pressure') }}
),

economics as (
    select * from {{ ref('int_product_economics') }}
),

effects as (
    select * from {{ ref('int_campaign_effects') }}
    where channel = 'all' and evidence = 'sufficient'
),

tested_products as (
    select distinct product_type from {{ ref('int_campaign_effects') }}
    where segment_id = 'all' and channel = 'all' and evidence = 'sufficient'
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

responses as (
    select
        economics.segment_id,
        economics.product_type,
        coalesce(
            own.incremental_response_rate,
            segment.incremental_response_rate,
            book.incremental_response_rate
        ) as incremental_response_rate,
        case
            when own.segment_id is not null then own.incremental_response_rate_lower
            when segment.segment_id is not null then segment.incremental_response_rate_lower
            else book.incremental_response_rate_lower
        end as incremental_response_rate_lower,
        case
            when own.segment_id is not null then 'segment and product'
            when segment.segment_id is not null then 'segment'
            when book.segment_id is not null then 'product over the book'
        end as response_basis,
        cast(
            economics.annual_margin_amount - economics.annual_expected_loss_amount as double
        ) as annual_net_margin_amount
    from economics
    inner join tested_products
        on economics.product_type = tested_products.product_type
    left join effects as own
        on
            economics.segment_id = own.segment_id
            and economics.product_type = own.product_type
    left join effects as segment
        on
            economics.segment_id = segment.segment_id
            and segment.product_type = 'all'
    left join effects as book
        on
            book.segment_id = 'all'
            and economics.product_type = book.product_type
),

open_channels as (
    select
        contactable.customer_id,
        contactable.channel,
        channel_costs.contact_cost_amount
    from contactable
    inner join channel_costs
        on contactable.channel = channel_costs.channel
    inner join pressure
        on
            contactable.customer_id = pressure.customer_id
            and contactable.observation_date = pressure.observation_date
    where
        not pressure.is_cap_reached
        and not case contactable.channel
            when 'email' then pressure.is_email_cap_reached
            when 'sms' then pressure.is_sms_cap_reached
            when 'phone' then pressure.is_phone_cap_reached
            when 'post' then pressure.is_post_cap_reached
        end
),

final as (
    select
        eligibility.customer_id,
        eligibility.observation_date,
        eligibility.segment_id,
        eligibility.product_type,
        open_channels.channel,
        responses.response_basis,
        responses.incremental_response_rate,
        cast(responses.annual_net_margin_amount as decimal(18, 2)) as annual_net_margin_amount,
        cast(open_channels.contact_cost_amount as decimal(18, 4)) as contact_cost_amount,
        cast(
            responses.incremental_response_rate * responses.annual_net_margin_amount
            - open_channels.contact_cost_amount
            as decimal(18, 4)
        ) as expected_value_amount,
        cast(
            responses.incremental_response_rate_lower * responses.annual_net_margin_amount
            - open_channels.contact_cost_amount
            as decimal(18, 4)
        ) as expected_value_amount_lower
    from eligibility
    inner join open_channels
        on eligibility.customer_id = open_channels.customer_id
    inner join responses
        on
            eligibility.segment_id = responses.segment_id
            and eligibility.product_type = responses.product_type
    where responses.incremental_response_rate is not null
)

select * from final
