"""Only what a whole and sound build made is published."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from customer_segmentation.runner.errors import UserError
from customer_segmentation.runner.publish import publish, require_passed

STATUSES = {
    "model.segments": "success",
    "model.stg": "success",
    "seed.caps": "success",
    "test.keys": "pass",
}


def node(kind: str, schema: str, alias: str, *, enabled: bool = True) -> dict[str, object]:
    return {
        "resource_type": kind,
        "schema": schema,
        "alias": alias,
        "config": {"enabled": enabled},
    }


def target(folder: Path, statuses: dict[str, str], **arguments: object) -> Path:
    """Write what dbt leaves of a command that reached these nodes."""
    results = {
        "args": {"which": "build", "vars": {"source": "sample"}, **arguments},
        "results": [{"unique_id": name, "status": status} for name, status in statuses.items()],
    }
    nodes = {
        "model.segments": node("model", "marts", "segments"),
        "model.stg": node("model", "staging", "stg"),
        "seed.caps": node("seed", "reference", "caps"),
        "test.keys": node("test", "dbt_test__audit", "keys"),
        "test.other_source": node("test", "dbt_test__audit", "other", enabled=False),
        "analysis.question": node("analysis", "marts", "question"),
    }
    (folder / "run_results.json").write_text(json.dumps(results))
    (folder / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    return folder


def test_a_whole_sound_build_names_the_models_to_publish(tmp_path: Path) -> None:
    assert require_passed(target(tmp_path, STATUSES), source="sample") == ["segments"]


@pytest.mark.parametrize("left_out", STATUSES)
def test_a_build_that_left_out_a_model_or_test_is_refused(tmp_path: Path, left_out: str) -> None:
    part = {name: status for name, status in STATUSES.items() if name != left_out}
    with pytest.raises(UserError, match=f"left out 1 models or tests, {left_out} first"):
        require_passed(target(tmp_path, part), source="sample")


@pytest.mark.parametrize("status", ["fail", "error", "skipped", "runtime error"])
def test_a_failed_test_is_refused(tmp_path: Path, status: str) -> None:
    with pytest.raises(UserError, match=r"1 nodes failed, test\.keys first"):
        require_passed(target(tmp_path, {**STATUSES, "test.keys": status}), source="sample")


@pytest.mark.parametrize(
    "arguments", [{"which": "run"}, {"vars": {"source": "taiwan"}}, {"which": "test"}]
)
def test_another_command_or_source_is_refused(tmp_path: Path, arguments: dict[str, object]) -> None:
    with pytest.raises(UserError, match="Nothing to publish"):
        require_passed(target(tmp_path, STATUSES, **arguments), source="sample")


def test_no_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"run_results\.json is missing"):
        require_passed(tmp_path, source="sample")


def test_named_relations_are_copied_with_their_comments_and_nothing_else(tmp_path: Path) -> None:
    build, published = tmp_path / "build.duckdb", tmp_path / "published.duckdb"
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.segments as select 'S01' as segment_id")
        connection.execute("comment on table marts.segments is 'the customer''s segment'")
        connection.execute("comment on column marts.segments.segment_id is 'that''s stable'")
        connection.execute("create table marts.left_from_a_model_that_is_gone as select 1 as x")
    publish(build, published, relations=["segments"])
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select table_name, comment from duckdb_tables()").fetchall() == [
            ("segments", "the customer's segment")
        ]
        assert connection.execute(
            "select comment from duckdb_columns() where not internal"
        ).fetchall() == [("that's stable",)]
        assert connection.execute("from marts.segments").fetchall() == [("S01",)]


def test_a_failed_copy_leaves_what_was_published(tmp_path: Path) -> None:
    build, published = tmp_path / "build.duckdb", tmp_path / "published.duckdb"
    published.write_bytes(b"what was published before")
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema marts")
    with pytest.raises(duckdb.CatalogException):
        publish(build, published, relations=["segments"])
    assert published.read_bytes() == b"what was published before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
