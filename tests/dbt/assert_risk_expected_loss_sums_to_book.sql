-- Expected loss by segment and product equals PD x LGD x EAD added up account by account, to a cent a
-- row, and the rows `book` are exactly the sum of the segments. A breach would mean that accounts or
-- their exposure are lost between the two.
{%- set columns = [
    'rows_count', 'accounts_count', 'balance_amount', 'exposure_at_default_amount',
    'expected_loss_amount',
] %}

with

accounts as (
    select
        exposures.observation_date,
        exposures.product_type,
        count(*) as accounts_count,
        sum(exposures.balance_amount) as balance_amount,
        sum(exposures.exposure_at_default_amount) as exposure_at_default_amount,
        -- Cast to decimals, so that the order of the accounts doesn't matter. Where one account's PD
        -- is unknown (no date has matured, say) so is the sum.
        case
            when
                count(*) filter (where not exposures.is_defaulted and probabilities.pd is null) = 0
                then
                    sum(cast(
                        case when exposures.is_defaulted then 1 else probabilities.pd end
                        * cast(assumptions.lgd_ratio as double)
                        * exposures.exposure_at_default_amount as decimal(28, 8)
                    ))
        end as expected_loss_amount
    from {{ ref('int_credit_exposures') }} as exposures
    inner join {{ ref('int_segment_product_default_probabilities') }} as probabilities
        on
            exposures.segment_id = probabilities.segment_id
            and exposures.observation_date = probabilities.observation_date
            and exposures.product_type = probabilities.product_type
    left join {{ ref('risk_loss_assumptions') }} as assumptions
        on exposures.product_type = assumptions.product_type
    where not exposures.is_charged_off
    group by exposures.observation_date, exposures.product_type
),

segments as (
    select
        observation_date,
        product_type,
        count(*) as rows_count,
        sum(accounts_count) as accounts_count,
        sum(balance_amount) as balance_amount,
        sum(exposure_at_default_amount) as exposure_at_default_amount,
        case
            when count(*) = count(expected_loss_amount) then sum(expected_loss_amount)
        end as expected_loss_amount
    from {{ ref('int_segment_expected_loss') }}
    where segment_id <> 'book'
    group by observation_date, product_type
),

books as (
    select * from {{ ref('int_segment_expected_loss') }}
    where segment_id = 'book'
)

select
    accounts.observation_date,
    accounts.product_type,
    segments.rows_count,
    {% for column in columns if column != 'rows_count' -%}
        accounts.{{ column }} as account_{{ column }},
        segments.{{ column }} as segment_{{ column }},
        books.{{ column }} as book_{{ column }}{{ ',' if not loop.last }}
    {% endfor -%}
from accounts
full outer join segments
    on
        accounts.observation_date = segments.observation_date
        and accounts.product_type = segments.product_type
full outer join books
    on
        segments.observation_date = books.observation_date
        and segments.product_type = books.product_type
where
    {% for column in columns if column not in ('rows_count', 'expected_loss_amount') -%}
        accounts.{{ column }} is distinct from segments.{{ column }}
        or books.{{ column }} is distinct from segments.{{ column }}
        or
    {% endfor -%}
    (accounts.expected_loss_amount is null) <> (books.expected_loss_amount is null)
    or books.expected_loss_amount <> segments.expected_loss_amount
    or abs(accounts.expected_loss_amount - segments.expected_loss_amount)
    > 0.02 * segments.rows_count
