-- One row per published mart and column: in how many rows it is known, in how many it isn't and
-- something of the row is hidden, and what its nulls mean.
{%- set marts = [
    'audience_card_upgrade', 'audience_loan_top_up', 'audience_savings_growth', 'contact_pressure',
    'cross_sell_affinity', 'customer_lifetime_value', 'data_quality_summary', 'feature_drift',
    'model_card', 'next_best_actions', 'product_opportunities', 'product_whitespace',
    'protected_attribute_audit', 'protected_attribute_prediction', 'report_features', 'report_settings',
    'row_accounting', 'run_manifest', 'score_monitoring', 'segment_approvals', 'segment_audiences',
    'segment_baselines', 'segment_channel_preference', 'segment_contact_pressure', 'segment_coverage', 'segment_drift',
    'segment_expected_loss', 'segment_feature_effects', 'segment_feature_treatment',
    'segment_holdings', 'segment_impairment', 'segment_k_scan', 'segment_lifetime_value',
    'segment_lineage', 'segment_marketing', 'segment_migrations', 'segment_model_centroids',
    'segment_model_dimensions', 'segment_models', 'segment_names',
    'segment_next_best_actions', 'segment_overview', 'segment_pricing', 'segment_product', 'segment_profiles', 'segment_projection',
    'segment_projection_loadings', 'segment_relationships', 'segment_risk', 'segment_roll_rates',
    'segment_rules', 'segment_scores', 'segment_stability', 'segment_strategies', 'segment_vintages',
    'segments', 'source_checks',
] %}
{%- set documented = {} %}
{%- set flags = {} %}
{%- for mart in marts %}
    {%- set columns = graph.nodes['model.' ~ project_name ~ '.' ~ mart].columns if execute else {} %}
    {%- do documented.update({mart: columns}) %}
    {%- do flags.update({mart: []}) %}
    {%- for column in columns if column.endswith('suppressed') %}
        {%- do flags[mart].append(column) %}
    {%- endfor %}
{%- endfor %}

with

{% for mart in marts %}
counted_{{ mart }} as (
    select
        {% for column in documented[mart] %}
        count({{ adapter.quote(column) }}) as {{ adapter.quote(column) }},
        {% endfor %}
        count(*) as rows_in_mart
    from {{ ref(mart) }}
),

{% if flags[mart] %}
hidden_{{ mart }} as (
    select
        {% for column in documented[mart] %}
        count(*) filter (where {{ adapter.quote(column) }} is null) as {{ adapter.quote(column) }},
        {% endfor %}
        count(*) as hidden_rows
    from {{ ref(mart) }}
    where {{ flags[mart] | join(' or ') }}
),

{% endif %}
{% endfor %}
counts as (
    {% for mart in marts %}
    select
        '{{ mart }}' as mart,
        rows_in_mart,
        counted_column,
        count_in_column
    from counted_{{ mart }}
    {% if documented[mart] %}
    unpivot (
        count_in_column for counted_column in (
            {% for column in documented[mart] %}
            {{ adapter.quote(column) }}{{ ',' if not loop.last }}
            {% endfor %}
        )
    )
    {% endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

hidden_counts as (
    {% for mart in marts if flags[mart] %}
    select
        '{{ mart }}' as mart,
        counted_column,
        count_in_column
    from hidden_{{ mart }}
    unpivot (
        count_in_column for counted_column in (
            {% for column in documented[mart] %}
            {{ adapter.quote(column) }}{{ ',' if not loop.last }}
            {% endfor %}
        )
    )
    union all
    {% endfor %}
    -- Before anything runs, no mart is known to hide anything.
    select
        cast(null as varchar) as mart,
        cast(null as varchar) as counted_column,
        cast(null as bigint) as count_in_column
    where false
),

meanings as (
    select
        column1 as mart,
        column2 as counted_column,
        column3 as null_meaning
    from (
        values
        {% for mart in marts %}
        {% set is_last_mart = loop.last %}
        {% for column in documented[mart].values() %}
        ('{{ mart }}', '{{ column.name }}', {{ null_meaning(column.description) }})
        {{- ',' if not (is_last_mart and loop.last) }}
        {% endfor %}
        {% endfor %}
    ) as documented_columns (column1, column2, column3) -- noqa: AL05
),

final as (
    select
        '{{ var("source") }}' as source,
        counts.mart,
        counts.counted_column as column_name,
        cast(counts.rows_in_mart as bigint) as row_count,
        cast(counts.count_in_column as bigint) as known_count,
        cast(coalesce(hidden_counts.count_in_column, 0) as bigint) as suppressed_count,
        case
            when counts.count_in_column = counts.rows_in_mart and counts.rows_in_mart > 0
                then 'available'
            when counts.count_in_column > 0 then 'partly'
            else 'not available'
        end as status,
        case
            when counts.count_in_column < counts.rows_in_mart
                then meanings.null_meaning
            when counts.rows_in_mart = 0 then 'The mart has no rows.'
        end as reason
    from counts
    inner join meanings
        on
            counts.mart = meanings.mart
            and counts.counted_column = meanings.counted_column
    left join hidden_counts
        on
            counts.mart = hidden_counts.mart
            and counts.counted_column = hidden_counts.counted_column
)

select * from final
