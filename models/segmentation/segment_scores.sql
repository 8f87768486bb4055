-- One row per eligible customer and observation date: the same assignment as `segments`, computed
-- by plain SQL from the stored parameters. Any warehouse can run it between fits, without Python.
--
-- The parameters are read from tables when this runs. Only their shape, which features are used and
-- how many segments there are, is written into the statement when dbt compiles it.
-- Layout rules can't follow lines that loops make.
-- noqa: disable=LT02,LT05
{%- set dimensions = [{'position': 1, 'feature': 'history_months', 'kind': 'value', 'transform': 'none'}] -%}
{%- set segment_numbers = [1, 2] -%}
{%- if execute and load_relation(ref('segment_model_centroids')) is not none -%}
    {%- set shape = run_query(
        "select position, feature, kind, transform from " ~ ref('segment_model_dimensions')
        ~ " where segment_model_version in (select segment_model_version from "
        ~ ref('segment_models') ~ " where is_approved) order by position"
    ) -%}
    {%- set dimensions = shape.rows -%}
    {%- set segment_numbers = run_query(
        "select distinct segment_number from " ~ ref('segment_model_centroids')
        ~ " where segment_model_version in (select segment_model_version from "
        ~ ref('segment_models') ~ " where is_approved) order by segment_number"
    ).columns[0].values() -%}
{%- endif %}
with

customer_features as (
    select * from {{ ref('customer_features') }}
),

segment_population as (
    select * from {{ ref('segment_population') }}
),

approved as (
    select segment_model_version
    from {{ ref('segment_models') }}
    where is_approved
),

dimensions as (
    select * from {{ ref('segment_model_dimensions') }}
    where segment_model_version in (select segment_model_version from approved)
),

centroids as (
    select * from {{ ref('segment_model_centroids') }}
    where segment_model_version in (select segment_model_version from approved)
),

-- One row with a column per dimension and parameter.
parameters as (
    select
        {%- for dimension in dimensions %}
        {%- set position = dimension['position'] %}
        {%- if dimension['kind'] == 'value' %}
        max(case when position = {{ position }} then imputed_value end) as imputed_value_{{ position }},
        max(case when position = {{ position }} then lower_cap end) as lower_cap_{{ position }},
        max(case when position = {{ position }} then upper_cap end) as upper_cap_{{ position }},
        max(case when position = {{ position }} then unit end) as unit_{{ position }},
        {%- if dimension['transform'] == 'power' %}
        max(case when position = {{ position }} then power end) as power_{{ position }},
        {%- endif %}
        {%- elif dimension['kind'] == 'category' %}
        max(case when position = {{ position }} then category end) as category_{{ position }},
        {%- endif %}
        max(case when position = {{ position }} then centre end) as centre_{{ position }},
        max(case when position = {{ position }} then scale end) as scale_{{ position }},
        max(case when position = {{ position }} then weight end) as weight_{{ position }},
        {%- endfor %}
        max(segment_model_version) as segment_model_version
    from dimensions
),

-- One row with a column per segment and dimension.
centres as (
    select
        {%- for number in segment_numbers %}
        {%- for dimension in dimensions %}
        max(case
            when segment_number = {{ number }} and position = {{ dimension['position'] }}
                then centroid_coordinate
        end) as centre_{{ number }}_{{ dimension['position'] }},
        {%- endfor %}
        max(case when segment_number = {{ number }} then segment_id end)
            as segment_id_{{ number }},
        max(case when segment_number = {{ number }} then outlier_limit_distance end)
            as outlier_limit_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from centroids
),

eligible as (
    select customer_features.*
    from customer_features
    inner join segment_population
        on
            customer_features.customer_id = segment_population.customer_id
            and customer_features.observation_date = segment_population.observation_date
    where segment_population.is_eligible
),

-- Null takes the value that the catalogue and the fit gave it; amounts count in the fit's unit.
imputed as (
    select
        eligible.customer_id,
        eligible.observation_date,
        {%- for dimension in dimensions %}
        {%- set position = dimension['position'] %}
        {%- if dimension['kind'] == 'value' %}
        coalesce(
            cast(eligible.{{ dimension['feature'] }} as double),
            parameters.imputed_value_{{ position }}
        ) / parameters.unit_{{ position }} as value_{{ position }}
        {%- elif dimension['kind'] == 'missing' %}
        case when eligible.{{ dimension['feature'] }} is null then 1.0e0 else 0.0e0 end
            as value_{{ position }}
        {%- else %}
        case
            when eligible.{{ dimension['feature'] }} = parameters.category_{{ position }} then 1.0e0
            else 0.0e0
        end as value_{{ position }}
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from eligible
    cross join parameters
),

transformed as (
    select
        imputed.customer_id,
        imputed.observation_date,
        {%- for dimension in dimensions %}
        {%- set position = dimension['position'] %}
        {%- set value = 'imputed.value_' ~ position %}
        {%- set power = 'parameters.power_' ~ position %}
        {%- if dimension['transform'] == 'log' %}
        sign({{ value }}) * ln(1 + abs({{ value }}))
        {%- elif dimension['transform'] == 'power' %}
        case
            when {{ value }} >= 0 and {{ power }} = 0 then ln(1 + {{ value }})
            when {{ value }} >= 0
                then (power(1 + {{ value }}, {{ power }}) - 1) / nullif({{ power }}, 0)
            when {{ power }} = 2 then -ln(1 - {{ value }})
            else -(power(1 - {{ value }}, 2 - {{ power }}) - 1) / nullif(2 - {{ power }}, 0)
        end
        {%- elif dimension['transform'] == 'logit' %}
        ln(
            least(greatest({{ value }}, 0.01e0), 0.99e0)
            / (1 - least(greatest({{ value }}, 0.01e0), 0.99e0))
        )
        {%- else %}
        {{ value }}
        {%- endif %} as value_{{ position }}{{ ',' if not loop.last }}
        {%- endfor %}
    from imputed
    cross join parameters
),

coordinates as (
    select
        transformed.customer_id,
        transformed.observation_date,
        parameters.segment_model_version,
        {%- for dimension in dimensions %}
        {%- set position = dimension['position'] %}
        parameters.weight_{{ position }} * (
            {%- if dimension['kind'] == 'value' %}
            least(
                greatest(transformed.value_{{ position }}, parameters.lower_cap_{{ position }}),
                parameters.upper_cap_{{ position }}
            )
            {%- else %}
            transformed.value_{{ position }}
            {%- endif %}
            - parameters.centre_{{ position }}
        ) / parameters.scale_{{ position }} as coordinate_{{ position }}{{ ',' if not loop.last }}
        {%- endfor %}
    from transformed
    cross join parameters
),

distances as (
    select
        coordinates.customer_id,
        coordinates.observation_date,
        coordinates.segment_model_version,
        {%- for number in segment_numbers %}
        sqrt(
            {%- for dimension in dimensions %}
            {%- set position = dimension['position'] %}
            {%- set difference = '(coordinates.coordinate_' ~ position ~ ' - centres.centre_'
                ~ number ~ '_' ~ position ~ ')' %}
            {{ '+ ' if not loop.first }}{{ difference }} * {{ difference }}
            {%- endfor %}
        ) as distance_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from coordinates
    cross join centres
),

measured as (
    select
        distances.*,
        -- The first comes again at the end: least() wants two arguments, one segment has one.
        least(
            {%- for number in segment_numbers %}
            distances.distance_{{ number }},
            {%- endfor %}
            distances.distance_1
        ) as distance_to_centroid
    from distances
),

nearest as (
    select
        measured.*,
        -- Equally near segments: the lowest number, as in Python.
        case measured.distance_to_centroid
            {%- for number in segment_numbers %}
            when measured.distance_{{ number }} then {{ number }}
            {%- endfor %}
        end as nearest_number
    from measured
),

others as (
    select
        nearest.*,
        {%- for number in segment_numbers %}
        case when nearest.nearest_number = {{ number }} then 1e300 else nearest.distance_{{ number }} end
            as other_distance_{{ number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from nearest
),

ranked as (
    select
        others.*,
        least(
            {%- for number in segment_numbers %}
            others.other_distance_{{ number }},
            {%- endfor %}
            others.other_distance_1
        ) as runner_up_distance
    from others
),

final as (
    select
        ranked.customer_id,
        ranked.observation_date,
        case ranked.nearest_number
            {%- for number in segment_numbers %}
            when {{ number }} then centres.segment_id_{{ number }}
            {%- endfor %}
        end as segment_id,
        cast(ranked.segment_model_version as integer) as segment_model_version,
        ranked.distance_to_centroid,
        {%- if segment_numbers | length > 1 %}
        case ranked.runner_up_distance
            {%- for number in segment_numbers %}
            when ranked.other_distance_{{ number }} then centres.segment_id_{{ number }}
            {%- endfor %}
        end as runner_up_segment_id,
        case
            when ranked.runner_up_distance > 0
                then
                    (ranked.runner_up_distance - ranked.distance_to_centroid)
                    / ranked.runner_up_distance
            else 0.0e0
        end as assignment_margin,
        {%- else %}
        cast(null as {{ dbt.type_string() }}) as runner_up_segment_id,
        0.0e0 as assignment_margin,
        {%- endif %}
        ranked.distance_to_centroid > case ranked.nearest_number
            {%- for number in segment_numbers %}
            when {{ number }} then centres.outlier_limit_{{ number }}
            {%- endfor %}
        end as is_outlier
    from ranked
    cross join centres
)

select * from final
