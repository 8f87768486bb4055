-- One row per segment and observation date: products per customer and attrition.
with

counted as (
    select * from {{ ref('int_segment_relationships') }}
),

flagged as (
    select
        *,
        {{ is_suppressed('customers_count', ['observation_date']) }} as is_suppressed
    from counted
),

final as (
    select
        segment_id,
        observation_date,
        case when not is_suppressed then customers_count end as customers_count,
        case when not is_suppressed then products_held_count end as products_held_count,
        case when not is_suppressed then {{ ratio('products_held_count', 'customers_count') }} end
            as products_per_customer,
        case when not is_suppressed then single_product_customers_count end
            as single_product_customers_count,
        case
            when not is_suppressed
                then {{ ratio('single_product_customers_count', 'customers_count') }}
        end as single_product_rate,
        case
            when not is_suppressed
                then {{ wilson_lower('single_product_customers_count', 'customers_count') }}
        end as single_product_rate_lower,
        case
            when not is_suppressed
                then {{ wilson_upper('single_product_customers_count', 'customers_count') }}
        end as single_product_rate_upper,
        attrition_ends_on,
        is_attrition_mature,
        case when not is_suppressed then attrition_exposed_count end as attrition_exposed_count,
        case when not is_suppressed then attrited_count end as attrited_count,
        case when not is_suppressed then attrited_charged_off_count end
            as attrited_charged_off_count,
        case when not is_suppressed then {{ ratio('attrited_count', 'attrition_exposed_count') }} end
            as attrition_rate,
        case
            when not is_suppressed
                then {{ wilson_lower('attrited_count', 'attrition_exposed_count') }}
        end as attrition_rate_lower,
        case
            when not is_suppressed
                then {{ wilson_upper('attrited_count', 'attrition_exposed_count') }}
        end as attrition_rate_upper,
        is_suppressed
    from flagged
)

select * from final
