-- One row per segment and observation date: contacts in the window against the caps.
with

counted as (
    select * from {{ ref('int_segment_contact_pressure') }}
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
        window_days,
        maximum_contacts_count,
        {% for column in [
            'customers_count', 'contacted_count', 'contacts_count', 'most_contacts_count',
            'any_cap_reached_count', 'cap_reached_count',
        ] %}
        case when not is_suppressed then {{ column }} end as {{ column }},
        {% endfor %}
        {% for name, count in [
            ('contacted_rate', 'contacted_count'), ('any_cap_reached_rate', 'any_cap_reached_count')
        ] %}
        case when not is_suppressed then {{ ratio(count, 'customers_count') }} end as {{ name }},
        case when not is_suppressed then {{ wilson_lower(count, 'customers_count') }} end
            as {{ name }}_lower,
        case when not is_suppressed then {{ wilson_upper(count, 'customers_count') }} end
            as {{ name }}_upper,
        {% endfor %}
        is_suppressed
    from flagged
)

select * from final
