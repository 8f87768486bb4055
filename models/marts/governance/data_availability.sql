-- One row per canonical entity, feature family and mart: is it filled, and if not, why.
{%- set entities = [
    'customers', 'accounts', 'account_months', 'transactions', 'loan_applications', 'loans',
    'instalments', 'bureau_reports', 'campaigns', 'campaign_contacts', 'default_reports',
] %}
{%- set marts = [
    'segment_coverage', 'segment_profiles', 'segment_overview', 'segment_risk',
    'segment_roll_rates', 'segment_vintages', 'segment_expected_loss', 'segment_impairment',
    'segment_approvals', 'segment_pricing', 'score_monitoring', 'segment_marketing',
    'segment_channel_preference', 'segment_contact_pressure', 'segment_lifetime_value',
    'segment_product', 'segment_holdings', 'cross_sell_affinity', 'product_whitespace',
    'product_opportunities', 'protected_attribute_audit', 'segment_strategies',
] %}

with

catalogue as (
    select * from {{ ref('feature_catalogue') }}
),

requirements as (
    select * from {{ ref('governance_mart_requirements') }}
),

profiles as (
    select * from {{ ref('int_segment_profiles') }}
),

entity_rows as (
    -- Transactions are counted as months of accounts with postings: they are read only once.
    {% for entity in entities %}
    {%- set counted = 'int_account_flows' if entity == 'transactions' else entity %}
    select
        '{{ entity }}' as entity,
        (select count(*) from {{ ref(counted) }}) as row_count,
        {{ absence_reason(entity) }} as absent_because
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

mart_rows as (
    {% for mart in marts %}
    select
        '{{ mart }}' as mart,
        (select count(*) from {{ ref(mart) }}) as row_count
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

entities as (
    select
        'entity' as subject_type,
        entity as subject,
        cast(null as varchar) as requirement,
        row_count,
        case when row_count > 0 then 'available' else 'not available' end as status,
        case
            when row_count = 0 then coalesce(absent_because, 'The source delivered no usable row.')
        end as reason
    from entity_rows
),

known_features as (
    select
        catalogue.family,
        catalogue.feature,
        coalesce(sum(profiles.known_count), 0) as known_count
    from catalogue
    left join profiles
        on catalogue.feature = profiles.feature
    group by catalogue.family, catalogue.feature
),

families as (
    select
        'feature family' as subject_type,
        family as subject,
        cast(null as varchar) as requirement,
        cast(sum(known_count) as bigint) as row_count,
        case
            when count(*) filter (where known_count > 0) = count(*) then 'available'
            when count(*) filter (where known_count > 0) > 0 then 'partly'
            else 'not available'
        end as status,
        case
            when count(*) filter (where known_count > 0) < count(*)
                then
                    'Known for nobody: '
                    || string_agg(
                        feature, ', '
                        order by feature
                    ) filter (where known_count = 0)
                    || '.'
        end as reason
    from known_features
    group by family
),

marts as (
    select
        'mart' as subject_type,
        mart_rows.mart as subject,
        requirements.entity as requirement,
        mart_rows.row_count,
        case
            when mart_rows.row_count = 0 then 'not available'
            when entity_rows.row_count = 0 then 'partly'
            else 'available'
        end as status,
        case
            when entity_rows.row_count = 0
                then
                    'Needs ' || replace(requirements.entity, '_', ' ') || ': '
                    || coalesce(entity_rows.absent_because, 'the source delivered no usable row.')
            when mart_rows.row_count = 0
                then 'The data is there, but no case meets the conditions of this figure.'
        end as reason
    from mart_rows
    inner join requirements
        on mart_rows.mart = requirements.mart
    inner join entity_rows
        on requirements.entity = entity_rows.entity
),

final as (
    select * from entities
    union all
    select * from families
    union all
    select * from marts
)

select
    '{{ var("source") }}' as source,
    subject_type,
    subject,
    requirement,
    status,
    cast(row_count as bigint) as row_count,
    reason
from final
