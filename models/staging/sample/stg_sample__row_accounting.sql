{{ config(enabled=var('source') == 'sample', materialized='table') }}

{{ row_accounting([
    'customers',
    'accounts',
    'account_months',
    'transactions',
    'loan_applications',
    'loans',
    'instalments',
    'bureau_reports',
    'campaigns',
    'campaign_contacts',
]) }}
