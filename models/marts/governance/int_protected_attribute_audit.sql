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

totalled as (
    select
        *,
        cast(sum(customers_count) over (
            partition by observation_date, protected_attribute, segment_id
        ) as bigint) as segment_customers_count,
        cast(sum(customers_count) over (
            partition by observation_date, protected_attribute
        ) as bigint) as book_customers_count,
        cast(coalesce(sum(case when group_value <> 'unknown' then customers_count end) over (
            partition by observation_date, protected_attribute
        ), 0) as bigint) as known_customers_count
    from counted
),

-- Everyone else, those of unknown value too: leaving them out would tell how many they are in a
-- segment that hides them. There must be another known group, and another segment to be in.
referred as (
    select
        *,
        case
            when
                group_value <> 'unknown'
                and known_customers_count > group_customers_count
                and book_customers_count > segment_customers_count
                then 'all other customers'
        end as reference_group,
        segment_customers_count - customers_count as reference_customers_count,
        book_customers_count - group_customers_count as reference_group_count
    from totalled
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
    from referred
),

compared as (
    select
        *,
        (segment_share - rest_share)
        / nullif(sqrt((segment_share * (1 - segment_share) + rest_share * (1 - rest_share)) / 2), 0)
            as standardised_mean_difference,
        case
            when reference_group is not null
                then {{ ratio('assignment_rate', 'reference_assignment_rate') }}
        end as adverse_impact_ratio,
        -- Of a ratio of two proportions (Katz and others 1978, doi:10.2307/2530610).
        case
            when reference_group is not null and least(customers_count, reference_customers_count) > 0
                then sqrt(
                    1.0 / customers_count - 1.0 / group_customers_count
                    + 1.0 / reference_customers_count - 1.0 / reference_group_count
                )
        end as log_ratio_standard_error
    from rated
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
        standardised_mean_difference,
        -- Of a standardised difference (Hedges and Olkin 1985), as Yang and Dalton (2012) use it for
        -- shares.
        sqrt(
            {{ ratio(
                'book_customers_count',
                'cast(segment_customers_count as double)'
                ~ ' * (book_customers_count - segment_customers_count)'
            ) }}
            + standardised_mean_difference * standardised_mean_difference
            / (2.0 * book_customers_count)
        ) as difference_standard_error,
        reference_group,
        reference_customers_count,
        reference_group_count,
        assignment_rate,
        reference_assignment_rate,
        adverse_impact_ratio,
        log_ratio_standard_error
    from compared
)

select * from final
