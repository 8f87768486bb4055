{{ config(schema='internal') }}

-- One row per segment and observation date: depth of the relationship, and who left afterwards.
-- Not suppressed: reconciliation reads it.
with

segments as (
    select
        customer_id,
        observation_date,
        segment_id
    from {{ ref('segments') }}
),

holdings as (
    select * from {{ ref('int_customer_products') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

loans as (
    select * from {{ ref('loans') }}
),

calendar as (
    select history_ends_on from {{ ref('source_calendar') }}
),

settings as (
    select
        cast(max(case setting when 'attrition_window_months' then value end) as integer)
            as attrition_window_months
    from {{ ref('product_settings') }}
),

-- Closings are known as far as the history reaches, and only where the source records any.
closings as (
    select count(*) > 0 as has_closings
    from accounts
    cross join calendar
    where accounts.closed_on <= calendar.history_ends_on
),

windows as (
    select distinct
        segments.observation_date,
        last_day({{ add_months('segments.observation_date', 'settings.attrition_window_months') }})
            as attrition_ends_on
    from segments
    cross join settings
),

judged_windows as (
    select
        windows.observation_date,
        windows.attrition_ends_on,
        windows.attrition_ends_on <= calendar.history_ends_on and closings.has_closings
            as is_attrition_mature
    from windows
    cross join calendar
    cross join closings
),

-- Everyone has an account at the observation date; those without one when the window ends left.
stayers as (
    select distinct
        segments.customer_id,
        segments.observation_date
    from segments
    inner join judged_windows
        on segments.observation_date = judged_windows.observation_date
    inner join accounts
        on
            segments.customer_id = accounts.customer_id
            and (
                accounts.opened_on is null
                or accounts.opened_on <= judged_windows.attrition_ends_on
            )
            and (
                accounts.closed_on is null
                or accounts.closed_on > judged_windows.attrition_ends_on
            )
),

charged_off as (
    select distinct
        segments.customer_id,
        segments.observation_date
    from segments
    inner join judged_windows
        on segments.observation_date = judged_windows.observation_date
    inner join loans
        on
            segments.customer_id = loans.customer_id
            and loans.charged_off_on > segments.observation_date
            and loans.charged_off_on <= judged_windows.attrition_ends_on
),

product_counts as (
    select
        customer_id,
        observation_date,
        count(*) as products_held_count,
        sum(accounts_count) as accounts_held_count
    from holdings
    group by customer_id, observation_date
),

customers as (
    select
        segments.segment_id,
        segments.observation_date,
        judged_windows.attrition_ends_on,
        judged_windows.is_attrition_mature,
        product_counts.products_held_count,
        product_counts.accounts_held_count,
        stayers.customer_id is null as has_left,
        charged_off.customer_id is not null as is_charged_off
    from segments
    inner join judged_windows
        on segments.observation_date = judged_windows.observation_date
    left join product_counts
        on
            segments.customer_id = product_counts.customer_id
            and segments.observation_date = product_counts.observation_date
    left join stayers
        on
            segments.customer_id = stayers.customer_id
            and segments.observation_date = stayers.observation_date
    left join charged_off
        on
            segments.customer_id = charged_off.customer_id
            and segments.observation_date = charged_off.observation_date
),

final as (
    select
        segment_id,
        observation_date,
        count(*) as customers_count,
        cast(coalesce(sum(products_held_count), 0) as bigint) as products_held_count,
        cast(coalesce(sum(accounts_held_count), 0) as bigint) as accounts_held_count,
        count(*) filter (where products_held_count = 1) as single_product_customers_count,
        attrition_ends_on,
        is_attrition_mature,
        case when is_attrition_mature then count(*) end as attrition_exposed_count,
        case when is_attrition_mature then count(*) filter (where has_left) end as attrited_count,
        case
            when is_attrition_mature
                then count(*) filter (where has_left and is_charged_off)
        end as attrited_charged_off_count
    from customers
    group by segment_id, observation_date, attrition_ends_on, is_attrition_mature
)

select * from final
