-- One row per segment and observation date: applications until the next date, and their decisions.
-- Rows that rest on few applicants are hidden, with one more wherever a total would give them away.
{%- set hidden = [
    'customers_count', 'applications_count', 'requested_amount', 'approved_count',
    'approval_rate', 'approval_rate_lower', 'approval_rate_upper', 'booked_count', 'booking_rate',
    'booking_rate_lower', 'booking_rate_upper', 'override_known_count', 'above_cut_off_count',
    'high_side_override_count', 'high_side_override_rate', 'high_side_override_rate_lower',
    'high_side_override_rate_upper', 'below_cut_off_count', 'low_side_override_count',
    'low_side_override_rate', 'low_side_override_rate_lower', 'low_side_override_rate_upper',
] %}

with

measured as (
    select * from {{ ref('int_segment_approvals') }}
),

judged as (
    select
        *,
        {{ is_suppressed('customers_count', ['observation_date']) }} as is_suppressed
    from measured
),

final as (
    select
        segment_id,
        observation_date,
        first_applied_on,
        last_applied_on,
        is_suppressed,
        {% for column in hidden -%}
            case when not is_suppressed then {{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from judged
)

select * from final
