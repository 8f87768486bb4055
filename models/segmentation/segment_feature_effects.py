"""One row per model version, segment and feature: how the segment differs from the rest."""


def model(dbt, session):
    """Measure the versions that aren't here yet."""
    from customer_segmentation.segment_tables import effects_table

    return effects_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        catalogue=dbt.ref("feature_catalogue"),
        models=dbt.ref("segment_models"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
    )
