-- Ever-in-default can only grow with months on book, and never past the vintage. A breach would mean
-- that the denominator changes along the curve: young vintages would be read against old ones.
with

vintages as (
    select
        *,
        lag(cumulative_default_count) over (
            partition by segment_id, vintage_grain, vintage_starts_on
            order by months_on_book
        ) as earlier_default_count
    from {{ ref('int_segment_vintages') }}
)

select * from vintages
where
    cumulative_default_count < earlier_default_count
    or cumulative_default_count > accounts_count
    or (cumulative_default_rate is null) <> is_censored
