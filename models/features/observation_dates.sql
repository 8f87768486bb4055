-- One row per date on which customers are observed: the last quarter ends that leave a full
-- performance window, and the latest date; or the dates that the var `observation_dates` lists.
with

calendar as (
    select * from {{ ref('source_calendar') }}
),

candidates as (
    {% if var('observation_dates') %}
    {% for date in var('observation_dates') %}
    select
        cast('{{ date }}' as date) as observation_date,
        calendar.*
    from calendar
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {% else %}
    select
        {{ month_ends_between('calendar.history_starts_on', 'calendar.history_ends_on') }}
            as observation_date,
        calendar.*
    from calendar
    {% endif %}
),

dated as (
    select
        source,
        observation_date,
        history_ends_on,
        outcomes_end_on,
        first_outcome_reported_on,
        -- Balances are known at month ends: the last one on or before the observation date.
        case
            when observation_date = last_day(observation_date) then observation_date
            else last_day({{ add_months('observation_date', -1) }})
        end as last_month_end_on,
        last_day({{ add_months('observation_date', source_setting('performance_months')) }})
            as performance_ends_on,
        history_starts_on
    from candidates
),

windowed as (
    select
        source,
        observation_date,
        last_month_end_on,
        last_day({{ add_months('last_month_end_on', -source_setting('window_months')) }})
            as window_starts_after_on,
        least(
            {{ months_between('history_starts_on', 'last_month_end_on') }} + 1,
            {{ source_setting('window_months') }}
        ) as window_months_count,
        performance_ends_on,
        performance_ends_on <= outcomes_end_on as has_full_window,
        -- A window beyond the balances can be judged by reports alone, once the first has come.
        performance_ends_on <= outcomes_end_on
        and (
            performance_ends_on <= history_ends_on
            or coalesce(performance_ends_on >= first_outcome_reported_on, false)
        ) as is_mature,
        observation_date = max(observation_date) over () as is_latest
    from dated
    where
        observation_date <= history_ends_on
        and {{ months_between('history_starts_on', 'last_month_end_on') }} + 1
        >= {{ source_setting('minimum_history_months') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by has_full_window and month(observation_date) in (3, 6, 9, 12)
            order by observation_date desc
        ) as quarters_back
    from windowed
),

final as (
    select
        source,
        observation_date,
        last_month_end_on,
        window_starts_after_on,
        window_months_count,
        performance_ends_on,
        is_mature,
        is_latest
    from ranked
    {% if not var('observation_dates') %}
    where
        is_latest
        or (
            has_full_window
            and month(observation_date) in (3, 6, 9, 12)
            and quarters_back <= {{ var('observation_quarters') }}
        )
    {% endif %}
)

select * from final
