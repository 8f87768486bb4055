-- Every rule of strategy_rules names a decision, figures, comparisons, stances and places that exist,
-- and every decision has one fallback, tried last. A row names a rule that could never hold, or text
-- that readers would see with a hole, and says why.
{%- set figures = "'" ~ strategy_figures() | join("', '") ~ "'" %}
{%- set decisions = "'" ~ strategy_decisions() | join("', '") ~ "'" %}
{%- set places = ['stance'] + strategy_texts() %}
{%- for number in ['1', '2'] %}
{%- for kind in ['percent', 'number', 'limit_percent', 'limit_number'] %}
{%- do places.append(kind ~ '_' ~ number) %}
{%- endfor %}
{%- endfor %}
with

rules as (
    select * from {{ ref('strategy_rules') }}
),

decisions as (
    select unnest([{{ decisions }}]) as decision
),

stances as (
    select distinct choice as stance
    from rules
    where decision = 'lending_stance'
),

named_stances as (
    select
        rule_name,
        decision,
        unnest(string_split(only_for_stances, '; ')) as stance
    from rules
    where only_for_stances is not null
),

fallbacks as (
    select
        decision,
        count(*) as fallbacks_count,
        max(priority) as fallback_priority
    from rules
    where figure_1 is null and figure_2 is null and only_for_stances is null
    group by decision
),

last_rules as (
    select
        decision,
        max(priority) as last_priority
    from rules
    group by decision
),

problems as (
    select
        rule_name,
        'unknown decision' as problem
    from rules
    where decision not in ({{ decisions }})
    {% for number in ['1', '2'] %}
    union all
    select
        rule_name,
        'unknown figure_{{ number }}: ' || figure_{{ number }} as problem
    from rules
    where figure_{{ number }} not in ({{ figures }})
    union all
    select
        rule_name,
        'unknown comparison_{{ number }}: ' || comparison_{{ number }} as problem
    from rules
    where comparison_{{ number }} not in ('at least', 'below')
    union all
    select
        rule_name,
        'half of condition {{ number }}' as problem
    from rules
    where
        (figure_{{ number }} is null) != (comparison_{{ number }} is null)
        or (figure_{{ number }} is null) != (threshold_{{ number }} is null)
    {% endfor %}
    union all
    select
        rule_name,
        'the stance depends on itself' as problem
    from named_stances
    where decision = 'lending_stance'
    union all
    select
        named_stances.rule_name,
        'unknown stance: ' || named_stances.stance as problem
    from named_stances
    left join stances
        on named_stances.stance = stances.stance
    where stances.stance is null
    union all
    select
        rule_name,
        'unknown place in its text' as problem
    from rules
    where
        regexp_matches(
            regexp_replace(choice || because, '[{]({{ places | join("|") }})[}]', '', 'g'),
            '[{}]'
        )
    union all
    select
        decisions.decision as rule_name,
        'not one fallback, or not the last' as problem
    from decisions
    left join fallbacks
        on decisions.decision = fallbacks.decision
    left join last_rules
        on decisions.decision = last_rules.decision
    where
        fallbacks.fallbacks_count is distinct from 1
        or fallbacks.fallback_priority != last_rules.last_priority
)

select * from problems
