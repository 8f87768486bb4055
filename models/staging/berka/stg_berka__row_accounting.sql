{{ config(enabled=var('source') == 'berka') }}

{{ row_accounting(
    ['account', 'card', 'client', 'disp', 'district', 'loan', 'order', 'trans']
) }}
