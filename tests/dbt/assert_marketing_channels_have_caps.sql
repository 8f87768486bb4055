-- The contact policy caps each channel that SQL has columns for, and no other. A row names a channel
-- that some marketing models count and others do not.
with

channels as (
    {% for channel in marketing_channels() %}
    select '{{ channel }}' as channel
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

caps as (
    select channel from {{ ref('marketing_contact_caps') }}
)

select
    channels.channel as channel_with_columns,
    caps.channel as channel_with_cap
from channels
full outer join caps
    on channels.channel = caps.channel
where channels.channel is null or caps.channel is null
