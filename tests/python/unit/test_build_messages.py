"""What a failed build says: the cause, and the rows that broke a test, without dbt's own noise."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb

from customer_segmentation.runner.build import node_failures, readable

TRACEBACK = """Runtime Error in model segment_k_scan (models/segmentation/segment_k_scan.py)
  Python model failed:
  Traceback (most recent call last):
    File "environments/__init__.py", line 286, in run_python_job
      df = module.model(dbt, con)
           ^^^^^^^^^^^^^^^^^^^^^^
  ValueError: nobody can be segmented: of the customers on 2025-12-31, 3 history too short
"""


def test_an_expected_error_of_a_python_model_is_told_without_its_traceback() -> None:
    assert readable(TRACEBACK) == (
        "Runtime Error in model segment_k_scan (models/segmentation/segment_k_scan.py)\n"
        "  nobody can be segmented: of the customers on 2025-12-31, 3 history too short"
    )


def test_an_unexpected_error_keeps_its_traceback() -> None:
    assert "Traceback" in readable(TRACEBACK.replace("ValueError", "KeyError"))


def test_a_failed_test_shows_the_first_rows_that_it_found(tmp_path: Path) -> None:
    database = tmp_path / "build.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create table keys as select range as id, 'twice' as state from range(9)"
        )
    node = SimpleNamespace(
        resource_type="test",
        name="unique_id",
        compiled_code="select id, state from keys order by id",
    )
    failed = SimpleNamespace(status="fail", node=node, message="Got 9 results")
    passed = SimpleNamespace(status="pass", node=node, message=None)
    assert node_failures([passed, failed], database) == [
        "test unique_id: Got 9 results\n"
        "  id=0, state=twice\n  id=1, state=twice\n  id=2, state=twice"
    ]


def test_a_test_whose_rows_can_not_be_read_again_is_told_all_the_same(tmp_path: Path) -> None:
    node = SimpleNamespace(resource_type="test", name="unique_id", compiled_code="select * from x")
    failed = SimpleNamespace(status="fail", node=node, message="Got 1 result")
    duckdb.connect(str(tmp_path / "build.duckdb")).close()
    assert node_failures([failed], tmp_path / "build.duckdb") == ["test unique_id: Got 1 result"]
