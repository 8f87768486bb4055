{{ config(enabled=var('source') == 'sample', materialized='table') }}

{{ rejected_rows([
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
