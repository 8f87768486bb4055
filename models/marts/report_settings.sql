-- One row: how the reports of this source are written.
select
    cast('{{ var("source") }}' as varchar) as source,
    cast('{{ source_setting("report_locale") }}' as varchar) as report_locale,
    nullif(cast('{{ source_setting("report_currency") }}' as varchar), '') as report_currency,
    cast({{ var('minimum_cell_count') }} as integer) as minimum_cell_count
