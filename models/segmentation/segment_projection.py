"""One row per model version and anonymous customer: a point of the scatter plot."""


def model(dbt, session):
    """Project a sample of the versions that aren't here yet."""
    from customer_segmentation.segment_tables import projection_table

    return projection_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        models=dbt.ref("segment_models"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
        n_points=dbt.config.meta_get("n_points"),
    )
