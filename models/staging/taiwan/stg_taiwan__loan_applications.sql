{{ config(
    enabled=var('source') == 'taiwan',
    meta={'absent_because': 'The file has no applications.'}
) }}

{{ absent_entity('loan_applications') }}
