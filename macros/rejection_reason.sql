{#- Why a typed row is refused: the rule in `broken_rule`, or else that a sound row with the same key
    was delivered later. `latest_first` orders deliveries of one key; identical rows tie, and either
    may stay. Null when the row is fine. -#}
{% macro rejection_reason(key_columns, latest_first) -%}
coalesce(
    broken_rule,
    case
        when row_number() over (
            partition by {{ key_columns | join(', ') }}, broken_rule is null
            order by {{ latest_first }}
        ) > 1 then 'duplicate key: {{ key_columns | join(" and ") }}'
    end
)
{%- endmacro %}
