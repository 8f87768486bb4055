-- Every requirement of governance_mart_requirements names a mart, a column of it and an entity, or part of
-- one, that data_availability counts. A row names a requirement that would never be found missing.
with

requirements as (
    select * from {{ ref('governance_mart_requirements') }}
),

known_columns as (
    select * from {{ ref('column_availability') }}
),

entities as (
    select * from {{ ref('data_availability') }}
    where subject_type = 'entity'
)

select
    requirements.mart,
    requirements.entity,
    requirements.key_figure
from requirements
left join entities
    on requirements.entity = entities.subject
left join known_columns
    on
        requirements.mart = known_columns.mart
        and requirements.key_figure = known_columns.column_name
where
    entities.subject is null
    or requirements.mart not in (select known_marts.mart from known_columns as known_marts)
    or (requirements.key_figure is not null and known_columns.column_name is null)
