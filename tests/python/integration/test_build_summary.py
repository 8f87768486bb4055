"""What `make build` prints at its end: every segment, and every customer accounted for."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

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
