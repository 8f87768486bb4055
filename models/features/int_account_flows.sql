-- One row per account and month with postings. The only model that reads single transactions.
with

transactions as (
    select * from {{ ref('transactions') }}
),

categories as (
    select * from {{ ref('transaction_categories') }}
),

final as (
    select
        transactions.account_id,
        last_day(cast(transactions.posted_at as date)) as month_end_on,
        sum(transactions.amount) filter (
            where transactions.amount > 0 and not coalesce(categories.is_internal, false)
        ) as inflow_amount,
        -sum(transactions.amount) filter (
            where transactions.amount < 0 and not coalesce(categories.is_internal, false)
        ) as outflow_amount,
        sum(transactions.amount) filter (
            where transactions.amount > 0 and categories.is_income
        ) as income_amount,
        -sum(transactions.amount) filter (
            where transactions.amount < 0 and categories.is_cash
        ) as cash_withdrawn_amount,
        count(*) as transactions_count,
        count(*) filter (where transactions.channel in ('web', 'mobile_app'))
            as digital_transactions_count,
        count(*) filter (where transactions.channel is not null) as channel_known_count
    from transactions
    left join categories
        on transactions.category = categories.category
    group by transactions.account_id, last_day(cast(transactions.posted_at as date))
)

select * from final
