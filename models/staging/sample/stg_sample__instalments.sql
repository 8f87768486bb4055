-- One row per loan and instalment number: the latest sound delivery.
{{ config(enabled=var('source') == 'sample') }}

with

instalments as (
    select * from {{ ref('base_sample__instalments') }}
    where rejection_reason is null
),

final as (
    select
        loan_id,
        instalment_number,
        due_on,
        due_amount,
        paid_on,
        paid_amount
    from instalments
)

select * from final
