"""One row per model version and segment: its name, which follows the id."""


def model(dbt, session):
    """Name the segments of all versions; an id keeps the name that it had."""
    from customer_segmentation.segment_tables import names_table

    return names_table(
        effects=dbt.ref("segment_feature_effects"),
        catalogue=dbt.ref("feature_catalogue"),
        playbook=dbt.ref("segment_playbook"),
        overrides=dbt.ref("segment_name_overrides"),
        settings=dbt.ref("report_settings"),
        existing=session.table(str(dbt.this)) if dbt.is_incremental else None,
    )
