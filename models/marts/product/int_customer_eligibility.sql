{{ config(schema='internal') }}

-- One row per segmented customer, product type on the source's books and observation date (the
-- latest, and the last whose take-up is known in full): holds it, may be offered it, or why not.
--
-- Today's rules and the segment's present default rate are applied at both dates: customers of the
-- earlier date who pass are the lookalikes of those who pass now. Whom no known figure refuses, but
-- an unknown one could, is neither eligible nor refused: an offer needs the figure first.
with

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

customer_features as (
    select
        customer_id,
        observation_date,
        tenure_months,
        gross_annual_income_amount,
        current_dpd,
        bureau_score,
        debt_to_income_ratio
    from {{ ref('customer_features') }}
),

holdings as (
    select * from {{ ref('int_customer_products') }}
),

default_rates as (
    select * from {{ ref('int_segment_default_rates') }}
),

rules as (
    select * from {{ ref('product_eligibility') }}
),

product_types as (
    select * from {{ ref('product_types') }}
),

borrowers as (
    select distinct
        holdings.customer_id,
        holdings.observation_date
    from holdings
    inner join product_types
        on
            holdings.product_type = product_types.product_type
            and product_types.is_credit
),

accounts as (
    select * from {{ ref('accounts') }}
),

calendar as (
    select history_ends_on from {{ ref('source_calendar') }}
),

settings as (
    select
        cast(max(case setting when 'acquisition_window_months' then value end) as integer)
            as acquisition_window_months
    from {{ ref('product_settings') }}
),

dated as (
    select
        observation_dates.observation_date,
        observation_dates.is_latest,
        last_day({{ add_months(
            'observation_dates.observation_date', 'settings.acquisition_window_months'
        ) }}) as take_up_ends_on,
        calendar.history_ends_on
    from observation_dates
    cross join settings
    cross join calendar
),

judged_dates as (
    select
        observation_date,
        is_latest,
        take_up_ends_on,
        take_up_ends_on <= history_ends_on as is_take_up_known,
        max(case when take_up_ends_on <= history_ends_on then observation_date end) over ()
            as lookalike_date
    from dated
),

products as (
    select distinct product_type from accounts
),

openings as (
    select
        accounts.customer_id,
        accounts.product_type,
        judged_dates.observation_date
    from accounts
    inner join judged_dates
        on
            accounts.opened_on > judged_dates.observation_date
            and accounts.opened_on <= judged_dates.take_up_ends_on
            and judged_dates.is_take_up_known
    group by accounts.customer_id, accounts.product_type, judged_dates.observation_date
),

judged as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        products.product_type,
        judged_dates.is_latest,
        judged_dates.is_take_up_known,
        openings.customer_id is not null as has_taken_up,
        -- Without credit nobody is late; with it, days past due may be unknown.
        borrowers.customer_id is not null and customer_features.current_dpd is null
            as is_arrears_unknown,
        case
            when holdings.customer_id is not null then 'holds it'
            when rules.product_type is null then 'no eligibility rule'
            when customer_features.current_dpd > rules.maximum_dpd then 'in arrears'
            when customer_features.tenure_months < rules.minimum_tenure_months
                then 'tenure below minimum'
            when customer_features.gross_annual_income_amount < rules.minimum_income_amount
                then 'income below minimum'
            when customer_features.bureau_score < rules.minimum_bureau_score
                then 'bureau score below minimum'
            when customer_features.debt_to_income_ratio > rules.maximum_debt_to_income_ratio
                then 'debt to income above maximum'
            when default_rates.annual_default_rate > rules.maximum_segment_default_rate
                then 'segment default rate above maximum'
            when
                borrowers.customer_id is not null
                and customer_features.current_dpd is null
                and rules.maximum_dpd is not null
                then 'arrears unknown'
            when rules.minimum_tenure_months > 0 and customer_features.tenure_months is null
                then 'tenure unknown'
            when
                rules.minimum_income_amount is not null
                and customer_features.gross_annual_income_amount is null
                then 'income unknown'
            when
                rules.minimum_bureau_score is not null
                and customer_features.bureau_score is null
                then 'bureau score unknown'
            when
                rules.maximum_debt_to_income_ratio is not null
                and customer_features.debt_to_income_ratio is null
                then 'debt to income unknown'
            when
                rules.maximum_segment_default_rate is not null
                and default_rates.annual_default_rate is null
                then 'segment default rate unknown'
            else 'eligible'
        end as eligibility
    from segments
    inner join judged_dates
        on
            segments.observation_date = judged_dates.observation_date
            and (
                judged_dates.is_latest
                or judged_dates.observation_date = judged_dates.lookalike_date
            )
    cross join products
    inner join customer_features
        on
            segments.customer_id = customer_features.customer_id
            and segments.observation_date = customer_features.observation_date
    left join rules
        on products.product_type = rules.product_type
    left join holdings
        on
            segments.customer_id = holdings.customer_id
            and segments.observation_date = holdings.observation_date
            and products.product_type = holdings.product_type
    left join borrowers
        on
            segments.customer_id = borrowers.customer_id
            and segments.observation_date = borrowers.observation_date
    left join default_rates
        on segments.segment_id = default_rates.segment_id
    left join openings
        on
            segments.customer_id = openings.customer_id
            and segments.observation_date = openings.observation_date
            and products.product_type = openings.product_type
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        product_type,
        is_latest,
        is_take_up_known,
        eligibility,
        is_arrears_unknown,
        case
            when eligibility not like '% unknown' then eligibility = 'eligible'
        end as is_whitespace,
        case when is_take_up_known then has_taken_up end as has_taken_up
    from judged
)

select * from final
