-- One row per observation date and ordered pair of product types that enough customers hold
-- together: how much likelier a holder of the first is to hold, and to go on to open, the second.
-- Counted over the whole book; a pair has the same lift in both directions.
with

counts as (
    select
        observation_date,
        product_type,
        other_product_type,
        cast(sum(customers_count) as bigint) as customers_count,
        cast(sum(holders_count) as bigint) as holders_count,
        cast(sum(other_holders_count) as bigint) as other_holders_count,
        cast(sum(both_count) as bigint) as both_count
    from {{ ref('int_segment_holdings') }}
    where product_type != other_product_type
    group by observation_date, product_type, other_product_type
),

acquisitions as (
    select * from {{ ref('int_product_acquisitions') }}
),

settings as (
    select
        greatest(
            max(case setting when 'minimum_pair_customers_count' then value end),
            {{ var('minimum_cell_count') }},
            1
        ) as minimum_count
    from {{ ref('product_settings') }}
),

-- Delta method on the log of the lift, with the four cells of the pair as one multinomial.
measured as (
    select
        counts.*,
        settings.minimum_count,
        {{ ratio('counts.both_count * counts.customers_count',
            'counts.holders_count * counts.other_holders_count') }} as lift,
        sqrt(greatest(
            1 / cast(counts.both_count as double)
            - 1 / cast(counts.holders_count as double)
            - 1 / cast(counts.other_holders_count as double)
            + 2 * {{ ratio('counts.both_count', 'counts.holders_count * counts.other_holders_count') }}
            - 1 / cast(counts.customers_count as double),
            0
        )) as log_lift_error
    from counts
    cross join settings
    where counts.both_count >= settings.minimum_count
),

final as (
    select
        measured.observation_date,
        measured.product_type,
        measured.other_product_type,
        measured.customers_count,
        measured.holders_count,
        measured.other_holders_count,
        measured.both_count,
        {{ ratio('measured.both_count', 'measured.customers_count') }} as support_rate,
        {{ wilson_lower('measured.both_count', 'measured.customers_count') }}
            as support_rate_lower,
        {{ wilson_upper('measured.both_count', 'measured.customers_count') }}
            as support_rate_upper,
        {{ ratio('measured.both_count', 'measured.holders_count') }} as confidence_rate,
        {{ wilson_lower('measured.both_count', 'measured.holders_count') }}
            as confidence_rate_lower,
        {{ wilson_upper('measured.both_count', 'measured.holders_count') }}
            as confidence_rate_upper,
        measured.lift,
        measured.lift * exp(-{{ var('interval_z') }} * measured.log_lift_error) as lift_lower,
        measured.lift * exp({{ var('interval_z') }} * measured.log_lift_error) as lift_upper,
        acquisitions.acquisition_ends_on,
        acquisitions.exposed_count as acquisition_exposed_count,
        acquisitions.acquired_count,
        {{ ratio('acquisitions.acquired_count', 'acquisitions.exposed_count') }}
            as acquisition_rate,
        {{ wilson_lower('acquisitions.acquired_count', 'acquisitions.exposed_count') }}
            as acquisition_rate_lower,
        {{ wilson_upper('acquisitions.acquired_count', 'acquisitions.exposed_count') }}
            as acquisition_rate_upper,
        {{ ratio('acquisitions.book_acquired_count', 'acquisitions.book_exposed_count') }}
            as book_acquisition_rate,
        {{ ratio(
            ratio('acquisitions.acquired_count', 'acquisitions.exposed_count'),
            ratio('acquisitions.book_acquired_count', 'acquisitions.book_exposed_count')
        ) }} as acquisition_index
    from measured
    left join acquisitions
        on
            measured.observation_date = acquisitions.observation_date
            and measured.product_type = acquisitions.product_type
            and measured.other_product_type = acquisitions.other_product_type
            and acquisitions.exposed_count >= measured.minimum_count
)

select * from final
