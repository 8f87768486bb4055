"""One row per model version and method: how well segments and simpler methods tell risks apart."""


def model(dbt, session):
    """Measure the versions that aren't here yet on customers that nothing was fitted to."""
    from customer_segmentation.segment_tables import baselines_table

    return baselines_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        outcomes=dbt.ref("customer_outcomes"),
        catalogue=dbt.ref("feature_catalogue"),
        models=dbt.ref("segment_models"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
        n_bootstraps=dbt.config.meta_get("n_bootstraps"),
        sample_size=dbt.config.meta_get("sample_size"),
    )
