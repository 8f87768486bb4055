"""One row per eligible customer and observation date: the segment by the approved version."""


def model(dbt, session):
    """Assign everyone with the stored parameters."""
    from customer_segmentation.segment_tables import segments_table

    return segments_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        models=dbt.ref("segment_models"),
    )
