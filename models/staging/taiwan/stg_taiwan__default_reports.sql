-- One row per card: whether the payment of October 2005 defaulted.
{{ config(enabled=var('source') == 'taiwan') }}

with

credit_cards as (
    select * from {{ ref('base_taiwan__credit_cards') }}
    where rejection_reason is null
),

final as (
    select
        customer_id,
        'card_' || customer_id as account_id,
        cast('2005-09-30' as date) as exposed_from_on,
        cast('2005-10-31' as date) as reported_on,
        is_default
    from credit_cards
)

select * from final
