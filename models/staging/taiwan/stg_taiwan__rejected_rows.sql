{{ config(enabled=var('source') == 'taiwan') }}

{{ rejected_rows(['credit_cards']) }}
