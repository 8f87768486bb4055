"""One row per model version, segment and dimension: where the segments' centres lie."""


def model(dbt, session):
    """Unfold the stored models."""
    from customer_segmentation.segment_tables import centroids_table

    return centroids_table(models=dbt.ref("segment_models"))
