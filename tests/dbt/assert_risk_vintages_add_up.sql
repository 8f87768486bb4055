-- At every age the book's vintages are the sum of their segments, quarters the sum of their months and
-- years the sum of their quarters. A breach would mean that a grain leaves accounts out or counts them
-- twice, and that months, quarters and years tell different stories.
with

vintages as (
    select * from {{ ref('int_segment_vintages') }}
),

parts as (
    select
        'book' as segment_id,
        vintage_grain,
        vintage_starts_on,
        months_on_book,
        'segments' as parts,
        observed_accounts_count,
        at_risk_accounts_count
    from vintages
    where segment_id <> 'book'
    {% for whole, part in [('quarter', 'month'), ('year', 'quarter')] -%}
        union all
        select
            segment_id,
            '{{ whole }}' as vintage_grain,
            cast(date_trunc('{{ whole }}', vintage_starts_on) as date) as vintage_starts_on,
            months_on_book,
            '{{ part }}s' as parts,
            observed_accounts_count,
            at_risk_accounts_count
        from vintages
        where vintage_grain = '{{ part }}'
    {% endfor %}
),

added as (
    select
        segment_id,
        vintage_grain,
        vintage_starts_on,
        months_on_book,
        parts,
        sum(observed_accounts_count) as observed_accounts_count,
        sum(at_risk_accounts_count) as at_risk_accounts_count
    from parts
    group by segment_id, vintage_grain, vintage_starts_on, months_on_book, parts
)

select
    added.*,
    vintages.observed_accounts_count as whole_observed_accounts_count,
    vintages.at_risk_accounts_count as whole_at_risk_accounts_count
from added
left join vintages
    on
        added.segment_id = vintages.segment_id
        and added.vintage_grain = vintages.vintage_grain
        and added.vintage_starts_on = vintages.vintage_starts_on
        and added.months_on_book = vintages.months_on_book
where
    added.observed_accounts_count is distinct from vintages.observed_accounts_count
    or added.at_risk_accounts_count is distinct from vintages.at_risk_accounts_count
