-- One row per segment or the book, observation date, roll period, delinquency bucket and the bucket or
-- exit one month later, nothing hidden. Every pair of buckets has a row, also where nobody rolled.
{{ config(schema='internal') }}

with

segments as (
    select * from {{ ref('segments') }}
),

observation_dates as (
    select
        *,
        lead(last_month_end_on) over (order by observation_date) as next_last_month_end_on
    from {{ ref('observation_dates') }}
),

source_calendar as (
    select * from {{ ref('source_calendar') }}
),

credit_months as (
    select * from {{ ref('int_account_months') }}
    where
        is_credit
        and balance_amount is not null
),

accounts as (
    select * from {{ ref('accounts') }}
),

charge_offs as (
    select * from {{ ref('int_charge_offs') }}
),

buckets as (
    select * from {{ ref('risk_delinquency_buckets') }}
),

states as (
    select
        credit_months.account_id,
        credit_months.customer_id,
        credit_months.month_end_on,
        last_day({{ add_months('credit_months.month_end_on', 1) }}) as next_month_end_on,
        credit_months.owed_amount,
        buckets.bucket_number,
        buckets.delinquency_bucket
    from credit_months
    left join buckets
        on
            credit_months.dpd >= buckets.lower_dpd
            and (credit_months.dpd <= buckets.upper_dpd or buckets.upper_dpd is null)
),

-- A month after which the account was gone already isn't a state that it could leave.
transitions as (
    select
        states.account_id,
        states.customer_id,
        states.month_end_on,
        states.next_month_end_on,
        states.owed_amount,
        states.bucket_number as from_bucket_number,
        states.delinquency_bucket as from_bucket,
        case
            when charge_offs.charged_off_on <= states.next_month_end_on then 'charged off'
            when accounts.closed_on <= states.next_month_end_on then 'closed'
            when next_states.delinquency_bucket is not null then next_states.delinquency_bucket
            else 'not observed'
        end as to_bucket
    from states
    inner join accounts
        on states.account_id = accounts.account_id
    left join charge_offs
        on states.account_id = charge_offs.account_id
    left join states as next_states
        on
            states.account_id = next_states.account_id
            and states.next_month_end_on = next_states.month_end_on
    cross join source_calendar
    where
        states.bucket_number is not null
        and states.next_month_end_on <= source_calendar.history_ends_on
        and (accounts.closed_on is null or accounts.closed_on > states.month_end_on)
        and (charge_offs.charged_off_on is null or charge_offs.charged_off_on > states.month_end_on)
),

-- After: each month belongs to the latest observation date by then, so that none counts twice.
-- Before: the months that led up to the date, among those who are in the segment at its end.
-- Month: one step of every credit account, which needs no segment.
attributed as (
    select
        segments.segment_id,
        segments.observation_date,
        'after' as roll_period,
        transitions.*
    from transitions
    inner join observation_dates
        on
            transitions.month_end_on >= observation_dates.last_month_end_on
            and (
                transitions.month_end_on < observation_dates.next_last_month_end_on
                or observation_dates.next_last_month_end_on is null
            )
    inner join segments
        on
            transitions.customer_id = segments.customer_id
            and observation_dates.observation_date = segments.observation_date
    union all
    select
        segments.segment_id,
        segments.observation_date,
        'before' as roll_period,
        transitions.*
    from transitions
    inner join observation_dates
        on
            transitions.month_end_on > observation_dates.window_starts_after_on
            and transitions.next_month_end_on <= observation_dates.last_month_end_on
    inner join segments
        on
            transitions.customer_id = segments.customer_id
            and observation_dates.observation_date = segments.observation_date
    union all
    select
        'book' as segment_id,
        month_end_on as observation_date,
        'month' as roll_period,
        transitions.*
    from transitions
),

rolls as (
    select
        segment_id,
        observation_date,
        roll_period,
        from_bucket,
        to_bucket,
        count(*) as accounts_count,
        sum(owed_amount) as balance_amount
    from attributed
    group by segment_id, observation_date, roll_period, from_bucket, to_bucket
),

from_buckets as (
    select
        segment_id,
        observation_date,
        roll_period,
        from_bucket_number,
        from_bucket,
        min(month_end_on) as first_month_end_on,
        max(next_month_end_on) as last_month_end_on,
        count(distinct customer_id) as from_customers_count,
        count(*) as from_accounts_count,
        sum(owed_amount) as from_balance_amount
    from attributed
    group by segment_id, observation_date, roll_period, from_bucket_number, from_bucket
),

-- At one date a customer is in one segment, so that the segments add up to the book.
rolls_with_book as (
    select * from rolls
    union all
    select
        'book' as segment_id,
        observation_date,
        roll_period,
        from_bucket,
        to_bucket,
        cast(sum(accounts_count) as bigint) as accounts_count,
        sum(balance_amount) as balance_amount
    from rolls
    where roll_period <> 'month'
    group by observation_date, roll_period, from_bucket, to_bucket
),

from_buckets_with_book as (
    select * from from_buckets
    union all
    select
        'book' as segment_id,
        observation_date,
        roll_period,
        from_bucket_number,
        from_bucket,
        min(first_month_end_on) as first_month_end_on,
        max(last_month_end_on) as last_month_end_on,
        cast(sum(from_customers_count) as bigint) as from_customers_count,
        cast(sum(from_accounts_count) as bigint) as from_accounts_count,
        sum(from_balance_amount) as from_balance_amount
    from from_buckets
    where roll_period <> 'month'
    group by observation_date, roll_period, from_bucket_number, from_bucket
),

to_buckets as (
    select
        bucket_number as to_bucket_number,
        delinquency_bucket as to_bucket
    from buckets
    union all
    select
        97 as to_bucket_number,
        'closed' as to_bucket
    union all
    select
        98 as to_bucket_number,
        'charged off' as to_bucket
    union all
    select
        99 as to_bucket_number,
        'not observed' as to_bucket
),

counted as (
    select
        from_buckets_with_book.*,
        to_buckets.to_bucket_number,
        to_buckets.to_bucket,
        coalesce(rolls_with_book.accounts_count, 0) as accounts_count,
        coalesce(rolls_with_book.balance_amount, 0) as balance_amount
    from from_buckets_with_book
    cross join to_buckets
    left join rolls_with_book
        on
            from_buckets_with_book.segment_id = rolls_with_book.segment_id
            and from_buckets_with_book.observation_date = rolls_with_book.observation_date
            and from_buckets_with_book.roll_period = rolls_with_book.roll_period
            and from_buckets_with_book.from_bucket = rolls_with_book.from_bucket
            and to_buckets.to_bucket = rolls_with_book.to_bucket
),

-- A cure is a return to the first bucket. From there nothing can be cured.
cured as (
    select
        *,
        sum(case when to_bucket_number = 1 and from_bucket_number > 1 then accounts_count end) over (
            partition by segment_id, observation_date, roll_period, from_bucket
        ) as cured_accounts_count,
        sum(case when to_bucket_number = 1 and from_bucket_number > 1 then balance_amount end) over (
            partition by segment_id, observation_date, roll_period, from_bucket
        ) as cured_balance_amount
    from counted
),

final as (
    select
        segment_id,
        observation_date,
        roll_period,
        first_month_end_on,
        last_month_end_on,
        cast(from_bucket_number as integer) as from_bucket_number,
        from_bucket,
        cast(to_bucket_number as integer) as to_bucket_number,
        to_bucket,
        to_bucket_number <> 97 and to_bucket_number <> 99 and to_bucket_number > from_bucket_number
            as is_roll_forward,
        from_customers_count,
        from_accounts_count,
        accounts_count,
        {{ ratio('accounts_count', 'from_accounts_count') }} as roll_rate,
        {{ wilson_lower('accounts_count', 'from_accounts_count') }} as roll_rate_lower,
        {{ wilson_upper('accounts_count', 'from_accounts_count') }} as roll_rate_upper,
        cast(from_balance_amount as decimal(18, 2)) as from_balance_amount,
        cast(balance_amount as decimal(18, 2)) as balance_amount,
        {{ ratio('balance_amount', 'from_balance_amount') }} as balance_roll_rate,
        cast(cured_accounts_count as bigint) as cured_accounts_count,
        {{ ratio('cured_accounts_count', 'from_accounts_count') }} as cure_rate,
        {{ wilson_lower('cured_accounts_count', 'from_accounts_count') }} as cure_rate_lower,
        {{ wilson_upper('cured_accounts_count', 'from_accounts_count') }} as cure_rate_upper,
        cast(cured_balance_amount as decimal(18, 2)) as cured_balance_amount,
        {{ ratio('cured_balance_amount', 'from_balance_amount') }} as balance_cure_rate
    from cured
)

select * from final
