{{ config(
    enabled=var('source') == 'taiwan',
    meta={'absent_because': 'The file is about credit cards alone.'}
) }}

{{ absent_entity('loans') }}
