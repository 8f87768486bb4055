-- One row per current account and month end, from its first transaction to the file's last month.
-- A balance holds until the next transaction. Loans and cards have no balances in the file.
--
-- Neither trans_id nor the file's order tells which of a day's transactions came last: the month's
-- interest has the highest trans_id and is booked first. The day's amounts do tell. The sum of all
-- amounts so far is the balance after the last one, but for roundings, so the transaction whose
-- own balance is nearest to that sum closed the day. trans_id breaks the ties that remain.
{{ config(enabled=var('source') == 'berka') }}

with

transactions as (
    select * from {{ ref('base_berka__trans') }}
    where rejection_reason is null
),

summed as (
    select
        account_id,
        try_cast(trans_id as bigint) as trans_number,
        trans_id,
        posted_on,
        last_day(posted_on) as month_end_on,
        balance_amount,
        sum(signed_amount) over (
            partition by account_id
            order by posted_on
            range between unbounded preceding and current row
        ) as summed_amount
    from transactions
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id, month_end_on
            order by
                posted_on desc,
                abs(balance_amount - summed_amount),
                trans_number desc nulls last,
                trans_id
        ) as place
    from summed
),

closings as (
    select
        account_id,
        month_end_on,
        balance_amount,
        lead(month_end_on) over (
            partition by account_id
            order by month_end_on
        ) as next_month_end_on
    from ranked
    where place = 1
),

file_span as (
    select
        min(posted_on) as first_on,
        max(posted_on) as last_on
    from transactions
),

months as (
    select {{ month_ends_between('first_on', 'last_on') }} as month_end_on
    from file_span
),

final as (
    select
        'account_' || closings.account_id as account_id,
        months.month_end_on,
        closings.balance_amount,
        cast(null as decimal(18, 2)) as limit_amount,
        cast(null as decimal(18, 2)) as payment_amount,
        cast(null as decimal(18, 2)) as minimum_due_amount,
        cast(null as integer) as dpd
    from closings
    inner join months
        on
            closings.month_end_on <= months.month_end_on
            and (
                closings.next_month_end_on is null
                or months.month_end_on < closings.next_month_end_on
            )
)

select * from final
