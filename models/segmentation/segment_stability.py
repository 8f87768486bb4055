"""One row per model version and segment: would it be found again?"""


def model(dbt, session):
    """Measure the versions that aren't here yet."""
    from customer_segmentation.segment_tables import stability_table

    return stability_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        catalogue=dbt.ref("feature_catalogue"),
        models=dbt.ref("segment_models"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
        n_bootstraps=dbt.config.meta_get("n_bootstraps"),
        sample_size=dbt.config.meta_get("sample_size"),
    )
