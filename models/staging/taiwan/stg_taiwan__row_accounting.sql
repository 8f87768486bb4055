{{ config(enabled=var('source') == 'taiwan') }}

{{ row_accounting(['credit_cards']) }}
