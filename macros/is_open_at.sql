{#- Whether an account was open at the end of a day: opened by then, and not closed. An account whose
    opening the source doesn't date counts as open from the start. -#}
{% macro is_open_at(accounts, date) -%}
(
    ({{ accounts }}.opened_on is null or {{ accounts }}.opened_on <= {{ date }})
    and ({{ accounts }}.closed_on is null or {{ accounts }}.closed_on > {{ date }})
)
{%- endmacro %}
