-- The stages hold every open credit account on the balance sheet once, with its balance and exposure at
-- default; stage 3 holds what expected loss calls defaulted; the rows `book` are the sum of the
-- segments. A breach would mean an allowance for part of the book, twice for some of it, or accounts of
-- customers in default with the loss of performing ones.
with

stages as (
    select
        segment_id,
        observation_date,
        sum(accounts_count) as accounts_count,
        coalesce(sum(gross_carrying_amount), 0) as balance_amount,
        coalesce(sum(exposure_at_default_amount), 0) as exposure_at_default_amount,
        coalesce(sum(accounts_count) filter (where stage = 3), 0) as defaulted_accounts_count,
        coalesce(sum(gross_carrying_amount) filter (where stage = 3), 0)
            as defaulted_balance_amount,
        coalesce(sum(exposure_at_default_amount) filter (where stage = 3), 0)
            as defaulted_exposure_amount
    from {{ ref('int_segment_impairment') }}
    group by segment_id, observation_date
),

losses as (
    select
        segment_id,
        observation_date,
        sum(accounts_count) as accounts_count,
        coalesce(sum(balance_amount), 0) as balance_amount,
        coalesce(sum(exposure_at_default_amount), 0) as exposure_at_default_amount,
        sum(defaulted_accounts_count) as defaulted_accounts_count,
        coalesce(sum(defaulted_balance_amount), 0) as defaulted_balance_amount
    from {{ ref('int_segment_expected_loss') }}
    group by segment_id, observation_date
),

book_totals as (
    select
        observation_date,
        sum(accounts_count) filter (where segment_id <> 'book') as segment_accounts_count,
        sum(accounts_count) filter (where segment_id = 'book') as book_accounts_count,
        sum(ecl_amount) filter (where segment_id <> 'book') as segment_ecl_amount,
        sum(ecl_amount) filter (where segment_id = 'book') as book_ecl_amount,
        count(ecl_amount) = count(*) as is_complete
    from {{ ref('int_segment_impairment') }}
    group by observation_date
)

select
    stages.segment_id,
    stages.observation_date,
    'stages differ from expected loss' as breach,
    stages.defaulted_balance_amount as staged_amount,
    losses.defaulted_balance_amount as expected_amount
from stages
full outer join losses
    on
        stages.segment_id = losses.segment_id
        and stages.observation_date = losses.observation_date
where
    stages.defaulted_exposure_amount is distinct from stages.defaulted_balance_amount
    {% for column in [
        'accounts_count', 'balance_amount', 'exposure_at_default_amount',
        'defaulted_accounts_count', 'defaulted_balance_amount',
    ] -%}
        or stages.{{ column }} is distinct from losses.{{ column }}
    {% endfor %}
union all
select
    'book' as segment_id,
    observation_date,
    'segments do not add up' as breach,
    segment_ecl_amount as staged_amount,
    book_ecl_amount as expected_amount
from book_totals
where
    segment_accounts_count is distinct from book_accounts_count
    or (is_complete and segment_ecl_amount is distinct from book_ecl_amount)
