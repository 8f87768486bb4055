{{ config(
    enabled=var('source') == 'berka',
    meta={'absent_because': 'Payments are agreed, but no due dates are given, nor payments after March 1994.'}
) }}

{{ absent_entity('instalments') }}
