-- One row per segment and product type at the latest observation date: who could still take it, and
-- how many are likely to.
{%- set refusals = ['in_arrears_count', 'ineligible_count', 'unknown_count'] %}
with

counted as (
    select * from {{ ref('int_product_whitespace') }}
),

-- Who holds the product is hidden here where it is hidden there: whitespace is part of the rest.
holders as (
    select * from {{ ref('segment_product') }}
),

judged as (
    select
        counted.*,
        holders.is_suppressed,
        -- Lookalikes are other people at an earlier date, so their cells are judged on their own.
        {{ is_suppressed(
            'nullif(counted.lookalikes_count, 0)',
            ['counted.observation_date, counted.product_type']
        ) }} as is_small_lookalikes,
        -- A row that is hidden already counts as a small cell, or its whitespace would follow from a
        -- total where it is the only one that is hidden.
        case
            when counted.whitespace_count = 0 then null
            when holders.is_suppressed
                then least(counted.whitespace_count, {{ var('minimum_cell_count') - 1 }})
            else counted.whitespace_count
        end as whitespace_cell_count
    from counted
    inner join holders
        on
            counted.segment_id = holders.segment_id
            and counted.observation_date = holders.observation_date
            and counted.product_type = holders.product_type
),

whitespace_judged as (
    select
        *,
        is_suppressed
        or {{ is_suppressed('whitespace_cell_count', ['observation_date, product_type']) }}
            as is_whitespace_suppressed
    from judged
),

-- Who isn't offered it is split only where no part of it is small.
refusals_sized as (
    select
        *,
        case
            when not is_whitespace_suppressed
                then least({% for column in refusals -%}
                    nullif({{ column }}, 0){{ ', ' if not loop.last }}
                {%- endfor %})
        end as refusal_cell_count
    from whitespace_judged
),

shown as (
    select
        *,
        is_whitespace_suppressed
        or {{ is_suppressed('refusal_cell_count', ['observation_date, product_type']) }}
            as is_refusal_suppressed,
        is_small_lookalikes as is_take_up_suppressed,
        not is_small_lookalikes
        and evidence in ('sufficient', 'too few take-ups') as is_rate_shown,
        -- Where nobody is known to be eligible and somebody may be, zero would be a claim.
        not is_whitespace_suppressed
        and (whitespace_count > 0 or unknown_count = 0) as is_whitespace_shown
    from refusals_sized
),

final as (
    select
        segment_id,
        product_type,
        observation_date,
        case when not is_suppressed then customers_count end as customers_count,
        case when not is_suppressed then holders_count end as holders_count,
        case
            when
                not is_refusal_suppressed
                and (in_arrears_count > 0 or arrears_unknown_count = 0)
                then in_arrears_count
        end as in_arrears_count,
        case when not is_refusal_suppressed then ineligible_count end as ineligible_count,
        case when not is_refusal_suppressed then unknown_count end as unknown_count,
        case when is_whitespace_shown then whitespace_count end as whitespace_count,
        case when is_whitespace_shown then {{ ratio('whitespace_count', 'customers_count') }} end
            as whitespace_rate,
        case
            when is_whitespace_shown
                then {{ wilson_lower('whitespace_count', 'customers_count') }}
        end as whitespace_rate_lower,
        case
            when is_whitespace_shown
                then {{ wilson_upper('whitespace_count', 'customers_count') }}
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
            when is_rate_shown and is_whitespace_shown and evidence = 'sufficient'
                then whitespace_count * {{ ratio('take_ups_count', 'lookalikes_count') }}
        end as expected_takers_count,
        evidence,
        is_suppressed,
        is_whitespace_suppressed,
        is_refusal_suppressed,
        is_take_up_suppressed
    from shown
)

select * from final
