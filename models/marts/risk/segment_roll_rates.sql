-- One row per segment, observation date, side of that date, delinquency bucket and the bucket or
-- exit one month later. Buckets that few customers left are hidden.
{%- set hidden = [
    'from_customers_count', 'from_accounts_count', 'accounts_count', 'roll_rate',
    'roll_rate_lower', 'roll_rate_upper', 'from_balance_amount', 'balance_amount',
    'balance_roll_rate',
] %}

with

rolls as (
    select * from {{ ref('int_segment_roll_rates') }}
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

judged as (
    {{ hidden_cells(
        'from_buckets',
        'from_customers_count',
        ['segment_id', 'observation_date', 'roll_period', 'from_bucket'],
        [
            ['observation_date', 'roll_period', 'from_bucket'],
            ['segment_id', 'observation_date', 'roll_period'],
        ]
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
        rolls.is_cure,
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
