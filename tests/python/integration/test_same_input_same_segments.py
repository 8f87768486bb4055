"""The same input gives the same bytes in `segments`: any number of threads, any order of rows."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from tests.python.conftest import ROOT, Project, copy_project


def segments(project: Project, threads: int, **settings: str) -> bytes:
    variables = json.dumps(settings)
    environment = {"CUSTOMER_SEGMENTATION_THREADS": str(threads)}
    project.dbt("seed", "--quiet", "--vars", variables, **environment)
    project.dbt("run", "--quiet", "-s", "+segments", "--vars", variables, **environment)
    with duckdb.connect(str(project.working()), read_only=True) as connection:
        table = connection.sql("from marts.segments").arrow().read_all()
    assert table.num_rows > 10_000
    return b"".join(
        buffer.to_pybytes()
        for column in table.combine_chunks().columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    )


def test_threads_and_row_order_change_nothing(tmp_path: Path) -> None:
    shuffled = tmp_path / "shuffled"
    for entity in (ROOT / "data" / "sample").iterdir():
        if entity.name.startswith("_"):
            continue
        (shuffled / entity.name).mkdir(parents=True)
        duckdb.sql(
            f"copy (from read_parquet('{entity}/*.parquet') order by hash(columns(*)::varchar))"
            f" to '{shuffled / entity.name}/part-00000.parquet'"
        )
    one = segments(copy_project(tmp_path / "one"), 1)
    two = segments(copy_project(tmp_path / "two"), 2, data_dir=str(shuffled))
    assert one == two
