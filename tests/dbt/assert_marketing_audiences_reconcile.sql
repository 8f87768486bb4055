-- The counts of segment_audiences and segment_next_best_actions, before small cells are hidden, are
-- those of the exports that name the people. A row means that a reader of the report and a campaign
-- system would count different people.
with

audiences as (
    select * from {{ ref('int_segment_audiences') }}
),

exported as (
    {% for audience in ['savings_growth', 'card_upgrade', 'loan_top_up'] %}
    select
        segment_id,
        audience,
        is_holdout
    from {{ ref('audience_' ~ audience) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

exported_counts as (
    select
        segment_id,
        audience,
        count(*) as audience_count,
        count(*) filter (where is_holdout) as holdout_count
    from exported
    group by segment_id, audience
),

outcomes as (
    select
        segment_id,
        sum(customers_count) as customers_count
    from {{ ref('int_segment_next_best_actions') }}
    group by segment_id
),

compared as (
    select
        'members of ' || audiences.audience as check_name,
        audiences.segment_id,
        audiences.audience_count as found,
        coalesce(exported_counts.audience_count, 0) as expected
    from audiences
    left join exported_counts
        on
            audiences.segment_id = exported_counts.segment_id
            and audiences.audience = exported_counts.audience
    union all
    select
        'holdout of ' || audiences.audience as check_name,
        audiences.segment_id,
        audiences.holdout_count as found,
        coalesce(exported_counts.holdout_count, 0) as expected
    from audiences
    left join exported_counts
        on
            audiences.segment_id = exported_counts.segment_id
            and audiences.audience = exported_counts.audience
    union all
    select
        'those who fit ' || audience as check_name,
        segment_id,
        excluded_count + other_audience_count + holdout_count + addressed_count as found,
        qualifying_count as expected
    from audiences
    union all
    select
        'customers by outcome' as check_name,
        audiences.segment_id,
        outcomes.customers_count as found,
        max(audiences.customers_count) as expected
    from audiences
    left join outcomes
        on audiences.segment_id = outcomes.segment_id
    group by audiences.segment_id, outcomes.customers_count
)

select *
from compared
where found is distinct from expected
