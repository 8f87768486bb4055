"""One row per observation date and segment: its share beside the one at fit."""


def model(dbt, session):
    """Compare every date with the approved version's fit."""
    from customer_segmentation.segment_tables import segment_drift_table

    return segment_drift_table(
        segments=dbt.ref("segments"),
        models=dbt.ref("segment_models"),
    )
