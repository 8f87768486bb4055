{{ config(enabled=var('source') == 'berka') }}

{{ rejected_rows(
    ['account', 'card', 'client', 'disp', 'district', 'loan', 'order', 'trans']
) }}
