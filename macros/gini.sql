{#- Gini coefficient of a ranking, 2 AUC - 1, from exact pair counts: `concordant_pairs` pairs of one
    default and one good in which the default ranks riskier, `tied_pairs` in which they tie. -#}
{% macro gini(concordant_pairs, tied_pairs, default_count, good_count) -%}
(
    {{ ratio(
        '2 * ' ~ concordant_pairs ~ ' + ' ~ tied_pairs,
        'cast(' ~ default_count ~ ' as double) * ' ~ good_count
    ) }} - 1
)
{%- endmacro %}

{#- Bounds of a Gini by the standard error of Hanley and McNeil (1982, doi:10.1148/radiology.143.1.7063747),
    kept between -1 and 1. -#}
{% macro gini_lower(gini, default_count, good_count) -%}
    {{ return(gini_bound(gini, default_count, good_count, -1)) }}
{%- endmacro %}

{% macro gini_upper(gini, default_count, good_count) -%}
    {{ return(gini_bound(gini, default_count, good_count, 1)) }}
{%- endmacro %}

{% macro gini_bound(gini, default_count, good_count, side) -%}
    {%- set a = '((' ~ gini ~ ' + 1) / 2)' -%}
    {%- set d = 'cast(nullif(' ~ default_count ~ ', 0) as double)' -%}
    {%- set g = 'cast(nullif(' ~ good_count ~ ', 0) as double)' -%}
case
    when {{ gini }} is not null
        then least(greatest(
            {{ gini }} {{ '+' if side > 0 else '-' }} 2 * {{ var('interval_z') }} * sqrt(greatest(
                (
                    {{ a }} * (1 - {{ a }})
                    + ({{ d }} - 1) * ({{ a }} / (2 - {{ a }}) - {{ a }} * {{ a }})
                    + ({{ g }} - 1) * (2 * {{ a }} * {{ a }} / (1 + {{ a }}) - {{ a }} * {{ a }})
                ) / ({{ d }} * {{ g }}),
                0
            )),
            -1
        ), 1)
end
{%- endmacro %}
