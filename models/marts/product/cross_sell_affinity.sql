-- One row per observation date and ordered pair of product types: how much likelier a holder of the
-- first is to hold, and to go on to open, the second. Counted over the whole book; a pair has the same
-- lift in both directions. Pairs that few hold together have a row that says so.
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

-- Holders of each product over the book, as far as segment_product shows them.
books as (
    select distinct
        observation_date,
        product_type,
        is_book_suppressed
    from {{ ref('segment_product') }}
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

judged as (
    select
        counts.*,
        settings.minimum_count,
        firsts.is_book_suppressed as is_first_hidden,
        seconds.is_book_suppressed as is_second_hidden,
        counts.both_count >= settings.minimum_count
        and not firsts.is_book_suppressed
        and not seconds.is_book_suppressed as is_shown
    from counts
    cross join settings
    inner join books as firsts
        on
            counts.observation_date = firsts.observation_date
            and counts.product_type = firsts.product_type
    inner join books as seconds
        on
            counts.observation_date = seconds.observation_date
            and counts.other_product_type = seconds.product_type
),

measured as (
    select
        observation_date,
        product_type,
        other_product_type,
        customers_count,
        minimum_count,
        is_shown,
        case when not is_first_hidden then holders_count end as holders_count,
        case when not is_second_hidden then other_holders_count end as other_holders_count,
        case when is_shown then both_count end as both_count
    from judged
),

-- Delta method on the log of the lift, with the four cells of the pair as one multinomial.
lifted as (
    select
        *,
        {{ ratio('both_count * customers_count', 'holders_count * other_holders_count') }} as lift,
        sqrt(greatest(
            1 / cast(both_count as double)
            - 1 / cast(holders_count as double)
            - 1 / cast(other_holders_count as double)
            + 2 * {{ ratio('both_count', 'holders_count * other_holders_count') }}
            - 1 / cast(customers_count as double),
            0
        )) as log_lift_error
    from measured
    where is_shown
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
        lifted.lift,
        lifted.lift * exp(-{{ var('interval_z') }} * lifted.log_lift_error) as lift_lower,
        lifted.lift * exp({{ var('interval_z') }} * lifted.log_lift_error) as lift_upper,
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
        ) }} as acquisition_index,
        case when measured.is_shown then 'sufficient' else 'too few customers' end as evidence
    from measured
    left join lifted
        on
            measured.observation_date = lifted.observation_date
            and measured.product_type = lifted.product_type
            and measured.other_product_type = lifted.other_product_type
    left join acquisitions
        on
            measured.observation_date = acquisitions.observation_date
            and measured.product_type = acquisitions.product_type
            and measured.other_product_type = acquisitions.other_product_type
            and acquisitions.exposed_count >= measured.minimum_count
            and measured.is_shown
)

select * from final
