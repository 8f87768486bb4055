-- One row per segment, protected attribute and group at the latest observation date: composition,
-- and difference from and assignment against everyone else. A screen, no legal test.
with

audited as (
    select * from {{ ref('int_protected_attribute_audit') }}
),

-- A cell could follow from the segment's total or from the group's.
hidden as (
    {{ hidden_cells(
        'audited',
        'customers_count',
        ['observation_date', 'protected_attribute', 'segment_id', 'group_value'],
        [
            ['observation_date', 'protected_attribute', 'segment_id'],
            ['observation_date', 'protected_attribute', 'group_value'],
        ]
    ) }}
),

-- A group too rare to count in the book is hidden whole, with one more where the book would tell.
groups as (
    select distinct
        observation_date,
        protected_attribute,
        group_value,
        group_customers_count
    from audited
),

hidden_groups as (
    select
        *,
        {{ is_suppressed('group_customers_count', ['observation_date, protected_attribute']) }}
            as is_hidden
    from groups
),

joined as (
    select
        audited.*,
        hidden.is_hidden or hidden_groups.is_hidden as is_suppressed,
        hidden_groups.is_hidden as is_group_hidden
    from audited
    inner join hidden
        on
            audited.observation_date = hidden.observation_date
            and audited.protected_attribute = hidden.protected_attribute
            and audited.segment_id = hidden.segment_id
            and audited.group_value = hidden.group_value
    inner join hidden_groups
        on
            audited.observation_date = hidden_groups.observation_date
            and audited.protected_attribute = hidden_groups.protected_attribute
            and audited.group_value = hidden_groups.group_value
),

settings as (
    select
        max(case when setting = 'screen_ratio_lower' then value end) as screen_ratio_lower,
        max(case when setting = 'screen_ratio_upper' then value end) as screen_ratio_upper,
        max(case when setting = 'screen_difference' then value end) as screen_difference
    from {{ ref('governance_settings') }}
),

-- Everyone else is what the totals leave for a shown cell, so a ratio to them gives nothing away.
shown as (
    select
        joined.*,
        settings.screen_ratio_lower,
        settings.screen_ratio_upper,
        settings.screen_difference,
        case when not joined.is_suppressed then joined.standardised_mean_difference end
            as shown_difference,
        {{ var('interval_z') }} * joined.difference_standard_error as difference_reach,
        case when not joined.is_suppressed then joined.adverse_impact_ratio end as shown_ratio,
        exp({{ var('interval_z') }} * joined.log_ratio_standard_error) as ratio_reach
    from joined
    cross join settings
),

bounded as (
    select
        *,
        shown_difference - difference_reach as difference_lower,
        shown_difference + difference_reach as difference_upper,
        shown_ratio / ratio_reach as ratio_lower,
        shown_ratio * ratio_reach as ratio_upper
    from shown
),

-- Only a whole interval settles a comparison, either way.
settled as (
    select
        *,
        coalesce(ratio_upper < screen_ratio_lower or ratio_lower > screen_ratio_upper, false)
            as is_ratio_outside,
        coalesce(
            difference_upper < -screen_difference or difference_lower > screen_difference, false
        ) as is_difference_outside,
        coalesce(
            ratio_lower >= screen_ratio_lower
            and ratio_upper <= screen_ratio_upper
            and difference_lower >= -screen_difference
            and difference_upper <= screen_difference,
            false
        ) as is_inside
    from bounded
),

judged as (
    select
        *,
        case
            when group_value = 'unknown' then 'attribute unknown'
            when reference_group is null then 'nothing to compare'
            when is_suppressed then 'too few customers'
            when is_ratio_outside or is_difference_outside then 'worth a look'
            when is_inside then 'within the screen'
            else 'unclear'
        end as screen_result
    from settled
),

final as (
    select
        observation_date,
        segment_id,
        -- Readers know it by its plain name.
        protected_attribute as attribute,  -- noqa: RF04
        group_value,
        case when not is_suppressed then customers_count end as customers_count,
        case when not is_suppressed then segment_customers_count end as segment_customers_count,
        case when not is_suppressed then segment_share end as segment_share,
        case when not is_suppressed then segment_share_lower end as segment_share_lower,
        case when not is_suppressed then segment_share_upper end as segment_share_upper,
        case when not is_group_hidden then group_customers_count end as group_customers_count,
        case when not is_group_hidden then book_share end as book_share,
        shown_difference as standardised_mean_difference,
        difference_lower as standardised_mean_difference_lower,
        difference_upper as standardised_mean_difference_upper,
        reference_group,
        case when not is_suppressed then reference_customers_count end as reference_customers_count,
        case when not is_suppressed then reference_group_count end as reference_group_count,
        case when not is_suppressed then assignment_rate end as assignment_rate,
        case when not is_suppressed then reference_assignment_rate end as reference_assignment_rate,
        shown_ratio as adverse_impact_ratio,
        ratio_lower as adverse_impact_ratio_lower,
        ratio_upper as adverse_impact_ratio_upper,
        screen_ratio_lower,
        screen_ratio_upper,
        screen_difference,
        screen_result,
        case
            when screen_result = 'worth a look'
                then concat_ws(
                    ' and ',
                    case
                        when is_ratio_outside
                            then
                                'impact ratio outside ' || screen_ratio_lower || ' to '
                                || screen_ratio_upper
                    end,
                    case
                        when is_difference_outside
                            then 'standardised difference beyond ' || screen_difference
                    end
                )
        end as screen_reason,
        is_suppressed
    from judged
)

select * from final
