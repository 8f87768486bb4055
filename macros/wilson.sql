{#- Wilson score interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953): bounds
    between 0 and 1 that hold for small counts too. Null where nothing was observed. With no success
    the lower bound is exactly 0, with nothing else the upper is exactly 1: rounding would miss both. -#}
{% macro wilson_lower(successes, trials) -%}
    {{ return(wilson_bound(successes, trials, -1)) }}
{%- endmacro %}

{% macro wilson_upper(successes, trials) -%}
    {{ return(wilson_bound(successes, trials, 1)) }}
{%- endmacro %}

{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = var('interval_z') -%}
    {%- set n = 'cast(nullif(' ~ trials ~ ', 0) as double)' -%}
    {%- set p = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
case
    when {{ n }} is null or {{ successes }} is null then null
    when {{ successes }} = {{ '0' if side < 0 else trials }} then {{ '0.0' if side < 0 else '1.0' }}
    else least(greatest(
        (
            {{ p }} + {{ z * z / 2 }} / {{ n }}
            {{ '+' if side > 0 else '-' }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }}))
        ) / (1 + {{ z * z }} / {{ n }}),
        0.0
    ), 1.0)
end
{%- endmacro %}
