"""The same input gives the same bytes in `segments`: any number of threads, any order of rows."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from tests.python.conftest import ROOT, Project, copy_project


def segments(project: Project, threads: int, **settings: str) -> tuple[bytes, str]:
    variables = json.dumps(settings)
    environment = {"CUSTOMER_SEGMENTATION_THREADS": str(threads)}
    project.dbt("seed", "--quiet", "--vars", variables, **environment)
    project.dbt(
        "run", "--quiet", "-s", "+segments", "+run_manifest", "--vars", variables, **environment
    )
    with duckdb.connect(str(project.working()), read_only=True) as connection:
        table = connection.sql("from marts.segments").arrow().read_all()
        ((scored_data_hash,),) = connection.sql(
            "select scored_data_hash from marts.run_manifest"
        ).fetchall()
    assert table.num_rows > 10_000
    content = b"".join(
        buffer.to_pybytes()
        for column in table.combine_chunks().columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    )
    return content, scored_data_hash


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


ROWS = {
    "hash": "(1, 'x'), (2, null)",
    "other order": "(2, null), (1, 'x')",
    "other value": "(1, 'y'), (2, null)",
    "no null": "(1, 'x'), (2, '')",
    "row twice": "(1, 'x'), (1, 'x'), (2, null)",
}


def test_content_hash_tells_data_apart_and_orders_alike(tmp_path: Path) -> None:
    hashes = ", ".join(
        f"""(select {{{{ content_hash(['a', 'b']) }}}} from (values {rows}
        ) as t(a, b)) as "{name}\""""
        for name, rows in ROWS.items()
    )
    empty = (
        "(select {{ content_hash(['a', 'b']) }} from (values (0, 'x')) as t(a, b) where a > 0)"
        ' as "no rows"'
    )
    done = copy_project(tmp_path / "project").dbt(
        "show", "--quiet", "--output", "json", "--inline", f"select {hashes}, {empty}"
    )
    (found,) = json.loads(done.stdout)["show"]
    assert found["hash"] == found["other order"]
    assert len({*found.values()}) == len(ROWS)
