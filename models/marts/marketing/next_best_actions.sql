-- One row per segmented customer at the latest observation date: the offer with the highest
-- expected value, the next best one, or why there is none.
-- The best channel is chosen within each product, so the runner-up is another product.
with

exclusions as (
    select * from {{ ref('int_offer_exclusions') }}
),

eligibility as (
    select * from {{ ref('int_customer_eligibility') }}
    where is_latest and is_whitespace
),

offers as (
    select * from {{ ref('int_offers') }}
),

settings as (
    select
        max(case setting when 'minimum_expected_value_amount' then value end)
            as minimum_expected_value_amount
    from {{ ref('marketing_settings') }}
),

eligible_customers as (
    select distinct customer_id
    from eligibility
),

product_offers as (
    select *
    from offers
    qualify row_number() over (
        partition by customer_id, product_type
        order by expected_value_amount desc, channel
    ) = 1
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by expected_value_amount desc, product_type
        ) as offer_rank
    from product_offers
),

judged as (
    select
        exclusions.customer_id,
        exclusions.observation_date,
        exclusions.segment_id,
        exclusions.exclusion_reason,
        settings.minimum_expected_value_amount,
        eligible_customers.customer_id is not null as is_eligible_for_any,
        best.product_type,
        best.channel,
        best.response_basis,
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
            when eligible_customers.customer_id is null then 'no product to offer'
            when best.customer_id is null then 'no evidence that a contact adds anything'
            when best.expected_value_amount <= settings.minimum_expected_value_amount
                then 'expected value too low'
        end as none_reason
    from exclusions
    cross join settings
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
        exclusion_reason is not null as is_excluded,
        case when none_reason is null then response_basis end as response_basis,
        case when none_reason is null then incremental_response_rate end
            as incremental_response_rate,
        case when none_reason is null then annual_net_margin_amount end
            as annual_net_margin_amount,
        case when none_reason is null then contact_cost_amount end as contact_cost_amount,
        case when none_reason is null then expected_value_amount end as expected_value_amount,
        case when none_reason is null then expected_value_amount_lower end
            as expected_value_amount_lower,
        case
            when none_reason is not null then null
            when runner_up_expected_value_amount > minimum_expected_value_amount
                then 'offer ' || runner_up_product_type || ' by ' || runner_up_channel
            else 'none'
        end as runner_up_action,
        case
            when
                none_reason is null
                and runner_up_expected_value_amount > minimum_expected_value_amount
                then runner_up_expected_value_amount
        end as runner_up_expected_value_amount
    from judged
)

select * from final
