{{ config(
    enabled=var('source') == 'berka',
    meta={'absent_because': 'The file has granted loans, but no applications or refusals.'}
) }}

{{ absent_entity('loan_applications') }}
