{{ config(schema='internal') }}

-- One row per segment and observation date: how heavily its customers were contacted.
-- Not suppressed: reconciliation reads it.
with

pressure as (
    select * from {{ ref('contact_pressure') }}
),

final as (
    select
        segment_id,
        observation_date,
        max(window_days) as window_days,
        max(maximum_contacts_count) as maximum_contacts_count,
        count(*) as customers_count,
        case when count(contacts_count) > 0 then count(*) filter (where contacts_count > 0) end
            as contacted_count,
        cast(sum(contacts_count) as bigint) as contacts_count,
        case
            when count(contacts_count) > 0
                then
                    count(*) filter (
                        where is_cap_reached
                        {% for channel in marketing_channels() %}
                        or is_{{ channel }}_cap_reached
                        {% endfor %}
                    )
        end as any_cap_reached_count,
        case when count(contacts_count) > 0 then count(*) filter (where is_cap_reached) end
            as cap_reached_count,
        max(contacts_count) as most_contacts_count
    from pressure
    group by segment_id, observation_date
)

select * from final
