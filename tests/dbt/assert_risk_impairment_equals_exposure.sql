-- The stages hold every open credit account once, with its balance. A breach would mean an allowance
-- for part of the book, or twice for some of it.
with

stages as (
    select
        segment_id,
        observation_date,
        sum(accounts_count) as accounts_count,
        sum(gross_carrying_amount) as gross_carrying_amount
    from {{ ref('int_segment_impairment') }}
    group by segment_id, observation_date
),

books as (
    select
        segment_id,
        observation_date,
        accounts_count,
        exposure_amount
    from {{ ref('int_segment_risk') }}
)

select
    books.*,
    stages.accounts_count as staged_accounts_count,
    stages.gross_carrying_amount
from books
left join stages
    on
        books.segment_id = stages.segment_id
        and books.observation_date = stages.observation_date
where
    books.accounts_count <> coalesce(stages.accounts_count, 0)
    or coalesce(books.exposure_amount, 0) <> coalesce(stages.gross_carrying_amount, 0)
