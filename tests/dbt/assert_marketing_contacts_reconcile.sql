-- Every campaign contact is either measured in exactly one segment or has a reason why not, and the
-- segments' responses, margin and cost add up to those of the measured members. A row means that
-- contacts were lost or counted twice, so that response rates and ROI rest on the wrong base.
with

contacts as (
    select count(*) as value from {{ ref('campaign_contacts') }}
),

members as (
    select * from {{ ref('int_campaign_members') }}
),

segments as (
    select * from {{ ref('int_segment_marketing') }}
    where channel = 'all'
),

compared as (
    select
        'contacts of members = contacts on file' as check_name,
        cast((select value from contacts) as decimal(18, 2)) as expected,
        cast((select coalesce(sum(contacts_count), 0) from members) as decimal(18, 2)) as found
    union all
    select
        'treated and controls of segments = measured members' as check_name,
        (select count(*) from members where measurement_status = 'measured') as expected,
        (select coalesce(sum(treated_count + control_count), 0) from segments) as found
    union all
    select
        'responses of segments = responses of measured members' as check_name,
        (
            select count(*) from members
            where measurement_status = 'measured' and has_responded
        ) as expected,
        (select coalesce(sum(treated_responses_count + control_responses_count), 0) from segments) as found
    union all
    select
        'margin of segments = margin of measured members' as check_name,
        (
            select coalesce(sum(margin_amount), 0) from members
            where measurement_status = 'measured'
        ) as expected,
        (select coalesce(sum(treated_margin_amount + control_margin_amount), 0) from segments) as found
    union all
    select
        'cost of segments = cost of measured treated members' as check_name,
        (
            select coalesce(sum(cost_amount), 0) from members
            where measurement_status = 'measured' and not is_control
        ) as expected,
        (select coalesce(sum(cost_amount), 0) from segments) as found
    union all
    select
        'channels of a segment add up to the segment' as check_name,
        (select coalesce(sum(treated_count + control_count), 0) from segments) as expected,
        (
            select coalesce(sum(treated_count + control_count), 0)
            from {{ ref('int_campaign_effects') }}
            where segment_id != 'all' and product_type = 'all' and channel != 'all'
        ) as found
)

select *
from compared
where expected is distinct from found
