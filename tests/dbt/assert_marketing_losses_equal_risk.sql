-- What customers are expected to lose in a year adds up to the expected loss of their segment in the
-- risk marts, to half a cent for each of them: two teams, one number. A breach would mean that marketing
-- values customers with another PD, LGD or exposure than risk reports.
with

customers as (
    select
        segment_id,
        observation_date,
        count(*) as customers_count,
        coalesce(sum(known_expected_loss_amount), 0) as expected_loss_amount
    from {{ ref('int_customer_margins') }}
    group by segment_id, observation_date
),

losses as (
    select
        segment_id,
        observation_date,
        count(*) as products_count,
        sum(expected_loss_amount) as expected_loss_amount
    from {{ ref('int_segment_expected_loss') }}
    -- Expected loss is over the performance window, a customer's over a year.
    where segment_id <> 'book' and pd_months = 12
    group by segment_id, observation_date
)

select
    losses.segment_id,
    losses.observation_date,
    customers.expected_loss_amount as customers_expected_loss_amount,
    losses.expected_loss_amount
from losses
inner join customers
    on
        losses.segment_id = customers.segment_id
        and losses.observation_date = customers.observation_date
where
    abs(customers.expected_loss_amount - coalesce(losses.expected_loss_amount, 0))
    > 0.005 * customers.customers_count + 0.02 * losses.products_count
