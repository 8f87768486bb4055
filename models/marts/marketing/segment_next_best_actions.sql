-- One row per segment and outcome, and per outcome over the book (segment `all`), at the latest
-- observation date: how many customers would be offered which product and what that is worth, and how
-- many get no offer for which reason.
with

counted as (
    select
        *,
        -- Holdouts are drawn at random, so their number says nothing of anyone, and
        -- segment_audiences counts them as well: no other cell could hide behind them.
        case when reason != 'held out of an audience' then customers_count end as hideable_count
    from {{ ref('int_segment_next_best_actions') }}
),

-- Outcomes of a segment add up to its customers, and segments to the book.
hidden as (
    {{ hidden_cells(
        'counted', 'hideable_count', ['segment_id', 'outcome'], [['outcome'], ['segment_id']]
    ) }}
),

segments as (
    select
        counted.segment_id,
        counted.observation_date,
        counted.outcome,
        counted.product_type,
        counted.reason,
        counted.is_excluded,
        counted.customers_count,
        counted.expected_value_amount,
        counted.expected_value_amount_lower,
        hidden.is_hidden as is_suppressed
    from counted
    inner join hidden
        on
            counted.segment_id = hidden.segment_id
            and counted.outcome = hidden.outcome
),

-- Hidden cells don't follow from a total, so the book's can be shown.
book as (
    select
        'all' as segment_id,
        observation_date,
        outcome,
        product_type,
        reason,
        is_excluded,
        sum(customers_count) as customers_count,
        sum(expected_value_amount) as expected_value_amount,
        sum(expected_value_amount_lower) as expected_value_amount_lower,
        {{ is_small_cell('sum(customers_count)') }} as is_suppressed
    from counted
    group by observation_date, outcome, product_type, reason, is_excluded
),

flagged as (
    select * from segments
    union all
    select * from book
),

final as (
    select
        segment_id,
        observation_date,
        outcome,
        product_type,
        reason,
        is_excluded,
        case when not is_suppressed then cast(customers_count as bigint) end as customers_count,
        {% for column in ['expected_value_amount', 'expected_value_amount_lower'] %}
        case when not is_suppressed then cast({{ column }} as decimal(18, 2)) end as {{ column }},
        {% endfor %}
        is_suppressed
    from flagged
)

select * from final
