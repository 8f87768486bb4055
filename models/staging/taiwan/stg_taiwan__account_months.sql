-- One row per card and statement, April to September 2005.
-- A repayment status of n months late is 30 n days past due; -2, -1 and 0 are nothing late.
{{ config(enabled=var('source') == 'taiwan') }}

{%- set statements = [
    ('2005-09-30', 'pay_0', 'bill_amt1', 'pay_amt1'),
    ('2005-08-31', 'pay_2', 'bill_amt2', 'pay_amt2'),
    ('2005-07-31', 'pay_3', 'bill_amt3', 'pay_amt3'),
    ('2005-06-30', 'pay_4', 'bill_amt4', 'pay_amt4'),
    ('2005-05-31', 'pay_5', 'bill_amt5', 'pay_amt5'),
    ('2005-04-30', 'pay_6', 'bill_amt6', 'pay_amt6'),
] %}

with

credit_cards as (
    select * from {{ ref('base_taiwan__credit_cards') }}
    where rejection_reason is null
),

final as (
    {% for month_end_on, status, balance, payment in statements %}
        select
            'card_' || customer_id as account_id,
            cast('{{ month_end_on }}' as date) as month_end_on,
            {{ balance }} as balance_amount,
            limit_bal as limit_amount,
            {{ payment }} as payment_amount,
            cast(null as decimal(18, 2)) as minimum_due_amount,
            30 * greatest({{ status }}, 0) as dpd
        from credit_cards
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
