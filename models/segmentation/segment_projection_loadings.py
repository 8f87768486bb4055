"""One row per model version, component and dimension: what the scatter plot's axes mean."""


def model(dbt, session):
    """Project the versions that aren't here yet."""
    from customer_segmentation.segment_tables import loadings_table

    return loadings_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        models=dbt.ref("segment_models"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
    )
