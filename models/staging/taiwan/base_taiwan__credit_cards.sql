-- Every raw row, typed, with the rule that it breaks if any.
{{ config(enabled=var('source') == 'taiwan', materialized='table') }}

{%- set amounts = ['LIMIT_BAL'] -%}
{%- set counts = ['SEX', 'EDUCATION', 'MARRIAGE', 'AGE', 'PAY_0'] -%}
{%- for month in range(1, 7) -%}
    {%- do amounts.append('BILL_AMT' ~ month) -%}
    {%- do amounts.append('PAY_AMT' ~ month) -%}
{%- endfor -%}
{%- for month in range(2, 7) -%}
    {%- do counts.append('PAY_' ~ month) -%}
{%- endfor %}

with

raw as (
    select * from {{ source('taiwan', 'credit_cards') }}
),

typed as (
    select
        nullif(trim(raw."ID"), '') as customer_id,
        {% for column in amounts -%}
            try_cast(raw.{{ column }} as decimal(18, 2)) as {{ column | lower }}_typed,
        {% endfor -%}
        {% for column in counts -%}
            try_cast(raw.{{ column }} as integer) as {{ column | lower }}_typed,
        {% endfor -%}
        try_cast(raw."default.payment.next.month" as integer) as default_typed,
        raw.*,
        {{ row_as_json('raw') }} as raw_row_json
    from raw
),

checked as (
    select
        *,
        case
            when customer_id is null then 'missing key: ID'
            {% for column in amounts + counts -%}
                when {{ column | lower }}_typed is null then 'unreadable number: {{ column }}'
            {% endfor -%}
            when default_typed is null then 'unreadable number: default.payment.next.month'
            when age_typed not between 18 and 110 then 'impossible age: AGE'
            when limit_bal_typed < 0 then 'negative limit: LIMIT_BAL'
            {% for column in counts if column.startswith('PAY_') -%}
                when {{ column | lower }}_typed not between -2 and 9 then 'unknown code: {{ column }}'
            {% endfor -%}
            when default_typed not in (0, 1) then 'unknown code: default.payment.next.month'
        end as broken_rule
    from typed
),

final as (
    select
        customer_id as row_key,
        customer_id,
        {% for column in amounts + counts -%}
            {{ column | lower }}_typed as {{ column | lower }},
        {% endfor -%}
        default_typed = 1 as is_default,
        {{ rejection_reason(['customer_id'], 'raw_row_json') }} as rejection_reason,
        case when rejection_reason is not null then raw_row_json end as raw_row
    from checked
)

select * from final
