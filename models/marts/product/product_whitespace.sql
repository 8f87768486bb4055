-- One row per segment and product type at the latest observation date: who could still take it, and
-- how many are likely to.
with

counted as (
    select * from {{ ref('int_product_whitespace') }}
),

flagged as (
    select
        *,
        {{ is_suppressed('customers_count', ['observation_date, product_type']) }}
            as is_suppressed,
        -- Lookalikes are other people at an earlier date, so their cells are judged on their own.
        {{ is_suppressed('nullif(lookalikes_count, 0)', ['observation_date, product_type']) }}
            as is_small_lookalikes
    from counted
),

shown as (
    select
        *,
        is_suppressed or is_small_lookalikes as is_take_up_suppressed,
        not is_suppressed and not is_small_lookalikes and evidence = 'sufficient' as is_rate_shown
    from flagged
),

final as (
    select
        segment_id,
        product_type,
        observation_date,
        {% for column in [
            'customers_count', 'holders_count', 'in_arrears_count', 'ineligible_count',
            'whitespace_count',
        ] %}
        case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor %}
        case when not is_suppressed then {{ ratio('whitespace_count', 'customers_count') }} end
            as whitespace_rate,
        case
            when not is_suppressed then {{ wilson_lower('whitespace_count', 'customers_count') }}
        end as whitespace_rate_lower,
        case
            when not is_suppressed then {{ wilson_upper('whitespace_count', 'customers_count') }}
        end as whitespace_rate_upper,
        lookalikes_on,
        case when not is_take_up_suppressed then lookalikes_count end as lookalikes_count,
        case when not is_take_up_suppressed then take_ups_count end as take_ups_count,
        case when is_rate_shown then {{ ratio('take_ups_count', 'lookalikes_count') }} end
            as expected_take_up_rate,
        case when is_rate_shown then {{ wilson_lower('take_ups_count', 'lookalikes_count') }} end
            as expected_take_up_rate_lower,
        case when is_rate_shown then {{ wilson_upper('take_ups_count', 'lookalikes_count') }} end
            as expected_take_up_rate_upper,
        case
            when is_rate_shown
                then whitespace_count * {{ ratio('take_ups_count', 'lookalikes_count') }}
        end as expected_takers_count,
        evidence,
        is_suppressed,
        is_take_up_suppressed
    from shown
)

select * from final
