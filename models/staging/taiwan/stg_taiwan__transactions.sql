{{ config(
    enabled=var('source') == 'taiwan',
    meta={'absent_because': 'The file has monthly statements, not single transactions.'}
) }}

{{ absent_entity('transactions') }}
