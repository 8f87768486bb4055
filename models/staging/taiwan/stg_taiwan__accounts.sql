-- One row per card: the file has one for each customer, and no opening dates.
{{ config(enabled=var('source') == 'taiwan') }}

with

credit_cards as (
    select * from {{ ref('base_taiwan__credit_cards') }}
    where rejection_reason is null
),

final as (
    select
        'card_' || customer_id as account_id,
        customer_id,
        'credit_card' as product_type,
        cast(null as date) as opened_on,
        cast(null as date) as closed_on
    from credit_cards
)

select * from final
