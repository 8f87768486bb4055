-- One row per customer whom the campaign may address: those who
-- could open a savings account and have money left over.
-- The rules are in seeds/marketing_audiences.csv. Holdouts are in the list and must not be contacted.
with

members as (
    select * from {{ ref('int_audience_members') }}
    where audience = 'savings_growth'
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
