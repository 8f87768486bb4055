"""One row per model version and catalogue feature: used or dropped, imputed, capped, weighed."""


def model(dbt, session):
    """Unfold the stored models."""
    from customer_segmentation.segment_tables import treatment_table

    return treatment_table(models=dbt.ref("segment_models"))
