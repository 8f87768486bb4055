{{ config(
    enabled=var('source') == 'berka',
    meta={'absent_because': 'The file has no marketing.'}
) }}

{{ absent_entity('campaign_contacts') }}
