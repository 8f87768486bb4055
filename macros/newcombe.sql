{#- Interval of the difference between two proportions from their own Wilson intervals
    (Newcombe 1998, method 10, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
    Pass the first rate with its bounds, then the second with its bounds. Null where either is. -#}
{% macro newcombe_lower(rate, lower, upper, other_rate, other_lower, other_upper) -%}
({{ rate }} - {{ other_rate }} - sqrt(
    power({{ rate }} - {{ lower }}, 2) + power({{ other_upper }} - {{ other_rate }}, 2)
))
{%- endmacro %}

{% macro newcombe_upper(rate, lower, upper, other_rate, other_lower, other_upper) -%}
({{ rate }} - {{ other_rate }} + sqrt(
    power({{ upper }} - {{ rate }}, 2) + power({{ other_rate }} - {{ other_lower }}, 2)
))
{%- endmacro %}
