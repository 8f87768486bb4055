{#- Known values lie within their range, in one scan for all columns. `ranges` maps a column to
    [minimum, maximum]; null leaves a side open. A value that is not finite is never in range. -#}
{% test within_range(model, ranges) %}
with

measured as (
    select
        {% for column, range in ranges.items() -%}
            count(*) filter (
                where abs(cast({{ column }} as double)) > 1e300
                {{ 'or ' ~ column ~ ' < ' ~ range[0] if range[0] is not none }}
                {{ 'or ' ~ column ~ ' > ' ~ range[1] if range[1] is not none }}
            ) as {{ column }}_out_count,
            cast(min({{ column }}) as double) as {{ column }}_lowest,
            cast(max({{ column }}) as double) as {{ column }}_highest{{ ',' if not loop.last }}
        {% endfor %}
    from {{ model }}
),

final as (
    {% for column, range in ranges.items() -%}
        select
            '{{ column }}' as column_name,
            {{ column }}_out_count as out_of_range_count,
            {{ column }}_lowest as lowest_value,
            {{ column }}_highest as highest_value,
            '{{ range | tojson }}' as allowed_range
        from measured
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
where out_of_range_count > 0
{% endtest %}
