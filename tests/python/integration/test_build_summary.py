"""What `make build` leaves: a summary of every segment and customer, and documented tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
from tests.python.conftest import Project

from customer_segmentation.runner.cli import summarise


def test_summary_names_segments_and_accounts_for_every_customer(
    built_sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summarise(built_sample)
    printed = capsys.readouterr().out
    with duckdb.connect(str(built_sample), read_only=True) as connection:
        rows = connection.sql("select segment_id, segment_name from marts.segment_overview")
        segments = rows.fetchall()
        raw_count = connection.sql(
            "select raw_row_count from marts.row_accounting where entity = 'customers'"
        ).fetchall()[0][0]
    assert len(segments) == 6
    for segment_id, name in segments:
        assert re.search(rf"{segment_id} +│ {re.escape(name)}", printed)
    total, *parts = (
        int(number.replace(",", ""))
        for number in re.findall(r"([\d,]+) (?:customers in|segmented|excluded|rejected)", printed)
    )
    assert total == sum(parts) == raw_count


def test_report_links_the_documentation_of_its_tables(sample_project: Project) -> None:
    site = sample_project.folder / "reports" / "html" / "sample"
    for page, link in (("index", "documentation.html"), ("segments/S01", "../documentation.html")):
        assert f'href="{link}"' in (site / f"{page}.html").read_text("utf-8")
    documented = (site / "documentation.html").read_text("utf-8")
    assert "model.customer_segmentation.segment_overview" in documented
    assert "exposure.customer_segmentation.report_overview" in documented


def test_documentation_leaves_the_results_of_the_tests(sample_project: Project) -> None:
    """`publish` reads them and refuses what was not tested."""
    results = sample_project.folder / "target" / "sample" / "run_results.json"
    assert json.loads(results.read_text("utf-8"))["args"]["which"] == "build"
