select
    segment_model_version,
    component,
    dimension,
    loading,
    explained_variance_ratio
from marts.segment_projection_loadings
