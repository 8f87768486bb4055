-- One row per customer whom the campaign may address: those who
-- hold a personal loan, keep it up to date and have room for more.
-- The rules are in seeds/marketing_audiences.csv. Holdouts are in the list and must not be contacted.
with

members as (
    select * from {{ ref('int_audience_members') }}
    where audience = 'loan_top_up'
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        audience,
        product_type,
        {% for channel in marketing_channels() %}
        may_use_{{ channel }},
        {% endfor %}
        is_holdout,
        is_measurable
    from members
)

select * from final
