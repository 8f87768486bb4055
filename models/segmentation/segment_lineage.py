"""One row per model version and segment kept, new or retired: how ids follow from the version before."""


def model(dbt, session):
    """Unfold the stored models."""
    from customer_segmentation.segment_tables import lineage_table

    return lineage_table(models=dbt.ref("segment_models"))
