{{ config(schema='internal') }}

-- One row per customer in an audience at the latest observation date. A customer who fits several
-- audiences is in the one that comes first by priority. Those whom any rule for offers excludes are
-- in none.
with

fitting as (
    select * from {{ ref('int_audience_fits') }}
    where exclusion_reason is null
),

contactable as (
    select * from {{ ref('int_contactable_customers') }}
),

settings as (
    select
        max(case setting when 'minimum_treated_count' then value end) as minimum_treated_count,
        max(case setting when 'minimum_control_count' then value end) as minimum_control_count
    from {{ ref('marketing_settings') }}
),

open_channels as (
    select
        customer_id,
        {% for channel in marketing_channels() %}
        max(case when channel = '{{ channel }}' and is_open then 1 else 0 end) = 1
            as may_use_{{ channel }}{{ ',' if not loop.last }}
        {% endfor %}
    from contactable
    group by customer_id
),

first_fit as (
    select *
    from fitting
    qualify row_number() over (
        partition by customer_id
        order by priority, audience
    ) = 1
),

-- The holdout is drawn afresh for each audience and seed: the first of its members by a hash.
hashed as (
    select
        *,
        count(*) over (partition by audience) as audience_count,
        row_number() over (
            partition by audience
            order by
                lower(md5(customer_id || '|' || audience || '|' || '{{ var("holdout_seed") }}')),
                customer_id
        ) as draw
    from first_fit
),

-- A campaign that can't be told from chance teaches nothing: as many are held out as an effect
-- needs, where as many as it needs can still be contacted, and else the share.
sized as (
    select
        hashed.*,
        hashed.audience_count
        >= settings.minimum_treated_count + settings.minimum_control_count as is_measurable,
        case
            when
                hashed.audience_count
                >= settings.minimum_treated_count + settings.minimum_control_count
                then
                    least(
                        greatest(
                            floor(hashed.holdout_share * hashed.audience_count),
                            settings.minimum_control_count
                        ),
                        hashed.audience_count - settings.minimum_treated_count
                    )
            else floor(hashed.holdout_share * hashed.audience_count)
        end as holdout_count
    from hashed
    cross join settings
),

final as (
    select
        sized.customer_id,
        sized.observation_date,
        sized.segment_id,
        sized.audience,
        sized.priority,
        sized.product_type,
        {% for channel in marketing_channels() %}
        open_channels.may_use_{{ channel }},
        {% endfor %}
        sized.draw <= sized.holdout_count as is_holdout,
        sized.is_measurable,
        sized.holdout_share
    from sized
    inner join open_channels
        on sized.customer_id = open_channels.customer_id
)

select * from final
