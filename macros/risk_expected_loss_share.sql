{#- Expected discounted loss, as a share of today's exposure and of loss given default, over the next
    `horizon_months` of a credit with `term_months` to run. Each month a constant share of those still
    good defaults, 1 - s with s the month's survival: s = (1 - annual PD)^(1/12). A loss in month t is
    discounted t months at the monthly rate i, with v = 1 / (1 + i).
    An annuity loan owes ((1+i)^n - (1+i)^(t-1)) / ((1+i)^n - 1) of today's balance when month t
    begins; a revolving line (is_revolving) owes all of it. The sums over t are geometric, so both
    have a closed form; without interest the balance falls in a straight line and
    sum of k s^k for k below m = s (1 - m s^(m-1) + (m-1) s^m) / (1-s)^2. -#}
{% macro risk_expected_loss_share(annual_pd, annual_rate, horizon_months, term_months, is_revolving) -%}
    {%- set pd = 'cast(' ~ annual_pd ~ ' as double)' -%}
    {%- set s = 'power(1 - ' ~ pd ~ ', cast(1 as double) / 12)' -%}
    {%- set i = '(cast(' ~ annual_rate ~ ' as double) / 12)' -%}
    {%- set m = 'cast(least(' ~ horizon_months ~ ', ' ~ term_months ~ ') as double)' -%}
    {%- set n = 'cast(' ~ term_months ~ ' as double)' -%}
    {%- set sv = '(' ~ s ~ ' / (1 + ' ~ i ~ '))' %}
case
    when {{ pd }} = 0 then 0
    when {{ is_revolving }}
        then (1 - {{ s }}) / (1 + {{ i }}) * (1 - power({{ sv }}, {{ m }})) / (1 - {{ sv }})
    when {{ i }} > 0
        then
            (1 - {{ s }}) / (1 + {{ i }}) / (power(1 + {{ i }}, {{ n }}) - 1)
            * (
                power(1 + {{ i }}, {{ n }}) * (1 - power({{ sv }}, {{ m }})) / (1 - {{ sv }})
                - (1 - power({{ s }}, {{ m }})) / (1 - {{ s }})
            )
    when {{ i }} = 0
        then
            1 - power({{ s }}, {{ m }})
            - {{ s }} * (1 - {{ m }} * power({{ s }}, {{ m }} - 1) + ({{ m }} - 1) * power({{ s }}, {{ m }}))
            / (1 - {{ s }}) / {{ n }}
end
{%- endmacro %}
