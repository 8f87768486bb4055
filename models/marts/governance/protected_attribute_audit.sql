-- One row per segment, protected attribute and group at the latest observation date: composition,
-- difference from everyone else, and assignment against the reference group. A screen, no legal
-- test.
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

-- Where one group's figure is hidden, so is every ratio to it.
judged as (
    select
        *,
        max(case when group_value = reference_group and is_suppressed then 1 else 0 end)
            over (partition by observation_date, protected_attribute, segment_id) = 1
            as is_reference_hidden
    from joined
),

settings as (
    select
        max(case when setting = 'screen_ratio_lower' then value end) as screen_ratio_lower,
        max(case when setting = 'screen_ratio_upper' then value end) as screen_ratio_upper
    from {{ ref('governance_settings') }}
),

ratios as (
    select
        judged.*,
        settings.screen_ratio_lower,
        settings.screen_ratio_upper,
        case when not (is_suppressed or is_reference_hidden) then adverse_impact_ratio end
            as shown_ratio,
        case
            when not (is_suppressed or is_reference_hidden)
                then exp(
                    ln(nullif(adverse_impact_ratio, 0))
                    - {{ var('interval_z') }} * log_ratio_standard_error
                )
        end as shown_ratio_lower,
        case
            when not (is_suppressed or is_reference_hidden)
                then exp(
                    ln(nullif(adverse_impact_ratio, 0))
                    + {{ var('interval_z') }} * log_ratio_standard_error
                )
        end as shown_ratio_upper
    from judged
    cross join settings
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
        case when not is_suppressed then standardised_mean_difference end
            as standardised_mean_difference,
        reference_group,
        case when not is_suppressed then assignment_rate end as assignment_rate,
        case when not is_reference_hidden then reference_assignment_rate end
            as reference_assignment_rate,
        shown_ratio as adverse_impact_ratio,
        shown_ratio_lower as adverse_impact_ratio_lower,
        shown_ratio_upper as adverse_impact_ratio_upper,
        case
            when reference_group is null then 'attribute unknown'
            when group_value = reference_group then 'reference'
            when is_suppressed or is_reference_hidden then 'too few customers'
            when shown_ratio_upper < screen_ratio_lower or shown_ratio_lower > screen_ratio_upper
                then 'worth a look'
            when shown_ratio < screen_ratio_lower or shown_ratio > screen_ratio_upper
                then 'unclear'
            else 'within the screen'
        end as screen_result,
        is_suppressed
    from ratios
)

select * from final
