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
        may_use_email,
        may_use_sms,
        may_use_phone,
        may_use_post,
        is_holdout
    from members
)

select * from final
