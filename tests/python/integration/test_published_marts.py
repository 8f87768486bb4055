"""What a reader does with the published marts: first queries, then the next questions."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import yaml

ROOT = Path(__file__).parents[3]
ANALYSES = sorted((ROOT / "analyses").glob("*.sql"))


def documented_first_queries():
    """Map each model that documents a first query to it."""
    queries = {}
    for path in sorted((ROOT / "models").rglob("_*__models.yml")):
        for model in yaml.safe_load(path.read_text("utf-8")).get("models") or []:
            query = model.get("config", {}).get("meta", {}).get("first_query")
            if query:
                queries[model["name"]] = query
    return queries


FIRST_QUERIES = documented_first_queries()


@pytest.fixture(scope="module", params=["sample", "taiwan", "berka"])
def source(request):
    """Return the name of each source in turn."""
    return request.param


@pytest.fixture(scope="module")
def project(source, request):
    """Return the project in which the source is built; skips where its data isn't there."""
    return request.getfixturevalue(f"{source}_project")


@pytest.fixture(scope="module")
def compiled(source, project, tmp_path_factory):
    """Return the folder of compiled analyses."""
    target = tmp_path_factory.mktemp("compiled")
    project.dbt(
        "compile",
        *("--select", "resource_type:analysis"),
        *("--target-path", str(target)),
        *("--vars", json.dumps({"source": source})),
    )
    return target / "compiled" / "customer_segmentation" / "analyses"


@pytest.fixture(scope="module")
def working(source, project, compiled):
    """Return a reader of the working database, which also has what isn't published.

    Compiling comes first: dbt needs the lock on the file that this reader keeps open.
    """
    with duckdb.connect(str(project.working(source)), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("mart", FIRST_QUERIES)
def test_first_query_runs(working, mart):
    assert working.sql(FIRST_QUERIES[mart]).columns


def test_every_published_mart_documents_a_first_query(source, project):
    with duckdb.connect(str(project.published(source)), read_only=True) as published:
        marts = published.sql(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    assert marts
    assert [mart for (mart,) in marts if mart not in FIRST_QUERIES] == []


def test_there_are_eight_questions_or_more():
    assert len(ANALYSES) >= 8


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_analysis_runs_on_the_built_database(working, compiled, path):
    assert working.sql((compiled / path.name).read_text("utf-8")).columns
