-- One row per feature: what reports call it and how they write its values.
with

catalogue as (
    select * from {{ ref('feature_catalogue') }}
),

final as (
    select
        cast(feature as varchar) as feature,
        cast(label as varchar) as label,
        cast(family as varchar) as family,
        cast(unit as varchar) as unit,
        cast(display_format as varchar) as display_format,
        cast(description as varchar) as description
    from catalogue
)

select * from final
