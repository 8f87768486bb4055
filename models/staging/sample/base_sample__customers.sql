-- Every raw row of a customer, typed, with the rule it breaks if any.
{{ config(enabled=var('source') == 'sample', materialized='table') }}

{%- set dates = {
    'birth_date': 'birth_on',
    'customer_since': 'customer_since_on',
    'loaded_at': 'loaded_at',
} %}
{%- set numbers = {
    'dependants': 'dependants_count',
    'gross_annual_income': 'gross_annual_income_amount',
} %}
{%- set mapped_codes = {
    'sex': 'sex',
    'consent_email': 'has_email_consent',
    'consent_sms': 'has_sms_consent',
    'consent_phone': 'has_phone_consent',
    'consent_post': 'has_post_consent',
} %}

with

raw as (
    select * from {{ source('sample', 'customers') }}
),

typed as (
    select
        raw as raw_record,
        nullif(trim(raw.customer_id), '') as customer_id,
        try_cast(raw.birth_date as date) as birth_on,
        case {{ code('raw.sex') }} when 'f' then 'female' when 'm' then 'male' end as sex,
        {{ code('raw.marital_status') }} as marital_status,
        try_cast(raw.dependants as integer) as dependants_count,
        {{ code('raw.employment_status') }} as employment_status,
        try_cast(raw.gross_annual_income as decimal(18, 2)) as gross_annual_income_amount,
        {{ code('raw.home_ownership') }} as home_ownership,
        nullif(trim(raw.region), '') as region,
        {{ code('raw.acquisition_channel') }} as acquisition_channel,
        try_cast(raw.customer_since as date) as customer_since_on,
        case {{ code('raw.consent_email') }} when 'y' then true when 'n' then false end
            as has_email_consent,
        case {{ code('raw.consent_sms') }} when 'y' then true when 'n' then false end
            as has_sms_consent,
        case {{ code('raw.consent_phone') }} when 'y' then true when 'n' then false end
            as has_phone_consent,
        case {{ code('raw.consent_post') }} when 'y' then true when 'n' then false end
            as has_post_consent,
        try_cast(raw.loaded_at as timestamp) as loaded_at
    from raw
),

checked as (
    select
        *,
        case
            when customer_id is null then 'missing key: customer_id'
            {% for raw_column, column in dates.items() -%}
                when {{ is_unreadable('raw_record.' ~ raw_column, column) }}
                    then 'unreadable date: {{ raw_column }}'
            {% endfor -%}
            when customer_since_on is null then 'missing date: customer_since'
            {% for raw_column, column in numbers.items() -%}
                when {{ is_unreadable('raw_record.' ~ raw_column, column) }}
                    then 'unreadable number: {{ raw_column }}'
            {% endfor -%}
            when birth_on > customer_since_on
                or birth_on < customer_since_on - interval 110 year
                then 'impossible age: birth_date'
            when dependants_count < 0 then 'negative number: dependants'
            when gross_annual_income_amount < 0 then 'negative number: gross_annual_income'
            {% for raw_column, column in mapped_codes.items() -%}
                when {{ is_unreadable('raw_record.' ~ raw_column, column) }}
                    then 'unknown code: {{ raw_column }}'
            {% endfor -%}
            when marital_status not in ('single', 'married', 'divorced', 'widowed', 'other')
                then 'unknown code: marital_status'
            when employment_status not in (
                'employed', 'self_employed', 'unemployed', 'retired', 'student'
            ) then 'unknown code: employment_status'
            when home_ownership not in ('own', 'mortgage', 'rent', 'family')
                then 'unknown code: home_ownership'
            when acquisition_channel not in (
                'branch', 'web', 'mobile_app', 'broker', 'referral'
            ) then 'unknown code: acquisition_channel'
        end as broken_rule
    from typed
),

final as (
    select
        customer_id as row_key,
        customer_id,
        birth_on,
        sex,
        marital_status,
        dependants_count,
        employment_status,
        gross_annual_income_amount,
        home_ownership,
        region,
        acquisition_channel,
        customer_since_on,
        has_email_consent,
        has_sms_consent,
        has_phone_consent,
        has_post_consent,
        loaded_at,
        {{ rejection_reason(['customer_id'], 'loaded_at desc nulls last, raw_record') }}
            as rejection_reason,
        case when rejection_reason is not null then {{ row_as_json('raw_record') }} end
            as raw_row
    from checked
)

select * from final
