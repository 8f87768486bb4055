select
    segment_model_version,
    point_number,
    segment_id,
    component_1,
    component_2
from marts.segment_projection
