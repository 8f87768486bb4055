-- One row per segment at opening or the book, vintage grain, vintage and months on book, nothing hidden:
-- how many of the credit accounts opened in that month, quarter or year have ever been in default by
-- then.
{{ config(schema='internal') }}

with

segments as (
    select * from {{ ref('segments') }}
),

observation_dates as (
    select
        *,
        lead(observation_date) over (order by observation_date) as next_observation_date
    from {{ ref('observation_dates') }}
),

source_calendar as (
    select * from {{ ref('source_calendar') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

credit_months as (
    select * from {{ ref('int_account_months') }}
    where is_credit
),

charge_offs as (
    select * from {{ ref('int_charge_offs') }}
),

-- An account that was never measured would look as if it had never defaulted. One opened before the
-- history began may have defaulted unseen.
measured_accounts as (
    select
        credit_months.account_id,
        min(credit_months.month_end_on) filter (
            where credit_months.dpd >= {{ var('default_dpd') }}
        ) as first_default_month_end_on
    from credit_months
    where credit_months.dpd is not null
    group by credit_months.account_id
),

opened as (
    select
        accounts.account_id,
        accounts.customer_id,
        accounts.opened_on,
        {{ months_between(
            'accounts.opened_on',
            'least(measured_accounts.first_default_month_end_on, charge_offs.charged_off_on)'
        ) }} as default_months_on_book,
        {{ months_between('accounts.opened_on', 'accounts.closed_on') }} as closed_months_on_book,
        {{ months_between('accounts.opened_on', 'source_calendar.history_ends_on') }}
            as observed_months_on_book,
        source_calendar.history_ends_on
    from accounts
    inner join measured_accounts
        on accounts.account_id = measured_accounts.account_id
    cross join source_calendar
    left join charge_offs
        on accounts.account_id = charge_offs.account_id
    where
        accounts.opened_on >= source_calendar.history_starts_on
        and accounts.opened_on <= source_calendar.history_ends_on
),

segmented as (
    select
        opened.*,
        coalesce(segments.segment_id, 'unsegmented') as segment_id
    from opened
    left join observation_dates
        on
            opened.opened_on >= observation_dates.observation_date
            and (
                opened.opened_on < observation_dates.next_observation_date
                or observation_dates.next_observation_date is null
            )
    left join segments
        on
            opened.customer_id = segments.customer_id
            and observation_dates.observation_date = segments.observation_date
),

-- A month's openings in one segment are too few to show; the book's are not. The book has every grain,
-- so that it stands beside each segment and each part beside its whole.
cohorts as (
    {% for grain in ['month', 'quarter', 'year'] -%}
        {% for segment in ["'book'", 'segment_id'] if grain != 'month' or segment == "'book'" -%}
            select
                {{ segment }} as segment_id,
                '{{ grain }}' as vintage_grain,
                cast(date_trunc('{{ grain }}', opened_on) as date) as vintage_starts_on,
                account_id,
                customer_id,
                default_months_on_book,
                closed_months_on_book,
                observed_months_on_book,
                history_ends_on
            from segmented
            {{ 'union all' if not loop.last }}
        {% endfor %}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

vintages as (
    select
        segment_id,
        vintage_grain,
        vintage_starts_on,
        max(history_ends_on) as last_month_end_on,
        max(observed_months_on_book) as oldest_months_on_book,
        count(*) as accounts_count,
        count(distinct customer_id) as customers_count
    from cohorts
    group by segment_id, vintage_grain, vintage_starts_on
),

months as (
    select
        vintages.*,
        {{ integers_between('1', 'oldest_months_on_book') }} as months_on_book
    from vintages
),

counted as (
    select
        months.segment_id,
        months.vintage_grain,
        months.vintage_starts_on,
        months.last_month_end_on,
        cast(months.months_on_book as integer) as months_on_book,
        months.accounts_count,
        months.customers_count,
        count(*) filter (where cohorts.observed_months_on_book >= months.months_on_book)
            as observed_accounts_count,
        -- Still open and never in default when the month began.
        count(*) filter (
            where cohorts.observed_months_on_book >= months.months_on_book
            and coalesce(cohorts.default_months_on_book >= months.months_on_book, true)
            and coalesce(cohorts.closed_months_on_book >= months.months_on_book, true)
        ) as at_risk_accounts_count,
        count(*) filter (
            where cohorts.observed_months_on_book >= months.months_on_book
            and cohorts.default_months_on_book <= months.months_on_book
        ) as cumulative_default_count,
        count(*) filter (
            where cohorts.observed_months_on_book >= months.months_on_book
            and cohorts.default_months_on_book = months.months_on_book
        ) as new_default_count
    from months
    inner join cohorts
        on
            months.segment_id = cohorts.segment_id
            and months.vintage_grain = cohorts.vintage_grain
            and months.vintage_starts_on = cohorts.vintage_starts_on
    group by
        months.segment_id,
        months.vintage_grain,
        months.vintage_starts_on,
        months.last_month_end_on,
        months.months_on_book,
        months.accounts_count,
        months.customers_count
),

-- A vintage is judged as long as its youngest account, so that one denominator serves the whole curve.
final as (
    select
        segment_id,
        vintage_grain,
        vintage_starts_on,
        last_month_end_on,
        months_on_book,
        observed_accounts_count < accounts_count as is_censored,
        customers_count,
        accounts_count,
        observed_accounts_count,
        at_risk_accounts_count,
        case when observed_accounts_count = accounts_count then new_default_count end
            as new_default_count,
        case when observed_accounts_count = accounts_count then cumulative_default_count end
            as cumulative_default_count,
        case
            when observed_accounts_count = accounts_count
                then {{ ratio('cumulative_default_count', 'accounts_count') }}
        end as cumulative_default_rate,
        case
            when observed_accounts_count = accounts_count
                then {{ wilson_lower('cumulative_default_count', 'accounts_count') }}
        end as cumulative_default_rate_lower,
        case
            when observed_accounts_count = accounts_count
                then {{ wilson_upper('cumulative_default_count', 'accounts_count') }}
        end as cumulative_default_rate_upper
    from counted
)

select * from final
