"""Real data sets end with segments, marts and figures that can be true."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.python.conftest import Project


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(query).fetchall()


@pytest.mark.parametrize("source", ["taiwan", "berka"])
def test_every_customer_is_segmented_or_excluded_with_a_reason(
    source: str, request: pytest.FixtureRequest
) -> None:
    project: Project = request.getfixturevalue(f"{source}_project")
    found = rows(
        project.published(source),
        """
        select
            raw_customers_count = sum(customers_count),
            count(*) filter (where coverage_status != 'segmented' and reason is null) = 0,
            sum(customers_count) filter (where coverage_status = 'segmented') > 500
        from marts.segment_coverage
        where observation_date = (select max(observation_date) from marts.segment_coverage)
        group by raw_customers_count
        """,
    )
    assert found == [(True, True, True)]
    assert (project.folder / "reports" / "html" / source / "index.html").exists()


def test_taiwan_segments_rank_defaults_among_customers_held_out(taiwan_project: Project) -> None:
    found = rows(
        taiwan_project.published("taiwan"),
        """
        select groups_count <= 6, smallest_group_ratio >= 0.05, gini >= 0.45
        from marts.segment_baselines
        where method = 'segments'
        """,
    )
    assert found == [(True, True, True)]


def test_taiwan_defaults_are_those_that_the_data_set_is_known_for(taiwan_project: Project) -> None:
    found = rows(
        taiwan_project.published("taiwan"),
        "select sum(default_count), sum(scored_count) from marts.segment_risk",
    )
    assert found == [(6_636, 30_000)]  # 22.12%, Yeh and Lien (2009)
