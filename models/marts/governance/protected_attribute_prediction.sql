-- One row per protected attribute and group: how well segments alone tell the group from everyone
-- else, measured on customers that the ranking of segments has not seen.
with

members as (
    select * from {{ ref('int_protected_members') }}
),

-- Every group against all segments, so that a segment without members of the group counts too.
cells as (
    select
        observation_date,
        protected_attribute,
        segment_id,
        group_value,
        count(*) filter (where not is_held_out) as fit_count,
        count(*) filter (where is_held_out) as held_out_count
    from members
    where group_value <> 'unknown'
    group by observation_date, protected_attribute, segment_id, group_value
),

segment_totals as (
    select
        observation_date,
        protected_attribute,
        segment_id,
        sum(fit_count) as fit_count,
        sum(held_out_count) as held_out_count
    from cells
    group by observation_date, protected_attribute, segment_id
),

groups as (
    select distinct
        observation_date,
        protected_attribute,
        group_value
    from cells
),

ranked as (
    select
        groups.observation_date,
        groups.protected_attribute,
        groups.group_value,
        segment_totals.segment_id,
        segment_totals.fit_count,
        coalesce(cells.held_out_count, 0) as positive_count,
        segment_totals.held_out_count - coalesce(cells.held_out_count, 0) as negative_count,
        {{ ratio('coalesce(cells.fit_count, 0)', 'segment_totals.fit_count') }} as fit_share
    from groups
    inner join segment_totals
        on
            groups.observation_date = segment_totals.observation_date
            and groups.protected_attribute = segment_totals.protected_attribute
    left join cells
        on
            groups.observation_date = cells.observation_date
            and groups.protected_attribute = cells.protected_attribute
            and groups.group_value = cells.group_value
            and segment_totals.segment_id = cells.segment_id
),

-- Segments with equal shares in the fit half are tied; those that the fit half lacks rank lowest.
tied as (
    select
        observation_date,
        protected_attribute,
        group_value,
        coalesce(fit_share, 0) as fit_share,
        sum(fit_count) as fit_count,
        sum(positive_count) as positive_count,
        sum(negative_count) as negative_count
    from ranked
    group by observation_date, protected_attribute, group_value, coalesce(fit_share, 0)
),

cumulated as (
    select
        *,
        sum(negative_count) over (
            partition by observation_date, protected_attribute, group_value
            order by fit_share
            rows between unbounded preceding and current row
        ) - negative_count as lower_negative_count
    from tied
),

counted as (
    select
        observation_date,
        protected_attribute,
        group_value,
        cast(sum(fit_count) as bigint) as fit_customers_count,
        cast(sum(positive_count) as bigint) as held_out_group_count,
        cast(sum(negative_count) as bigint) as held_out_rest_count,
        -- Twice the pairs that are ranked right; ties count half.
        sum(positive_count * (2 * lower_negative_count + negative_count)) as twice_right_pairs
    from cumulated
    group by observation_date, protected_attribute, group_value
),

-- The groups of an attribute add up to everyone, so a hidden one takes another with it.
flagged as (
    select
        *,
        count(*) over (partition by observation_date, protected_attribute) as groups_count,
        {{ is_suppressed(
            'least(held_out_group_count, held_out_rest_count)',
            ['observation_date, protected_attribute']
        ) }} as is_suppressed
    from counted
),

measured as (
    select
        *,
        case
            when not is_suppressed
                then
                    {{ ratio(
                        'twice_right_pairs',
                        '2.0 * cast(held_out_group_count as double) * held_out_rest_count'
                    ) }}
        end as held_out_auc
    from flagged
),

-- Bounds of the Gini, which is 2 AUC - 1.
bounded as (
    select
        *,
        ({{ gini_lower(
            '(2 * held_out_auc - 1)', 'held_out_group_count', 'held_out_rest_count'
        ) }} + 1) / 2 as held_out_auc_lower,
        ({{ gini_upper(
            '(2 * held_out_auc - 1)', 'held_out_group_count', 'held_out_rest_count'
        ) }} + 1) / 2 as held_out_auc_upper
    from measured
),

settings as (
    select max(case when setting = 'screen_auc' then value end) as screen_auc
    from {{ ref('governance_settings') }}
),

final as (
    select
        bounded.observation_date,
        -- Readers know it by its plain name.
        bounded.protected_attribute as attribute,  -- noqa: RF04
        bounded.group_value,
        case when not bounded.is_suppressed then bounded.fit_customers_count end
            as fit_customers_count,
        case when not bounded.is_suppressed then bounded.held_out_group_count end
            as held_out_group_count,
        case when not bounded.is_suppressed then bounded.held_out_rest_count end
            as held_out_rest_count,
        bounded.held_out_auc,
        bounded.held_out_auc_lower,
        bounded.held_out_auc_upper,
        settings.screen_auc,
        -- Only a whole interval settles it, either way.
        case
            when bounded.groups_count = 1 then 'nothing to compare'
            when bounded.is_suppressed then 'too few customers'
            when bounded.held_out_auc_lower > settings.screen_auc then 'worth a look'
            when bounded.held_out_auc_upper <= settings.screen_auc then 'within the screen'
            else 'unclear'
        end as screen_result,
        bounded.is_suppressed
    from bounded
    cross join settings
)

select * from final
