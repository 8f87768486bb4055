-- One row per segmented customer at the latest observation date: the offer with the highest
-- expected value among those shown to pay, the next best one, or why there is none.
with

exclusions as (
    select * from {{ ref('int_offer_exclusions') }}
),

holdouts as (
    select customer_id
    from {{ ref('int_audience_members') }}
    where is_holdout
),

eligibility as (
    select * from {{ ref('int_customer_eligibility') }}
    where is_latest and is_whitespace
),

tested_products as (
    select product_type
    from {{ ref('int_campaign_effects') }}
    where
        segment_id = 'all' and channel = 'all' and product_type != 'all'
        and evidence = 'sufficient'
),

segments as (
    select * from {{ ref('int_segment_marketing') }}
    where channel = 'all'
),

offers as (
    select * from {{ ref('int_offers') }}
),

settings as (
    select
        max(case setting when 'minimum_expected_value_amount' then value end)
            as minimum_expected_value_amount,
        max(case setting when 'minimum_expected_value_lower_amount' then value end)
            as minimum_expected_value_lower_amount,
        max(case setting when 'offers_need_surely_positive_value' then value end) = 1
            as must_be_surely_positive
    from {{ ref('marketing_settings') }}
),

eligible_customers as (
    select
        eligibility.customer_id,
        count(tested_products.product_type) > 0 as is_eligible_for_tested
    from eligibility
    left join tested_products
        on eligibility.product_type = tested_products.product_type
    group by eligibility.customer_id
),

judged_offers as (
    select
        offers.*,
        offers.expected_value_amount > settings.minimum_expected_value_amount as is_valuable,
        offers.expected_value_amount > settings.minimum_expected_value_amount
        and (
            not settings.must_be_surely_positive
            or coalesce(
                offers.expected_value_amount_lower > settings.minimum_expected_value_lower_amount,
                false
            )
        ) as is_made
    from offers
    cross join settings
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by is_made desc, expected_value_amount desc, product_type asc
        ) as offer_rank,
        max(case when is_valuable then 1 else 0 end) over (partition by customer_id) = 1
            as has_valuable
    from judged_offers
),

judged as (
    select
        exclusions.customer_id,
        exclusions.observation_date,
        exclusions.segment_id,
        exclusions.exclusion_reason is not null or holdouts.customer_id is not null as is_excluded,
        best.product_type,
        best.channel,
        best.response_basis,
        best.margin_basis,
        best.incremental_response_rate,
        best.annual_net_margin_amount,
        best.contact_cost_amount,
        best.expected_value_amount,
        best.expected_value_amount_lower,
        runner_up.product_type as runner_up_product_type,
        runner_up.channel as runner_up_channel,
        runner_up.expected_value_amount as runner_up_expected_value_amount,
        case
            when exclusions.exclusion_reason is not null then exclusions.exclusion_reason
            when holdouts.customer_id is not null then 'held out of an audience'
            when eligible_customers.customer_id is null then 'no product to offer'
            when not eligible_customers.is_eligible_for_tested
                then 'effect unknown: product not tested'
            when best.customer_id is null
                then
                    'effect unknown: ' || case
                        when segments.evidence in ('no contacts', 'no control group')
                            then segments.evidence
                        else 'sample too small'
                    end
            when not best.has_valuable then 'expected value too low'
            when not best.is_made then 'not shown to pay'
        end as none_reason
    from exclusions
    left join holdouts
        on exclusions.customer_id = holdouts.customer_id
    left join segments
        on exclusions.segment_id = segments.segment_id
    left join eligible_customers
        on exclusions.customer_id = eligible_customers.customer_id
    left join ranked as best
        on
            exclusions.customer_id = best.customer_id
            and best.offer_rank = 1
    left join ranked as runner_up
        on
            exclusions.customer_id = runner_up.customer_id
            and runner_up.offer_rank = 2
            and runner_up.is_made
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        case
            when none_reason is null then 'offer ' || product_type || ' by ' || channel
            else 'none'
        end as action,
        case when none_reason is null then product_type end as product_type,
        case when none_reason is null then channel end as channel,
        coalesce(none_reason, 'highest expected value') as reason,
        is_excluded,
        coalesce(
            none_reason in (
                'effect unknown: sample too small', 'effect unknown: no control group',
                'effect unknown: no contacts'
            ),
            false
        ) as is_test_candidate,
        {% for column in [
            'response_basis', 'margin_basis', 'incremental_response_rate',
            'annual_net_margin_amount', 'contact_cost_amount', 'expected_value_amount',
            'expected_value_amount_lower',
        ] %}
        case when none_reason is null then {{ column }} end as {{ column }},
        {% endfor %}
        case
            when none_reason is not null then null
            when runner_up_product_type is not null
                then 'offer ' || runner_up_product_type || ' by ' || runner_up_channel
            else 'none'
        end as runner_up_action,
        case when none_reason is null then runner_up_expected_value_amount end
            as runner_up_expected_value_amount
    from judged
)

select * from final
