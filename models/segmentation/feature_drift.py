"""One row per observation date and feature: its distribution beside the one at fit."""


def model(dbt, session):
    """Compare every date with the approved version's fit."""
    from customer_segmentation.segment_tables import feature_drift_table

    return feature_drift_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        models=dbt.ref("segment_models"),
    )
