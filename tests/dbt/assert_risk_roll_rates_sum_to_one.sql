-- Every account month that starts in a bucket ends in exactly one bucket or exit: the roll rates of a
-- bucket sum to one, by count and by balance. A breach would mean that months were lost or counted
-- twice, and a cure rate that can't be believed.
select
    segment_id,
    observation_date,
    roll_period,
    from_bucket,
    max(from_accounts_count) as from_accounts_count,
    sum(accounts_count) as accounts_count,
    max(from_balance_amount) as from_balance_amount,
    sum(balance_amount) as balance_amount,
    sum(roll_rate) as roll_rate_sum
from {{ ref('int_segment_roll_rates') }}
group by segment_id, observation_date, roll_period, from_bucket
having
    sum(accounts_count) <> max(from_accounts_count)
    or sum(balance_amount) <> max(from_balance_amount)
    or abs(sum(roll_rate) - 1) > 1e-9
    or (max(from_balance_amount) > 0 and abs(sum(balance_roll_rate) - 1) > 1e-9)
