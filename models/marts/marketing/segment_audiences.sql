{%- set counts = [
    'customers_count', 'qualifying_count', 'excluded_count', 'other_audience_count', 'audience_count',
    'holdout_count', 'addressed_count', 'valued_count',
] %}
{%- set amounts = ['expected_value_amount', 'expected_value_amount_lower'] %}
-- One row per segment and audience, and per audience over the book (segment `all`), at the latest
-- observation date: from those who meet its limits to those whom the campaign addresses.
-- int_segment_audiences counts; this model hides small cells.
with

counted as (
    select
        *,
        -- The fewest people that a row tells of.
        case when audience_count > 0 then audience_count else nullif(qualifying_count, 0) end
            as told_count
    from {{ ref('int_segment_audiences') }}
),

-- Empty cells give nobody away and hide nobody: they stay out of the choice.
peopled as (
    select * from counted
    where told_count is not null
),

-- Members add up by audience. A segment's customers need not be in any, so it has no total.
hidden as (
    {{ hidden_cells(
        'peopled', 'told_count', ['segment_id', 'audience'], [['audience']]
    ) }}
),

segments as (
    select
        counted.segment_id,
        counted.observation_date,
        counted.audience,
        counted.priority,
        counted.product_type,
        {% for column in counts + amounts %}
        counted.{{ column }},
        {% endfor %}
        coalesce(hidden.is_hidden, false) as is_suppressed
    from counted
    left join hidden
        on
            counted.segment_id = hidden.segment_id
            and counted.audience = hidden.audience
),

-- Hidden cells don't follow from a total, so the book's can be shown.
book as (
    select
        'all' as segment_id,
        observation_date,
        audience,
        priority,
        product_type,
        {% for column in counts + amounts %}
        sum({{ column }}) as {{ column }},
        {% endfor %}
        coalesce({{ is_small_cell('sum(told_count)') }}, false) as is_suppressed
    from counted
    group by observation_date, audience, priority, product_type
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
        cast(audience as varchar) as audience,
        cast(priority as integer) as priority,
        cast(product_type as varchar) as product_type,
        {% for column in counts %}
        case when not is_suppressed then cast({{ column }} as bigint) end as {{ column }},
        {% endfor %}
        case when not is_suppressed then {{ ratio('audience_count', 'customers_count') }} end
            as audience_rate,
        case
            when not is_suppressed then {{ wilson_lower('audience_count', 'customers_count') }}
        end as audience_rate_lower,
        case
            when not is_suppressed then {{ wilson_upper('audience_count', 'customers_count') }}
        end as audience_rate_upper,
        {% for column in amounts %}
        case when not is_suppressed then cast({{ column }} as decimal(18, 2)) end as {{ column }},
        {% endfor %}
        is_suppressed
    from flagged
)

select * from final
