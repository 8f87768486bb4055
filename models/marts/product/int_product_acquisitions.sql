{{ config(schema='internal') }}

-- One row per observation date whose window of acquisition is over and ordered pair of product
-- types: holders of the first without the second, and how many opened the second in the window.
-- The book columns count everyone without the second, whatever they hold.
with

segments as (
    select
        customer_id,
        observation_date
    from {{ ref('segments') }}
),

holdings as (
    select * from {{ ref('int_customer_products') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

calendar as (
    select history_ends_on from {{ ref('source_calendar') }}
),

settings as (
    select
        cast(max(case setting when 'acquisition_window_months' then value end) as integer)
            as acquisition_window_months
    from {{ ref('product_settings') }}
),

dated as (
    select distinct
        segments.observation_date,
        last_day({{ add_months(
            'segments.observation_date', 'settings.acquisition_window_months'
        ) }}) as acquisition_ends_on
    from segments
    cross join settings
),

mature_dates as (
    select dated.*
    from dated
    cross join calendar
    where dated.acquisition_ends_on <= calendar.history_ends_on
),

products as (
    select distinct product_type from accounts
),

openings as (
    select distinct
        accounts.customer_id,
        accounts.product_type,
        mature_dates.observation_date
    from accounts
    inner join mature_dates
        on
            accounts.opened_on > mature_dates.observation_date
            and accounts.opened_on <= mature_dates.acquisition_ends_on
),

without as (
    select
        segments.customer_id,
        segments.observation_date,
        mature_dates.acquisition_ends_on,
        products.product_type as other_product_type,
        openings.customer_id is not null as has_acquired
    from segments
    inner join mature_dates
        on segments.observation_date = mature_dates.observation_date
    cross join products
    left join holdings
        on
            segments.customer_id = holdings.customer_id
            and segments.observation_date = holdings.observation_date
            and products.product_type = holdings.product_type
    left join openings
        on
            segments.customer_id = openings.customer_id
            and segments.observation_date = openings.observation_date
            and products.product_type = openings.product_type
    where holdings.customer_id is null
),

book as (
    select
        observation_date,
        other_product_type,
        count(*) as book_exposed_count,
        count(*) filter (where has_acquired) as book_acquired_count
    from without
    group by observation_date, other_product_type
),

pairs as (
    select
        without.observation_date,
        without.acquisition_ends_on,
        holdings.product_type,
        without.other_product_type,
        count(*) as exposed_count,
        count(*) filter (where without.has_acquired) as acquired_count
    from without
    inner join holdings
        on
            without.customer_id = holdings.customer_id
            and without.observation_date = holdings.observation_date
    group by
        without.observation_date,
        without.acquisition_ends_on,
        holdings.product_type,
        without.other_product_type
),

final as (
    select
        pairs.*,
        book.book_exposed_count,
        book.book_acquired_count
    from pairs
    inner join book
        on
            pairs.observation_date = book.observation_date
            and pairs.other_product_type = book.other_product_type
)

select * from final
