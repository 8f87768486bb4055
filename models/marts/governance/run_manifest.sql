-- One row: the build that made this database.
-- The code's commit comes from the environment variable CUSTOMER_SEGMENTATION_COMMIT, which the
-- command line fills from git.
{%- set commit = env_var('CUSTOMER_SEGMENTATION_COMMIT', '') %}
{%- set code_hash = local_md5(tojson(project_checksums())) if execute %}
{#- What was set for this run; where the raw files lie says nothing about the figures. #}
{%- set given = {} %}
{%- for name, value in (invocation_args_dict.vars or {}).items() if name != 'data_dir' %}
{%- do given.update({name: value}) %}
{%- endfor %}
{%- set hashed = ['customer_features', 'customer_outcomes'] %}

with

approved as (
    select * from {{ ref('segment_models') }}
    where is_approved
),

calendar as (
    select * from {{ ref('source_calendar') }}
),

accounting as (
    select
        sum(raw_row_count) as raw_row_count,
        sum(rejected_row_count) as rejected_row_count
    from {{ ref('row_accounting') }}
),

dates as (
    select
        count(*) as observation_dates_count,
        max(observation_date) as latest_observation_date
    from {{ ref('observation_dates') }}
),

scored as (
    select
        md5(concat_ws(
            '|',
            {% for table in hashed %}
                (
                    select {{ content_hash(contract_columns(table)) }}
                    from {{ ref(table) }}
                ){{ ',' if not loop.last }}
            {% endfor %}
        )) as scored_data_hash
),

final as (
    select
        '{{ var("source") }}' as source,
        '{{ invocation_id }}' as invocation_id,
        cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as run_started_at,
        '{{ dbt_version }}' as dbt_version,
        '{{ adapter.type() }}' as adapter_type,
        version() as engine_version,
        nullif('{{ commit }}', '') as code_commit,
        '{{ code_hash }}' as code_hash,
        '{{ tojson(given, sort_keys=true) | replace("'", "''") }}' as given_vars,
        scored.scored_data_hash,
        approved.data_snapshot_hash,
        approved.feature_list_hash,
        approved.segment_model_version,
        approved.library_versions,
        calendar.history_starts_on,
        calendar.history_ends_on,
        dates.observation_dates_count,
        dates.latest_observation_date,
        cast(accounting.raw_row_count as bigint) as raw_row_count,
        cast(accounting.rejected_row_count as bigint) as rejected_row_count
    from calendar
    cross join dates
    cross join accounting
    cross join scored
    left join approved
        on true
)

select * from final
