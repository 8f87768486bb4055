{{ config(schema='internal') }}

-- One row per customer and audience whose limits the customer meets at the latest observation date,
-- before anybody is left out: with the first rule for offers that excludes the customer, if any.
-- An unknown figure fails a limit.
with

definitions as (
    select * from {{ ref('marketing_audiences') }}
),

exclusions as (
    select * from {{ ref('int_offer_exclusions') }}
),

eligibility as (
    select * from {{ ref('int_customer_eligibility') }}
    where is_latest
),

features as (
    select
        customer_id,
        observation_date,
        expense_cover_months,
        payment_ratio,
        utilisation_mean_ratio,
        bureau_score,
        debt_to_income_ratio,
        late_months_ratio
    from {{ ref('customer_features') }}
),

final as (
    select
        exclusions.customer_id,
        exclusions.observation_date,
        exclusions.segment_id,
        exclusions.exclusion_reason,
        definitions.audience,
        definitions.priority,
        definitions.product_type,
        definitions.holdout_share
    from exclusions
    cross join definitions
    inner join features
        on
            exclusions.customer_id = features.customer_id
            and exclusions.observation_date = features.observation_date
    inner join eligibility
        on
            exclusions.customer_id = eligibility.customer_id
            and definitions.product_type = eligibility.product_type
            and eligibility.eligibility
            = case when definitions.must_hold_product then 'holds it' else 'eligible' end
    where
        {% for feature, limit, side in [
            ('expense_cover_months', 'minimum_expense_cover_months', '>='),
            ('payment_ratio', 'minimum_payment_ratio', '>='),
            ('utilisation_mean_ratio', 'maximum_utilisation_ratio', '<='),
            ('bureau_score', 'minimum_bureau_score', '>='),
            ('debt_to_income_ratio', 'maximum_debt_to_income_ratio', '<='),
            ('late_months_ratio', 'maximum_late_months_ratio', '<='),
        ] %}
        {{ 'and ' if not loop.first }}(
            definitions.{{ limit }} is null
            or coalesce(features.{{ feature }} {{ side }} definitions.{{ limit }}, false)
        )
        {% endfor %}
)

select * from final
