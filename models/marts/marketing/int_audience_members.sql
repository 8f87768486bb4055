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

pressure as (
    select * from {{ ref('contact_pressure') }}
),

open_channels as (
    select
        contactable.customer_id,
        {% for channel in ['email', 'sms', 'phone', 'post'] %}
        coalesce(max(case
            when
                contactable.channel = '{{ channel }}'
                and contactable.has_consent
                and not pressure.is_{{ channel }}_cap_reached
                then 1
        end) = 1, false) as may_use_{{ channel }}{{ ',' if not loop.last }}
        {% endfor %}
    from contactable
    inner join pressure
        on
            contactable.customer_id = pressure.customer_id
            and contactable.observation_date = pressure.observation_date
    group by contactable.customer_id
),

first_fit as (
    select *
    from fitting
    qualify row_number() over (
        partition by customer_id
        order by priority, audience
    ) = 1
),

-- The holdout is drawn afresh for each audience and seed: the first four hexadecimal digits of a
-- hash, read as a number below 65536. Written digit by digit, since engines convert differently.
hashed as (
    select
        *,
        lower(md5(customer_id || '|' || audience || '|' || '{{ var("holdout_seed") }}')) as digest
    from first_fit
),

final as (
    select
        hashed.customer_id,
        hashed.observation_date,
        hashed.segment_id,
        hashed.audience,
        hashed.priority,
        hashed.product_type,
        {% for channel in ['email', 'sms', 'phone', 'post'] %}
        open_channels.may_use_{{ channel }},
        {% endfor %}
        (
            4096 * (instr('0123456789abcdef', substr(digest, 1, 1)) - 1)
            + 256 * (instr('0123456789abcdef', substr(digest, 2, 1)) - 1)
            + 16 * (instr('0123456789abcdef', substr(digest, 3, 1)) - 1)
            + (instr('0123456789abcdef', substr(digest, 4, 1)) - 1)
        ) < 65536 * hashed.holdout_share as is_holdout,
        hashed.holdout_share
    from hashed
    inner join open_channels
        on hashed.customer_id = open_channels.customer_id
)

select * from final
