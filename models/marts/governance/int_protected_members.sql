-- One row per segmented customer at the latest observation date and protected attribute: the group
-- that the customer belongs to, and the half of customers that the prediction is measured on.
{{ config(schema='governance') }}

with

segments as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id
    from {{ ref('segments') }} as segments
    inner join {{ ref('observation_dates') }} as observation_dates
        on
            segments.observation_date = observation_dates.observation_date
            and observation_dates.is_latest
),

attributes as (
    select * from {{ ref('customer_protected_attributes') }}
),

bands as (
    select * from {{ ref('governance_attribute_bands') }}
),

measured as (
    select
        segments.customer_id,
        segments.observation_date,
        segments.segment_id,
        attributes.sex,
        attributes.marital_status,
        attributes.region,
        attributes.dependants_count,
        -- Whole years on the day: a birthday later in the year has not been reached.
        year(segments.observation_date) - year(attributes.birth_on)
        - case
            when
                100 * month(segments.observation_date) + day(segments.observation_date)
                < 100 * month(attributes.birth_on) + day(attributes.birth_on)
                then 1
            else 0
        end as age_years
    from segments
    left join attributes
        on segments.customer_id = attributes.customer_id
),

grouped as (
    select
        customer_id,
        observation_date,
        segment_id,
        'sex' as protected_attribute,
        sex as group_value
    from measured
    union all
    select
        customer_id,
        observation_date,
        segment_id,
        'marital status' as protected_attribute,
        marital_status as group_value
    from measured
    union all
    select
        customer_id,
        observation_date,
        segment_id,
        'region' as protected_attribute,
        region as group_value
    from measured
    union all
    select
        measured.customer_id,
        measured.observation_date,
        measured.segment_id,
        'age' as protected_attribute,
        bands.band as group_value
    from measured
    left join bands
        on
            bands.attribute = 'age'
            and measured.age_years between bands.minimum_value and bands.maximum_value
    union all
    select
        measured.customer_id,
        measured.observation_date,
        measured.segment_id,
        'dependants' as protected_attribute,
        bands.band as group_value
    from measured
    left join bands
        on
            bands.attribute = 'dependants'
            and measured.dependants_count between bands.minimum_value and bands.maximum_value
),

final as (
    select
        customer_id,
        observation_date,
        segment_id,
        protected_attribute,
        coalesce(group_value, 'unknown') as group_value,
        -- Hexadecimal digits below 8 are half of all.
        lower(md5(concat(customer_id, '|governance'))) < '8' as is_held_out
    from grouped
)

select * from final
