"""Published versions of the segment model outlive a working database; failed ones don't."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from customer_segmentation.runner.errors import UserError
from customer_segmentation.runner.versions import (
    forget_versions_after,
    newest_version,
    restore_versions,
)


def database(path: Path, versions: list[int]) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for table in ("segment_models", "segment_names", "segments"):
            connection.execute(f"create table marts.{table} (segment_model_version integer)")
            for version in versions:
                connection.execute(f"insert into marts.{table} values ({version})")
        connection.execute("create table marts.segment_risk as select 'S01' as segment_id")
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("segment_models", "segment_names", "segments"):
        (folder / f"{name}.py").touch()
    return folder


def rows(path: Path, table: str) -> list[tuple[int]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(f"from marts.{table} order by 1").fetchall()


def test_newest_version_is_zero_where_there_is_none(tmp_path: Path) -> None:
    assert newest_version(tmp_path / "missing.duckdb") == 0
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    assert newest_version(tmp_path / "empty.duckdb") == 0
    assert newest_version(database(tmp_path / "none.duckdb", [])) == 0
    assert newest_version(database(tmp_path / "two.duckdb", [1, 2])) == 2


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.duckdb"
    path.write_bytes(b"no database" * 2_000)
    with pytest.raises(UserError, match=r"text\.duckdb can't be read"):
        newest_version(path)


def test_versions_of_a_failed_build_are_forgotten_everywhere(tmp_path: Path) -> None:
    path = database(tmp_path / "build.duckdb", [1, 2, 3])
    forget_versions_after(path, 1)
    assert rows(path, "segment_models") == rows(path, "segment_names") == [(1,)]
    assert rows(path, "segment_risk") == [("S01",)]


def test_a_first_build_that_failed_leaves_no_version(tmp_path: Path) -> None:
    path = database(tmp_path / "build.duckdb", [1])
    forget_versions_after(path, 0)
    assert newest_version(path) == 0
    forget_versions_after(tmp_path / "missing.duckdb", 0)


def test_a_new_working_database_gets_the_published_versions(tmp_path: Path, models: Path) -> None:
    published = database(tmp_path / "published.duckdb", [1, 2])
    build = tmp_path / "build" / "sample.duckdb"
    restore_versions(build, published, models=models)
    assert rows(build, "segment_models") == rows(build, "segment_names") == [(1,), (2,)]
    with duckdb.connect(str(build), read_only=True) as connection:
        names = {
            name
            for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert names == {"segment_models", "segment_names"}


def test_an_old_working_database_is_left_alone(tmp_path: Path, models: Path) -> None:
    published = database(tmp_path / "published.duckdb", [1, 2])
    build = database(tmp_path / "build.duckdb", [1])
    restore_versions(build, published, models=models)
    assert newest_version(build) == 1


def test_nothing_published_makes_no_database(tmp_path: Path, models: Path) -> None:
    restore_versions(tmp_path / "build.duckdb", tmp_path / "missing.duckdb", models=models)
    assert not (tmp_path / "build.duckdb").exists()
