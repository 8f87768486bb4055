-- One row per segment, protected attribute and group, nothing hidden.
{{ config(schema='governance') }}

with

members as (
    select * from {{ ref('int_protected_members') }}
),

segments as (
    select distinct
        observation_date,
        protected_attribute,
        segment_id
    from members
),

groups as (
    select
        observation_date,
        protected_attribute,
        group_value,
        count(*) as group_customers_count
    from members
    group by observation_date, protected_attribute, group_value
),

-- Cells without customers are rows too: an empty cell is a finding.
counted as (
    select
        segments.observation_date,
        segments.protected_attribute,
        segments.segment_id,
        groups.group_value,
        groups.group_customers_count,
        count(members.customer_id) as customers_count
    from segments
    inner join groups
        on
            segments.observation_date = groups.observation_date
            and segments.protected_attribute = groups.protected_attribute
    left join members
        on
            segments.observation_date = members.observation_date
            and segments.protected_attribute = members.protected_attribute
            and segments.segment_id = members.segment_id
            and groups.group_value = members.group_value
    group by
        segments.observation_date,
        segments.protected_attribute,
        segments.segment_id,
        groups.group_value,
        groups.group_customers_count
),

-- The reference is the largest group that is known.
references_chosen as (
    select
        observation_date,
        protected_attribute,
        group_value as reference_group
    from groups
    where group_value <> 'unknown'
    qualify row_number() over (
        partition by observation_date, protected_attribute
        order by group_customers_count desc, group_value asc
    ) = 1
),

totalled as (
    select
        counted.*,
        references_chosen.reference_group,
        cast(sum(counted.customers_count) over (
            partition by counted.observation_date, counted.protected_attribute, counted.segment_id
        ) as bigint) as segment_customers_count,
        cast(sum(counted.customers_count) over (
            partition by counted.observation_date, counted.protected_attribute
        ) as bigint) as book_customers_count,
        cast(sum(
            case
                when counted.group_value = references_chosen.reference_group
                    then counted.customers_count
            end
        ) over (
            partition by counted.observation_date, counted.protected_attribute, counted.segment_id
        ) as bigint) as reference_customers_count,
        max(
            case
                when counted.group_value = references_chosen.reference_group
                    then counted.group_customers_count
            end
        ) over (
            partition by counted.observation_date, counted.protected_attribute
        ) as reference_group_count
    from counted
    left join references_chosen
        on
            counted.observation_date = references_chosen.observation_date
            and counted.protected_attribute = references_chosen.protected_attribute
),

rated as (
    select
        *,
        {{ ratio('customers_count', 'segment_customers_count') }} as segment_share,
        {{ ratio(
            'group_customers_count - customers_count', 'book_customers_count - segment_customers_count'
        ) }} as rest_share,
        {{ ratio('group_customers_count', 'book_customers_count') }} as book_share,
        {{ ratio('customers_count', 'group_customers_count') }} as assignment_rate,
        {{ ratio('reference_customers_count', 'reference_group_count') }}
            as reference_assignment_rate
    from totalled
),

final as (
    select
        observation_date,
        segment_id,
        protected_attribute,
        group_value,
        customers_count,
        segment_customers_count,
        group_customers_count,
        book_customers_count,
        segment_share,
        {{ wilson_lower('customers_count', 'segment_customers_count') }} as segment_share_lower,
        {{ wilson_upper('customers_count', 'segment_customers_count') }} as segment_share_upper,
        book_share,
        (segment_share - rest_share)
        / nullif(sqrt((segment_share * (1 - segment_share) + rest_share * (1 - rest_share)) / 2), 0)
            as standardised_mean_difference,
        reference_group,
        reference_customers_count,
        reference_group_count,
        assignment_rate,
        reference_assignment_rate,
        case
            when group_value <> reference_group
                then {{ ratio('assignment_rate', 'reference_assignment_rate') }}
        end as adverse_impact_ratio,
        -- Log interval of a ratio of two proportions (Katz and others 1978, doi:10.2307/2530610).
        case
            when
                group_value <> reference_group
                and least(customers_count, reference_customers_count) > 0
                then sqrt(
                    1.0 / customers_count - 1.0 / group_customers_count
                    + 1.0 / reference_customers_count - 1.0 / reference_group_count
                )
        end as log_ratio_standard_error
    from rated
)

select * from final
