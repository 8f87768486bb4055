{{ config(schema='internal') }}

-- One row per segment and product type on the source's books at the latest observation date: who
-- could still take it, and how many of last year's lookalikes did.
-- Not suppressed: reconciliation reads it.
with

eligibility as (
    select * from {{ ref('int_customer_eligibility') }}
),

settings as (
    select
        max(case setting when 'minimum_lookalikes_count' then value end)
            as minimum_lookalikes_count,
        max(case setting when 'minimum_take_ups_count' then value end) as minimum_take_ups_count
    from {{ ref('product_settings') }}
),

current_counts as (
    select
        segment_id,
        product_type,
        observation_date,
        count(*) as customers_count,
        count(*) filter (where eligibility = 'holds it') as holders_count,
        count(*) filter (where eligibility = 'in arrears') as in_arrears_count,
        count(*) filter (where is_whitespace) as whitespace_count,
        count(*) filter (where is_whitespace is null) as unknown_count,
        count(*) filter (
            where not is_whitespace and eligibility not in ('holds it', 'in arrears')
        ) as ineligible_count,
        count(*) filter (where is_arrears_unknown and eligibility != 'holds it')
            as arrears_unknown_count
    from eligibility
    where is_latest
    group by segment_id, product_type, observation_date
),

lookalikes as (
    select
        segment_id,
        product_type,
        observation_date as lookalikes_on,
        count(*) as lookalikes_count,
        count(*) filter (where has_taken_up) as take_ups_count
    from eligibility
    where is_take_up_known and is_whitespace
    group by segment_id, product_type, observation_date
),

final as (
    select
        current_counts.segment_id,
        current_counts.product_type,
        current_counts.observation_date,
        current_counts.customers_count,
        current_counts.holders_count,
        current_counts.in_arrears_count,
        current_counts.arrears_unknown_count,
        current_counts.ineligible_count,
        current_counts.unknown_count,
        current_counts.whitespace_count,
        lookalikes.lookalikes_on,
        coalesce(lookalikes.lookalikes_count, 0) as lookalikes_count,
        coalesce(lookalikes.take_ups_count, 0) as take_ups_count,
        case
            when lookalikes.lookalikes_count is null then 'no lookalikes'
            when lookalikes.lookalikes_count < settings.minimum_lookalikes_count
                then 'sample too small'
            when lookalikes.take_ups_count < settings.minimum_take_ups_count
                then 'too few take-ups'
            else 'sufficient'
        end as evidence
    from current_counts
    cross join settings
    left join lookalikes
        on
            current_counts.segment_id = lookalikes.segment_id
            and current_counts.product_type = lookalikes.product_type
)

select * from final
