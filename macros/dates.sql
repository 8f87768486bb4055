{#- Dates that each adapter writes in its own way. One file, because they are one idea. -#}

{#- The date some months after (or, negative, before) another. -#}
{% macro add_months(date, months) -%}
    {{ return(adapter.dispatch('add_months')(date, months)) }}
{%- endmacro %}

{% macro default__add_months(date, months) -%}
add_months({{ date }}, {{ months }})
{%- endmacro %}

{% macro duckdb__add_months(date, months) -%}
cast({{ date }} + to_months({{ months }}) as date)
{%- endmacro %}

{#- Calendar months from one date to a later one, days ignored. -#}
{% macro months_between(from_date, to_date) -%}
(12 * (year({{ to_date }}) - year({{ from_date }})) + month({{ to_date }}) - month({{ from_date }}))
{%- endmacro %}

{#- Whole days from one date to a later one. -#}
{% macro days_between(from_date, to_date) -%}
    {{ return(adapter.dispatch('days_between')(from_date, to_date)) }}
{%- endmacro %}

{% macro default__days_between(from_date, to_date) -%}
datediff({{ to_date }}, {{ from_date }})
{%- endmacro %}

{% macro duckdb__days_between(from_date, to_date) -%}
datediff('day', {{ from_date }}, {{ to_date }})
{%- endmacro %}

{#- A column of all month ends between two dates. -#}
{% macro month_ends_between(from_date, to_date) -%}
    {{ return(adapter.dispatch('month_ends_between')(from_date, to_date)) }}
{%- endmacro %}

{% macro default__month_ends_between(from_date, to_date) -%}
last_day(explode(sequence(trunc({{ from_date }}, 'month'), {{ to_date }}, interval 1 month)))
{%- endmacro %}

{% macro duckdb__month_ends_between(from_date, to_date) -%}
last_day(cast(unnest(generate_series(date_trunc('month', {{ from_date }}), {{ to_date }}, interval 1 month)) as date))
{%- endmacro %}
