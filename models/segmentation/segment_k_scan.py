"""One row per model version, candidate k and criterion: why this many segments.

A scan runs only where a fit is due: there is no version yet, the feature list changed, or
the user asked for a refit. All other builds leave the table as it is.
"""


def model(dbt, session):
    """Scan k for the next version, if one is due."""
    from customer_segmentation.segment_tables import k_scan_table

    return k_scan_table(
        features=dbt.ref("customer_features"),
        population=dbt.ref("segment_population"),
        catalogue=dbt.ref("feature_catalogue"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
        seed=dbt.config.meta_get("seed"),
        k_minimum=dbt.config.meta_get("k_minimum"),
        k_maximum=dbt.config.meta_get("k_maximum"),
        fixed_k=dbt.config.meta_get("fixed_k"),
        minimum_share=dbt.config.meta_get("minimum_share"),
        minimum_customers=dbt.config.meta_get("minimum_customers"),
        sample_size=dbt.config.meta_get("sample_size"),
        refit=dbt.config.meta_get("refit"),
    )
