{{ config(
    enabled=var('source') == 'berka',
    meta={'absent_because': 'The file has no bureau data.'}
) }}

{{ absent_entity('bureau_reports') }}
