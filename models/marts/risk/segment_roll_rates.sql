-- One row per segment or the book, observation date, roll period, delinquency bucket and the bucket or
-- exit one month later. Buckets that few customers left are hidden.
{%- set hidden = [
    'from_customers_count', 'from_accounts_count', 'accounts_count', 'roll_rate',
    'roll_rate_lower', 'roll_rate_upper', 'from_balance_amount', 'balance_amount',
    'balance_roll_rate', 'cured_accounts_count', 'cure_rate', 'cure_rate_lower',
    'cure_rate_upper', 'cured_balance_amount', 'balance_cure_rate',
] %}

with

rolls as (
    select * from {{ ref('int_segment_roll_rates') }}
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
),

from_buckets as (
    select distinct
        segment_id,
        observation_date,
        roll_period,
        from_bucket,
        from_customers_count
    from rolls
),

-- The windows of two dates differ by the months between their ends. No sum of windows splits months
-- that begin after the same ends, so these are protected together.
placed as (
    select
        from_buckets.segment_id,
        from_buckets.observation_date,
        from_buckets.roll_period,
        from_buckets.from_bucket,
        from_buckets.from_customers_count,
        count(*) filter (
            where from_buckets.observation_date > observation_dates.window_starts_after_on
        ) as windows_begun_count,
        count(*) filter (
            where from_buckets.observation_date >= observation_dates.last_month_end_on
        ) as windows_ended_count
    from from_buckets
    cross join observation_dates
    group by
        from_buckets.segment_id,
        from_buckets.observation_date,
        from_buckets.roll_period,
        from_buckets.from_bucket,
        from_buckets.from_customers_count
),

cells as (
    select
        *,
        -- A cell that is no month is alone in its group.
        from_bucket || case
            when roll_period = 'month'
                then 'months ' || windows_begun_count || ' ' || windows_ended_count
            else segment_id || roll_period || cast(observation_date as varchar)
        end as months_of
    from placed
),

judged as (
    {{ hidden_cells(
        'cells',
        'from_customers_count',
        ['segment_id', 'observation_date', 'roll_period', 'from_bucket', 'months_of'],
        [
            ['observation_date', 'roll_period', 'from_bucket'],
            ['segment_id', 'observation_date', 'roll_period'],
            ['months_of'],
        ],
        passes=2
    ) }}
),

final as (
    select
        rolls.segment_id,
        rolls.observation_date,
        rolls.roll_period,
        rolls.first_month_end_on,
        rolls.last_month_end_on,
        rolls.from_bucket_number,
        rolls.from_bucket,
        rolls.to_bucket_number,
        rolls.to_bucket,
        rolls.is_roll_forward,
        judged.is_hidden as is_suppressed,
        {% for column in hidden -%}
            case when not judged.is_hidden then rolls.{{ column }} end
                as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from rolls
    inner join judged
        on
            rolls.segment_id = judged.segment_id
            and rolls.observation_date = judged.observation_date
            and rolls.roll_period = judged.roll_period
            and rolls.from_bucket = judged.from_bucket
)

select * from final
