-- One row: how the reports of this source are written.
{%- set locales = var('report_locale', 'en-GB') %}
{%- set currencies = var('report_currency', {'sample': 'EUR', 'taiwan': 'TWD', 'berka': 'CZK', 'default': ''}) %}
{%- set source = var('source') %}
{%- set locale = locales.get(source, locales.get('default', 'en-GB')) if locales is mapping else locales %}
{%- set currency = currencies.get(source, currencies.get('default', '')) if currencies is mapping else currencies %}

select
    cast('{{ source }}' as varchar) as source,
    cast('{{ locale }}' as varchar) as report_locale,
    nullif(cast('{{ currency }}' as varchar), '') as report_currency,
    cast({{ var('minimum_cell_count') }} as integer) as minimum_cell_count
