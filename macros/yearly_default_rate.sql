{#- The default rate of a year from that of the performance window (var `performance_months`). From a
    longer window a constant hazard gives it, over the mean months in which each of those scored could
    default: a loan that ends a year into a window of five isn't at risk for the other four. From a
    shorter one nothing does: a year's rate from a month's would be invented. -#}
{% macro yearly_default_rate(default_rate, scored_count, months_at_risk) -%}
    {%- set months = source_setting('performance_months') | int -%}
    {%- if months < 12 -%}
cast(null as double)
    {%- elif months == 12 -%}
{{ default_rate }}
    {%- else -%}
(1 - power(1 - {{ default_rate }}, 12 * {{ ratio(scored_count, months_at_risk) }}))
    {%- endif -%}
{%- endmacro %}
