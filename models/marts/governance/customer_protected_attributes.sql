-- One row per customer: the attributes that law or policy protects, for the audit alone.
{{ config(schema='governance') }}
select
    customer_id,
    birth_on,
    sex,
    marital_status,
    dependants_count,
    region
from {{ ref('stg_' ~ var('source') ~ '__customers') }}
