-- One row per canonical entity, feature family and mart: is it filled, and if not, why.
-- column_availability says the same of each column.
{%- set entities = [
    'customers', 'accounts', 'account_months', 'transactions', 'loan_applications', 'loans',
    'instalments', 'bureau_reports', 'campaigns', 'campaign_contacts', 'default_reports',
] %}
{%- set months = source_setting('performance_months') %}
{#- What a mart may need beyond an entity's rows: its name, the relation that is counted, the rows that
    fill it, how many there must be, and what to say without them. -#}
{%- set parts = [
    ('days past due', 'account_months', 'dpd is not null', 1, 'No account month tells days past due.'),
    (
        'consents', 'customers',
        'coalesce(has_email_consent, has_sms_consent, has_phone_consent, has_post_consent) is not null',
        1, 'No customer record tells consent to marketing.',
    ),
    (
        'incomes', 'customers', 'gross_annual_income_amount is not null',
        1, 'No customer record tells an income.',
    ),
    (
        'closings', 'accounts',
        'closed_on <= (select history_ends_on from ' ~ ref('source_calendar') ~ ')',
        1, 'No account is on record as closed within the history.',
    ),
    (
        'two products', 'accounts',
        'product_type != (select min(product_type) from ' ~ ref('accounts') ~ ')',
        1, 'All accounts are of one product.',
    ),
    ('two observation dates', 'observation_dates', 'true', 2, 'Customers are observed on one date alone.'),
    ('outcomes', 'customer_outcomes', 'is_default is not null', 1, 'No outcome of any customer is known.'),
    (
        'outcomes of a year', 'customer_outcomes', 'is_default is not null and ' ~ months ~ ' >= 12', 1,
        'Outcomes are seen over ' ~ months ~ (' month' if months == 1 else ' months')
        ~ ', from which no default rate of 12 months follows.',
    ),
    (
        'twenty defaults', 'customer_outcomes', 'is_default', 20,
        'Fewer than 20 defaults are known, ten for each half of the customers.',
    ),
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
        cast(null as bigint) as asked_count,
        {{ absence_reason(entity) }} as absent_because,
        cast(null as varchar) as partial_because
    union all
    {% endfor %}
    {% for part, relation, condition, minimum, absent_because in parts %}
    select
        '{{ part }}' as entity,
        case when count(*) >= {{ minimum }} then count(*) else 0 end as row_count,
        cast(null as bigint) as asked_count,
        '{{ absent_because }}' as absent_because,
        cast(null as varchar) as partial_because
    from {{ ref(relation) }}
    where {{ condition }}
    union all
    {% endfor %}
    -- A segment without a known outcome borrows the default rate of the book.
    select
        'outcomes of each segment' as entity,
        count(*) filter (where pd_basis like 'segment%') as row_count,
        count(*) as asked_count,
        'No segment has a customer with a known outcome.' as absent_because,
        'Some segments have no customer with a known outcome and borrow the default rate of the book,'
        || ' or have none.' as partial_because
    from {{ ref('int_segment_default_probabilities') }}
),

column_availability as (
    select * from {{ ref('column_availability') }}
),

mart_rows as (
    select
        mart,
        max(row_count) as row_count
    from column_availability
    group by mart
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

-- A mart's requirements: entities without which it has gaps, and the figure that it is read for.
required as (
    select
        mart_rows.mart,
        mart_rows.row_count,
        requirements.entity as requirement,
        requirements.key_figure,
        requirements.entity is not null and entity_rows.row_count = 0 as is_entity_missing,
        entity_rows.absent_because,
        max(case when entity_rows.row_count = 0 then 1 else 0 end)
            over (partition by mart_rows.mart) = 1 as is_any_entity_missing,
        coalesce(key_figures.known_count, mart_rows.row_count) as known_count,
        key_figures.suppressed_count,
        key_figures.reason as key_figure_reason,
        coalesce(entity_rows.row_count < entity_rows.asked_count, false) as is_entity_partial,
        entity_rows.partial_because
    from mart_rows
    left join requirements
        on mart_rows.mart = requirements.mart
    left join entity_rows
        on requirements.entity = entity_rows.entity
    left join column_availability as key_figures
        on
            requirements.mart = key_figures.mart
            and requirements.key_figure = key_figures.column_name
),

marts as (
    select
        'mart' as subject_type,
        mart as subject,
        requirement,
        row_count,
        case
            when row_count = 0 then 'not available'
            when is_entity_missing or is_entity_partial or known_count < row_count then 'partly'
            else 'available'
        end as status,
        case
            when is_entity_missing
                then
                    'Needs ' || replace(requirement, '_', ' ') || ': '
                    || coalesce(absent_because, 'the source delivered no usable row.')
            when row_count = 0 and is_any_entity_missing
                then 'This is there; something else that the mart needs is not.'
            when row_count = 0
                then 'The data is there, but no row met the conditions of the mart.'
            when is_entity_partial then partial_because
            when known_count < row_count
                then
                    case
                        when known_count = 0 then 'No row has'
                        else known_count || ' of ' || row_count || ' rows have'
                    end
                    || ' the ' || replace(key_figure, '_', ' ')
                    || case
                        when suppressed_count = row_count
                            then '; all are hidden, because they rest on few or would give away some that do'
                        when suppressed_count > 0
                            then
                                '; ' || suppressed_count
                                || ' are hidden, because they rest on few or would give away some that do'
                        else ''
                    end
                    || '. ' || coalesce(key_figure_reason, '')
        end as reason
    from required
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
