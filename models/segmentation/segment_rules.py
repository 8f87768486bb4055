"""One row per model version and rule: the segments in conditions on natural units."""


def model(dbt, session):
    """Imitate the versions that aren't here yet by a shallow tree."""
    from customer_segmentation.segment_tables import rules_table

    return rules_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        models=dbt.ref("segment_models"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
        sample_size=dbt.config.meta_get("sample_size"),
    )
