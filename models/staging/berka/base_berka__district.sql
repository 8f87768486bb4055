-- Every raw row, typed, with the rule that it breaks if any.
-- A question mark in A12 or A15 (district 69) says that the figure is unknown: null, not an error.
{{ config(enabled=var('source') == 'berka', materialized='table') }}

{%- set counts = ['A4', 'A5', 'A6', 'A7', 'A8', 'A9', 'A14', 'A15', 'A16'] -%}
{%- set measures = ['A10', 'A11', 'A12', 'A13'] %}

with

raw as (
    select * from {{ source('berka', 'district') }}
),

typed as (
    select
        nullif(trim(raw.A1), '') as district_id,
        nullif(trim(raw.A2), '') as district_name,
        nullif(trim(raw.A3), '') as region,
        {% for column in counts -%}
            try_cast(nullif(trim(raw.{{ column }}), '?') as integer) as {{ column | lower }}_typed,
        {% endfor -%}
        {% for column in measures -%}
            try_cast(nullif(trim(raw.{{ column }}), '?') as decimal(18, 2))
                as {{ column | lower }}_typed,
        {% endfor -%}
        raw.*,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        *,
        case
            when district_id is null then 'missing key: A1'
            when district_name is null then 'missing name: A2'
            when region is null then 'missing name: A3'
            {% for column in counts + measures -%}
                when {{ column | lower }}_typed is null
                    {%- if column in ['A12', 'A15'] %}
                        and coalesce(trim({{ column }}), '') <> '?'
                    {%- endif %}
                    then 'unreadable number: {{ column }}'
            {% endfor -%}
        end as broken_rule
    from typed
),

final as (
    select
        district_id as row_key,
        district_id,
        district_name,
        region,
        {% for column in counts + measures -%}
            {{ column | lower }}_typed as {{ column | lower }},
        {% endfor -%}
        {{ rejection_reason(['district_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
