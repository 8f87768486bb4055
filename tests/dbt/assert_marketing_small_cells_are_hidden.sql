-- A segment's row shows no count, rate or amount where it rests on too few customers, and no group
-- hides a single cell, which would follow from the total. A row names a cell that gives people away.
with

cells as (
    {% for mart, key in [
        ('segment_marketing', "segment_id"),
        ('segment_lifetime_value', "segment_id"),
        ('segment_contact_pressure', "segment_id || ' ' || cast(observation_date as varchar)"),
        ('segment_channel_preference', "segment_id || ' ' || channel"),
    ] %}
    select
        '{{ mart }}' as mart,
        {{ key }} as cell,
        customers_count,
        is_suppressed
    from {{ ref(mart) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
    union all
    select
        'segment_audiences' as mart,
        segment_id || ' ' || audience as cell,
        case when audience_count > 0 then audience_count else nullif(qualifying_count, 0) end
            as customers_count,
        is_suppressed
    from {{ ref('segment_audiences') }}
    union all
    select
        'segment_next_best_actions' as mart,
        segment_id || ' ' || outcome as cell,
        customers_count,
        is_suppressed
    from {{ ref('segment_next_best_actions') }}
    -- A draw says nothing of anyone: see the model.
    where reason != 'held out of an audience'
),

contacts as (
    {% for mart in ['segment_marketing', 'segment_channel_preference'] %}
    {% for column, flag in [
        ('treated_count', 'is_treated_suppressed'),
        ('control_count', 'is_response_suppressed'),
    ] %}
    select
        '{{ mart }} {{ column }}' as mart,
        segment_id as cell,
        {{ column }} as customers_count,
        {{ flag }} as is_suppressed
    from {{ ref(mart) }}
    where evidence != 'no contacts'
    union all
    {% endfor %}
    {% endfor %}
    select
        mart,
        cell,
        customers_count,
        is_suppressed
    from cells
)

select *
from contacts
where
    (is_suppressed and customers_count is not null)
    or (not is_suppressed and customers_count < {{ var('minimum_cell_count') }})
