-- One row per open credit account that was performing at a mature observation date and whose days
-- past due the source follows afterwards: whether the account itself defaulted in the performance
-- window, and what it owed then. customer_outcomes judges the customer, by the worst account.
{{ config(schema='internal') }}

with

exposures as (
    select * from {{ ref('int_credit_exposures') }}
    where not is_defaulted
),

observation_dates as (
    select * from {{ ref('observation_dates') }}
    where is_mature
),

account_months as (
    select * from {{ ref('int_account_months') }}
    where is_credit and dpd is not null
),

charge_offs as (
    select * from {{ ref('int_charge_offs') }}
),

followed as (
    select
        exposures.segment_id,
        exposures.customer_id,
        exposures.observation_date,
        exposures.account_id,
        exposures.product_type,
        observation_dates.performance_ends_on,
        count(account_months.month_end_on) as followed_months_count,
        min(account_months.month_end_on) filter (
            where account_months.dpd >= {{ var('default_dpd') }}
        ) as late_on
    from exposures
    inner join observation_dates
        on exposures.observation_date = observation_dates.observation_date
    left join account_months
        on
            exposures.account_id = account_months.account_id
            and account_months.month_end_on > exposures.observation_date
            and account_months.month_end_on <= observation_dates.performance_ends_on
    group by
        exposures.segment_id,
        exposures.customer_id,
        exposures.observation_date,
        exposures.account_id,
        exposures.product_type,
        observation_dates.performance_ends_on
),

-- Where a source tells nothing of days past due after the date, charge-offs alone would make a rate
-- of those that defaulted among those that defaulted.
followed_dates as (
    select distinct observation_date
    from followed
    where followed_months_count > 0
),

ended as (
    select
        followed.*,
        late_months.owed_amount as late_balance_amount,
        charge_offs.account_id is not null as is_charged_off,
        charge_offs.charged_off_amount
    from followed
    inner join followed_dates
        on followed.observation_date = followed_dates.observation_date
    left join account_months as late_months
        on
            followed.account_id = late_months.account_id
            and followed.late_on = late_months.month_end_on
    left join charge_offs
        on
            followed.account_id = charge_offs.account_id
            and charge_offs.charged_off_on > followed.observation_date
            and charge_offs.charged_off_on <= followed.performance_ends_on
),

final as (
    select
        segment_id,
        customer_id,
        observation_date,
        account_id,
        product_type,
        late_on is not null or is_charged_off as is_default,
        cast(
            case
                when late_on is not null then late_balance_amount
                when is_charged_off then charged_off_amount
            end as decimal(18, 2)
        ) as default_balance_amount
    from ended
    where followed_months_count > 0 or is_charged_off
)

select * from final
