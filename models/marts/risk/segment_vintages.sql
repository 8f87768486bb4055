-- One row per segment at opening or the book, vintage grain, vintage and months on book: cumulative
-- default. Vintages of few customers are hidden at every month on book alike, and so is what would give
-- them away: a segment among the book's, a quarter within its year, a month within its quarter.
{%- set hidden = [
    'customers_count', 'accounts_count', 'observed_accounts_count', 'at_risk_accounts_count',
    'new_default_count', 'cumulative_default_count', 'cumulative_default_rate',
    'cumulative_default_rate_lower', 'cumulative_default_rate_upper',
] %}

with

vintage_months as (
    select * from {{ ref('int_segment_vintages') }}
),

vintages as (
    select distinct
        segment_id,
        vintage_grain,
        vintage_starts_on,
        customers_count,
        -- Who adds up to whom. A cell that belongs to no such sum is alone in its group.
        vintage_grain || cast(vintage_starts_on as varchar) as segments_of,
        case
            when vintage_grain = 'month' then cast(vintage_starts_on as varchar)
            else segment_id || cast(date_trunc('year', vintage_starts_on) as varchar)
        end as quarters_of,
        case
            when segment_id = 'book' and vintage_grain <> 'year'
                then cast(date_trunc('quarter', vintage_starts_on) as varchar)
            else segment_id || vintage_grain || cast(vintage_starts_on as varchar)
        end as months_of
    from vintage_months
),

judged as (
    {{ hidden_cells(
        'vintages',
        'customers_count',
        [
            'segment_id', 'vintage_grain', 'vintage_starts_on',
            'segments_of', 'quarters_of', 'months_of',
        ],
        [['segments_of'], ['quarters_of'], ['months_of']],
        passes=2
    ) }}
),

final as (
    select
        vintage_months.segment_id,
        vintage_months.vintage_grain,
        vintage_months.vintage_starts_on,
        vintage_months.last_month_end_on,
        vintage_months.months_on_book,
        vintage_months.is_censored,
        judged.is_hidden as is_suppressed,
        {% for column in hidden -%}
            case when not judged.is_hidden then vintage_months.{{ column }} end
                as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from vintage_months
    inner join judged
        on
            vintage_months.segment_id = judged.segment_id
            and vintage_months.vintage_grain = judged.vintage_grain
            and vintage_months.vintage_starts_on = judged.vintage_starts_on
)

select * from final
