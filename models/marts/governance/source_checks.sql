-- One row per dated entity and check: does its data reach as far as the rest of the source, and is
-- its last full month about as large as the months before?
{%- set dated_entities = [
    ('account_months', 'account_months', 'month_end_on', 'count(*)'),
    ('transactions', 'int_account_flows', 'month_end_on', 'sum(transactions_count)'),
    ('instalments', 'instalments', 'paid_on', 'count(*)'),
    ('loan_applications', 'loan_applications', 'applied_on', 'count(*)'),
    ('bureau_reports', 'bureau_reports', 'report_on', 'count(*)'),
    ('campaign_contacts', 'campaign_contacts', 'cast(contacted_at as date)', 'count(*)'),
] %}

with

-- An instalment is dated by its payment: due dates lie years ahead.
monthly as (
    {% for entity, model_name, dated_on, counted in dated_entities %}
    select
        '{{ entity }}' as entity,
        last_day({{ dated_on }}) as month_end_on,
        max({{ dated_on }}) as last_record_on,
        cast({{ counted }} as bigint) as row_count
    from {{ ref(model_name) }}
    where {{ dated_on }} is not null
    group by last_day({{ dated_on }})
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

entities as (
    {% for entity, model_name, dated_on, counted in dated_entities %}
    select '{{ entity }}' as entity
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

source_span as (
    select
        max(last_record_on) as source_ends_on,
        case
            when max(last_record_on) = last_day(max(last_record_on)) then max(last_record_on)
            else last_day({{ add_months('max(last_record_on)', -1) }})
        end as last_full_month_end_on
    from monthly
),

-- Feeds differ in rhythm: bureau reports come by the quarter, campaigns when they please. So months
-- with rows are compared with months with rows; a feed that stops shows as staleness.
entity_spans as (
    select
        monthly.entity,
        max(monthly.last_record_on) as last_record_on,
        max(monthly.month_end_on) filter (
            where monthly.month_end_on <= source_span.last_full_month_end_on
        ) as last_full_month_end_on
    from monthly
    cross join source_span
    group by monthly.entity
),

volumes as (
    select
        monthly.entity,
        max(monthly.row_count) filter (
            where monthly.month_end_on = entity_spans.last_full_month_end_on
        ) as last_month_row_count,
        {{ quantile('monthly.row_count', 0.5) }} filter (
            where monthly.month_end_on < entity_spans.last_full_month_end_on
        ) as median_month_row_count
    from monthly
    inner join entity_spans
        on monthly.entity = entity_spans.entity
    group by monthly.entity
),

measured as (
    select
        entities.entity,
        source_span.source_ends_on,
        entity_spans.last_full_month_end_on,
        entity_spans.last_record_on,
        {{ days_between('entity_spans.last_record_on', 'source_span.source_ends_on') }}
            as lag_days,
        volumes.last_month_row_count,
        cast(volumes.median_month_row_count as double) as median_month_row_count,
        {{ ratio('volumes.last_month_row_count', 'volumes.median_month_row_count') }} - 1
            as row_count_change_ratio
    from entities
    cross join source_span
    left join entity_spans
        on entities.entity = entity_spans.entity
    left join volumes
        on entities.entity = volumes.entity
),

staleness as (
    select
        *,
        'staleness' as check_name,
        lag_days as measured_value,
        {{ var('maximum_source_lag_days') }} as limit_value,
        'days' as unit
    from measured
),

volume as (
    select
        *,
        'row count' as check_name,
        row_count_change_ratio as measured_value,
        {{ var('maximum_row_count_change') }} as limit_value,
        'ratio' as unit
    from measured
),

checks as (
    select * from staleness
    union all
    select * from volume
),

final as (
    select
        '{{ var("source") }}' as source,
        entity,
        check_name,
        case
            when measured_value is null then 'not available'
            when abs(measured_value) > limit_value then 'warning'
            else 'ok'
        end as status,
        cast(measured_value as double) as measured_value,
        cast(limit_value as double) as limit_value,
        unit,
        last_record_on,
        source_ends_on,
        last_full_month_end_on,
        last_month_row_count,
        median_month_row_count,
        case
            when last_record_on is null
                then 'The source has no ' || replace(entity, '_', ' ') || '.'
            when measured_value is null
                then 'No earlier months to compare ' || replace(entity, '_', ' ') || ' with.'
            when check_name = 'staleness'
                then
                    replace(entity, '_', ' ') || ' end on ' || cast(last_record_on as varchar)
                    || ', ' || cast(lag_days as varchar) || ' days before the source.'
            else
                'The month to ' || cast(last_full_month_end_on as varchar) || ' has '
                || cast(last_month_row_count as varchar) || ' ' || replace(entity, '_', ' ')
                || '; the median of the months before is '
                || cast(cast(median_month_row_count as bigint) as varchar) || '.'
        end as message
    from checks
)

select * from final
