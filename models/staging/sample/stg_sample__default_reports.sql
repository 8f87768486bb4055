{{ config(
    enabled=var('source') == 'sample',
    meta={'absent_because': 'Defaults follow from days past due.'}
) }}

{{ absent_entity('default_reports') }}
