-- One row per segment at the latest observation date: what the declared rules of the seed
-- strategy_rules choose for it, with the rule and the figures behind each choice. The stance is chosen
-- first, since rules of the other decisions may hold for some stances alone.
{%- set compared = {
    'value_1': 'value_1', 'limit_1': 'threshold_1', 'value_2': 'value_2', 'limit_2': 'threshold_2',
} %}
{#- Every place that a text of the seed may have, and the column that fills it. -#}
{%- set places = {'{stance}': "coalesce(stance, '')"} %}
{%- for text in strategy_texts() %}
{%- do places.update({'{' ~ text ~ '}': text ~ '_text'}) %}
{%- endfor %}
{%- for place in compared %}
{%- for kind in ['percent', 'number'] %}
{%- do places.update({
    '{' ~ place.replace('value', kind).replace('limit', 'limit_' ~ kind) ~ '}': kind ~ '_' ~ place,
}) %}
{%- endfor %}
{%- endfor %}

with

figures as (
    select * from {{ ref('int_segment_strategy_figures') }}
),

rules as (
    select * from {{ ref('strategy_rules') }}
),

named_figures as (
    {% for figure in strategy_figures() %}
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
        rules.only_for_stances,
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

stances as (
    select
        segment_id,
        choice as stance
    from holding
    where decision = 'lending_stance'
    qualify row_number() over (
        partition by segment_id
        order by priority, rule_name
    ) = 1
),

ranked as (
    select
        holding.*,
        stances.stance,
        row_number() over (
            partition by holding.segment_id, holding.decision
            order by holding.priority, holding.rule_name
        ) as holding_rank
    from holding
    left join stances
        on holding.segment_id = stances.segment_id
    where
        holding.only_for_stances is null
        or list_contains(string_split(holding.only_for_stances, '; '), stances.stance)
),

-- The first rule that holds decides. What to watch is no choice between signs: all that hold are told,
-- and the fallback alone where none does.
deciding as (
    select *
    from ranked
    where holding_rank = 1 or (decision = 'watch_out' and figure_1 is not null)
),

-- Each figure as a percentage and as a number, for the text that needs the one or the other.
written as (
    select
        deciding.*,
        {%- for place, figure in compared.items() %}
        coalesce(cast(cast(100 * {{ figure }} as decimal(18, 1)) as varchar) || '%', '')
            as percent_{{ place }},
        coalesce(
            regexp_replace(cast(cast({{ figure }} as decimal(18, 2)) as varchar), '[.]?0+$', ''), ''
        ) as number_{{ place }},
        {%- endfor %}
        {%- for text in strategy_texts() %}
        coalesce(figures.{{ text }}_text, '') as {{ text }}_text{{ ',' if not loop.last }}
        {%- endfor %}
    from deciding
    inner join figures
        on deciding.segment_id = figures.segment_id
),

filled as (
    select
        segment_id,
        decision,
        priority,
        rule_name,
        {% for column in ['choice', 'because'] -%}
            {{ 'replace(' * (places | length) }}{{ column }}
            {%- for place, filling in places.items() -%}
                , '{{ place }}', {{ filling }})
            {%- endfor %} as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from written
),

decided as (
    select
        segment_id,
        {% for decision in strategy_decisions() %}
        string_agg(choice, '; ' order by priority, rule_name)
            filter (where decision = '{{ decision }}') as {{ decision }},
        string_agg(because || ' (rule ' || rule_name || ')', '; ' order by priority, rule_name)
            filter (where decision = '{{ decision }}') as {{ decision }}_reason,
        {% endfor %}
        count(*) as rules_count
    from filled
    group by segment_id
),

final as (
    select
        figures.segment_id,
        figures.segment_name,
        figures.observation_date,
        {% for decision in strategy_decisions() %}
        decided.{{ decision }},
        decided.{{ decision }}_reason,
        {% endfor %}
        figures.customers_count,
        figures.customers_share,
        figures.risk_observation_date,
        cast(figures.default_rate_months as integer) as default_rate_months,
        figures.default_count,
        figures.scored_count,
        figures.default_rate,
        figures.default_rate_lower,
        figures.default_rate_upper,
        cast(figures.book_default_count as bigint) as book_default_count,
        cast(figures.book_scored_count as bigint) as book_scored_count,
        figures.book_default_rate,
        figures.default_rate_lower_index,
        figures.default_rate_upper_index,
        figures.pd_12m,
        figures.pd_12m_lower,
        figures.pd_12m_upper,
        figures.past_due_30_amount,
        figures.dpd_exposure_amount,
        cast(figures.portfolio_at_risk_30_rate as double) as portfolio_at_risk_30_rate,
        figures.median_utilisation_ratio,
        figures.median_debt_to_income_ratio,
        cast(figures.expected_loss_months as integer) as expected_loss_months,
        cast(figures.expected_loss_amount as decimal(18, 2)) as expected_loss_amount,
        cast(figures.exposure_at_default_amount as decimal(18, 2)) as exposure_at_default_amount,
        figures.expected_loss_rate,
        figures.priced_product_type,
        figures.price_pd_basis,
        figures.price_default_count,
        figures.price_scored_count,
        cast(figures.indicative_rate as double) as indicative_rate,
        cast(figures.indicative_rate_lower as double) as indicative_rate_lower,
        cast(figures.indicative_rate_upper as double) as indicative_rate_upper,
        figures.ceiling_rate,
        figures.lead_channel_basis,
        cast(figures.lead_channel_net_margin_amount as decimal(18, 4))
            as lead_channel_net_margin_amount,
        figures.lead_channel_treated_count,
        figures.lead_channel_contactable_count,
        figures.lead_channel_consent_known_count,
        figures.treated_count,
        figures.control_count,
        figures.incremental_response_rate,
        figures.incremental_response_rate_lower,
        figures.incremental_response_rate_upper,
        figures.incremental_margin_amount,
        figures.compared_cost_amount,
        cast(figures.roi_ratio as double) as roi_ratio,
        cast(figures.roi_ratio_upper as double) as roi_ratio_upper,
        figures.any_cap_reached_count,
        figures.any_cap_reached_rate,
        figures.attrition_observation_date,
        figures.attrited_count,
        figures.attrition_exposed_count,
        figures.attrition_rate,
        figures.attrition_rate_lower_index,
        figures.next_product_whitespace_count,
        figures.next_product_take_ups_count,
        figures.next_product_lookalikes_count,
        cast(figures.next_product_net_margin_amount as decimal(18, 2))
            as next_product_net_margin_amount,
        cast(figures.next_product_net_margin_amount_lower as decimal(18, 2))
            as next_product_net_margin_amount_lower,
        cast(figures.gaps_count as bigint) as gaps_count,
        figures.median_expense_cover_months,
        figures.outliers_count,
        figures.outlier_share
    from figures
    left join decided
        on figures.segment_id = decided.segment_id
)

select * from final
