"""One row per model version: all parameters, and whether customers are scored with it."""


def model(dbt, session):
    """Fit the versions that were scanned and aren't here yet."""
    from customer_segmentation.segment_tables import models_table

    return models_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        catalogue=dbt.ref("feature_catalogue"),
        k_scan=dbt.ref("segment_k_scan"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
        minimum_overlap=dbt.config.meta_get("minimum_overlap"),
        approved_version=dbt.config.meta_get("approved_version"),
    )
