-- One row per segment and observation date, nothing hidden: the applications made after that date and
-- until the next one, by the segment the applicant had on it. Who had none is `unsegmented`.
{{ config(schema='internal') }}

with

segments as (
    select * from {{ ref('segments') }}
),

observation_dates as (
    select
        *,
        lead(observation_date) over (order by observation_date) as next_observation_date
    from {{ ref('observation_dates') }}
),

loan_applications as (
    select * from {{ ref('loan_applications') }}
),

loans as (
    select * from {{ ref('loans') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

parameters as (
    select max(case when parameter = 'booking_window_days' then value end) as booking_window_days
    from {{ ref('risk_parameters') }}
),

booked_loans as (
    select distinct application_id
    from loans
    where application_id is not null
),

-- A card's account doesn't name its application: the first one opened soon after is taken for it.
booked_cards as (
    select distinct loan_applications.application_id
    from loan_applications
    inner join product_types
        on
            loan_applications.product_type = product_types.product_type
            and product_types.is_revolving
    cross join parameters
    inner join accounts
        on
            loan_applications.customer_id = accounts.customer_id
            and loan_applications.product_type = accounts.product_type
            and accounts.opened_on >= loan_applications.applied_on
            and {{ days_between('loan_applications.applied_on', 'accounts.opened_on') }}
            <= parameters.booking_window_days
    where loan_applications.decision = 'approved'
),

applications as (
    select
        coalesce(segments.segment_id, 'unsegmented') as segment_id,
        observation_dates.observation_date,
        loan_applications.application_id,
        loan_applications.customer_id,
        loan_applications.applied_on,
        loan_applications.requested_amount,
        loan_applications.decision = 'approved' as is_approved,
        loan_applications.is_override,
        booked_loans.application_id is not null or booked_cards.application_id is not null
            as is_booked
    from loan_applications
    inner join observation_dates
        on
            loan_applications.applied_on > observation_dates.observation_date
            and (
                loan_applications.applied_on <= observation_dates.next_observation_date
                or observation_dates.next_observation_date is null
            )
    left join segments
        on
            loan_applications.customer_id = segments.customer_id
            and observation_dates.observation_date = segments.observation_date
    left join booked_loans
        on loan_applications.application_id = booked_loans.application_id
    left join booked_cards
        on loan_applications.application_id = booked_cards.application_id
),

counted as (
    select
        segment_id,
        observation_date,
        min(applied_on) as first_applied_on,
        max(applied_on) as last_applied_on,
        count(distinct customer_id) as customers_count,
        count(*) as applications_count,
        sum(requested_amount) as requested_amount,
        count(*) filter (where is_approved) as approved_count,
        count(*) filter (where is_approved and is_booked) as booked_count,
        count(*) filter (where is_override is not null) as override_known_count,
        -- Above the cut-off: approved as the score said, or declined against it.
        count(*) filter (where is_approved <> is_override) as above_cut_off_count,
        count(*) filter (where not is_approved and is_override) as high_side_override_count,
        count(*) filter (where is_approved = is_override) as below_cut_off_count,
        count(*) filter (where is_approved and is_override) as low_side_override_count
    from applications
    group by segment_id, observation_date
),

final as (
    select
        segment_id,
        observation_date,
        first_applied_on,
        last_applied_on,
        customers_count,
        applications_count,
        cast(requested_amount as decimal(18, 2)) as requested_amount,
        approved_count,
        {% for rate, numerator, denominator in [
            ('approval_rate', 'approved_count', 'applications_count'),
            ('booking_rate', 'booked_count', 'approved_count'),
            ('high_side_override_rate', 'high_side_override_count', 'above_cut_off_count'),
            ('low_side_override_rate', 'low_side_override_count', 'below_cut_off_count'),
        ] -%}
            {{ ratio(numerator, denominator) }} as {{ rate }},
            {{ wilson_lower(numerator, denominator) }} as {{ rate }}_lower,
            {{ wilson_upper(numerator, denominator) }} as {{ rate }}_upper,
        {% endfor -%}
        booked_count,
        override_known_count,
        above_cut_off_count,
        high_side_override_count,
        below_cut_off_count,
        low_side_override_count
    from counted
)

select * from final
