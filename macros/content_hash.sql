{#- A hash of a table's rows, whatever their order: the MD5 of the sum of the leading 60 bits of the
    rows' own MD5s, beside the columns' names and the number of rows. -#}
{% macro content_hash(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}
        {#- A null must not read like an empty text. -#}
        {%- do texts.append("coalesce(cast(" ~ column ~ " as varchar), 'null')") -%}
    {%- endfor -%}
    {%- set row_hash = "md5(concat_ws('|', " ~ texts | join(', ') ~ "))" -%}
md5(concat_ws(
    '|',
    '{{ columns | join(" ") }}',
    cast(count(*) as varchar),
    coalesce(cast(sum({{ leading_bits(row_hash) }}) as varchar), '0')
))
{%- endmacro %}

{#- The number that the first 15 hexadecimal digits of a text write. -#}
{% macro leading_bits(hexadecimal) -%}
    {{ return(adapter.dispatch('leading_bits')(hexadecimal)) }}
{%- endmacro %}

{% macro default__leading_bits(hexadecimal) -%}
cast(conv(substr({{ hexadecimal }}, 1, 15), 16, 10) as decimal(38, 0))
{%- endmacro %}

{% macro duckdb__leading_bits(hexadecimal) -%}
cast(concat('0x', substr({{ hexadecimal }}, 1, 15)) as bigint)
{%- endmacro %}
