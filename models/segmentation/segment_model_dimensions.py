"""One row per model version and dimension: what plain SQL needs to compute a coordinate."""


def model(dbt, session):
    """Unfold the stored models."""
    from customer_segmentation.segment_tables import dimensions_table

    return dimensions_table(models=dbt.ref("segment_models"))
