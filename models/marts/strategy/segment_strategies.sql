-- One row per segment at the latest observation date: what the declared rules of the seed
-- strategy_rules choose for it, with the rule and the figures behind each choice.
{%- set decisions = [
    'lending_stance', 'price_band', 'limit_policy', 'lead_channel', 'lead_message', 'next_product',
    'watch_out',
] %}
{%- set rule_figures = [
    'default_count', 'default_rate_upper', 'default_rate_lower_index', 'default_rate_upper_index',
    'portfolio_at_risk_30_rate', 'median_utilisation_ratio', 'median_expense_cover_months',
    'roi_ratio_upper', 'any_cap_reached_rate', 'attrition_rate_lower_index', 'outlier_share',
    'is_size_shown', 'is_default_rate_known', 'is_price_known', 'is_ceiling_applied',
    'is_lead_channel_known', 'is_next_product_known',
] %}
{%- set texts = {
    'value_1': 'value_1', 'limit_1': 'threshold_1', 'value_2': 'value_2', 'limit_2': 'threshold_2',
} %}

with

figures as (
    select * from {{ ref('int_segment_strategy_figures') }}
),

rules as (
    select * from {{ ref('strategy_rules') }}
),

named_figures as (
    {% for figure in rule_figures %}
    select
        segment_id,
        '{{ figure }}' as figure,
        cast({{ figure }} as double) as figure_value
    from figures
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

tried as (
    select
        figures.segment_id,
        rules.decision,
        rules.priority,
        rules.rule_name,
        rules.choice,
        rules.because,
        rules.figure_1,
        rules.comparison_1,
        rules.threshold_1,
        first_figure.figure_value as value_1,
        rules.figure_2,
        rules.comparison_2,
        rules.threshold_2,
        second_figure.figure_value as value_2
    from figures
    cross join rules
    left join named_figures as first_figure
        on
            figures.segment_id = first_figure.segment_id
            and rules.figure_1 = first_figure.figure
    left join named_figures as second_figure
        on
            figures.segment_id = second_figure.segment_id
            and rules.figure_2 = second_figure.figure
),

-- A condition on a missing figure doesn't hold.
holding as (
    select *
    from tried
    where
        (
            figure_1 is null
            or (comparison_1 = 'at least' and value_1 >= threshold_1)
            or (comparison_1 = 'below' and value_1 < threshold_1)
        )
        and (
            figure_2 is null
            or (comparison_2 = 'at least' and value_2 >= threshold_2)
            or (comparison_2 = 'below' and value_2 < threshold_2)
        )
),

first_holding as (
    select *
    from holding
    qualify row_number() over (
        partition by segment_id, decision
        order by priority, rule_name
    ) = 1
),

-- Each figure as a percentage and as a number, for the text that needs the one or the other.
written as (
    select
        *,
        {%- for text, figure in texts.items() %}
        coalesce(cast(cast(100 * {{ figure }} as decimal(18, 1)) as varchar) || '%', '')
            as percent_{{ text }},
        coalesce(
            regexp_replace(cast(cast({{ figure }} as decimal(18, 2)) as varchar), '[.]?0+$', ''), ''
        ) as number_{{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    from first_holding
),

chosen as (
    select
        segment_id,
        decision,
        choice,
        {% set because = namespace(text='because') -%}
        {% for text in texts -%}
        {% for kind in ['percent', 'number'] -%}
        {% set mark = '{' ~ text.replace('value', kind).replace('limit', 'limit_' ~ kind) ~ '}' -%}
        {% set because.text = 'replace(' ~ because.text ~ ", '" ~ mark ~ "', "
            ~ kind ~ '_' ~ text ~ ')' -%}
        {% endfor -%}
        {% endfor -%}
        {{ because.text }} || ' (rule ' || rule_name || ')' as reason
    from written
),

decided as (
    select
        segment_id,
        {% for decision in decisions %}
        max(case when decision = '{{ decision }}' then choice end) as {{ decision }},
        max(case when decision = '{{ decision }}' then reason end) as {{ decision }}_reason,
        {% endfor %}
        count(*) as decisions_count
    from chosen
    group by segment_id
),

final as (
    select
        figures.segment_id,
        figures.segment_name,
        figures.observation_date,
        decided.lending_stance,
        decided.lending_stance_reason,
        replace(decided.price_band, '{price_band}', coalesce(figures.price_band_text, ''))
            as price_band,
        decided.price_band_reason,
        decided.limit_policy,
        decided.limit_policy_reason,
        replace(decided.lead_channel, '{lead_channel}', coalesce(figures.lead_channel_text, ''))
            as lead_channel,
        decided.lead_channel_reason,
        decided.lead_message,
        decided.lead_message_reason,
        replace(decided.next_product, '{next_product}', coalesce(figures.next_product_text, ''))
            as next_product,
        decided.next_product_reason,
        decided.watch_out,
        decided.watch_out_reason,
        figures.customers_count,
        figures.customers_share,
        figures.risk_observation_date,
        figures.default_count,
        figures.scored_count,
        figures.default_rate,
        figures.default_rate_lower,
        figures.default_rate_upper,
        figures.book_default_rate,
        figures.default_rate_lower_index,
        figures.default_rate_upper_index,
        cast(figures.portfolio_at_risk_30_rate as double) as portfolio_at_risk_30_rate,
        figures.median_utilisation_ratio,
        figures.median_debt_to_income_ratio,
        figures.expected_loss_rate,
        figures.priced_product_type,
        cast(figures.indicative_rate as double) as indicative_rate,
        figures.lead_channel_basis,
        figures.incremental_response_rate,
        figures.incremental_response_rate_lower,
        figures.incremental_response_rate_upper,
        cast(figures.roi_ratio as double) as roi_ratio,
        cast(figures.roi_ratio_upper as double) as roi_ratio_upper,
        figures.any_cap_reached_rate,
        figures.attrition_observation_date,
        figures.attrition_rate,
        figures.attrition_rate_lower_index,
        cast(figures.next_product_net_margin_amount as decimal(18, 2))
            as next_product_net_margin_amount,
        figures.median_expense_cover_months,
        figures.outlier_share
    from figures
    left join decided
        on figures.segment_id = decided.segment_id
)

select * from final
