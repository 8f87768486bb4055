"""Swap a finished build in as the published database that people read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from customer_segmentation.runner.errors import UserError

PUBLISHED_SCHEMA = "marts"


def require_passed(target_path: Path, *, source: str) -> list[str]:
    """Refuse unless the last dbt command built and tested all of this source, and all passed.

    Parameters
    ----------
    target_path : Path
        Where dbt wrote manifest.json and run_results.json.
    source : str
        The source that is about to be published.

    Returns
    -------
    list of str
        Names of the models of the published schema, sorted. A table of that schema that none of
        them makes is left from a model that is gone.

    Raises
    ------
    UserError
        Where there is no such build, or something in it failed or was left out. Unit tests may be
        left out: their answers don't depend on data.
    """
    path = target_path / "run_results.json"
    if not path.exists():
        raise UserError(f"Nothing to publish: {path} is missing. Run `dbt build` first.")
    results = json.loads(path.read_text())
    built = results["args"].get("vars", {}).get("source", "sample")
    if results["args"].get("which") != "build" or built != source:
        raise UserError(
            f"Nothing to publish: the last dbt command in {target_path} was `dbt "
            f"{results['args'].get('which')}` of source '{built}', not `dbt build` of '{source}'."
        )
    failed = [
        result["unique_id"]
        for result in results["results"]
        if result["status"] not in ("success", "pass", "warn", "no-op")
    ]
    if failed:
        raise UserError(f"Not published: {len(failed)} nodes failed, {failed[0]} first.")
    nodes = {
        unique_id: node
        for unique_id, node in json.loads((target_path / "manifest.json").read_text())[
            "nodes"
        ].items()
        if node["resource_type"] in ("model", "seed", "test") and node["config"]["enabled"]
    }
    left_out = nodes.keys() - {result["unique_id"] for result in results["results"]}
    if left_out:
        raise UserError(
            f"Not published: the last `dbt build` left out {len(left_out)} models or tests, "
            f"{min(left_out)} first. Run it without a selection."
        )
    return sorted(
        node["alias"]
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == PUBLISHED_SCHEMA
    )


def publish(build_database: Path, published_database: Path, *, relations: Sequence[str]) -> None:
    """Copy relations of a build's published schema to a new file and rename it over the old one.

    Readers of the old file keep reading it; new readers get the new one. A failure on the way
    leaves the old file as it was.

    Parameters
    ----------
    build_database : Path
        The database that dbt built in; nothing may hold it open for writing.
    published_database : Path
        The file to replace.
    relations : sequence of str
        Names in the published schema.

    Raises
    ------
    UserError
        Where the build database is missing or in use.
    """
    if not build_database.exists():
        raise UserError(f"Nothing to publish: {build_database} is missing. Run `dbt build` first.")
    published_database.parent.mkdir(parents=True, exist_ok=True)
    fresh = published_database.with_name(f".{published_database.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            try:
                connection.execute(f"attach '{quoted(build_database)}' as build (read_only)")
            except duckdb.IOException as error:
                raise UserError(
                    f"Not published: {build_database} is in use by another process ({error})."
                ) from error
            connection.execute(f"attach '{quoted(fresh)}' as published")
            connection.execute(f"create schema published.{PUBLISHED_SCHEMA}")
            for relation in relations:
                copy_relation(connection, relation)
        fresh.replace(published_database)
    finally:
        fresh.unlink(missing_ok=True)


def copy_relation(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Copy a table or view of the published schema, with the comments that document it."""
    target = f'published.{PUBLISHED_SCHEMA}."{name}"'
    connection.execute(f'create table {target} as from build.{PUBLISHED_SCHEMA}."{name}"')
    comments = connection.execute(
        """
        select comment from (
            select schema_name, table_name, database_name, comment from duckdb_tables()
            union all
            select schema_name, view_name, database_name, comment from duckdb_views()
        )
        where database_name = 'build' and schema_name = $1 and table_name = $2
            and comment is not null
        """,
        [PUBLISHED_SCHEMA, name],
    ).fetchall()
    for (text,) in comments:
        connection.execute(f"comment on table {target} is '{quoted(text)}'")
    columns = connection.execute(
        """
        select column_name, comment from duckdb_columns()
        where database_name = 'build' and schema_name = $1 and table_name = $2
            and comment is not null
        """,
        [PUBLISHED_SCHEMA, name],
    ).fetchall()
    for column, text in columns:
        connection.execute(f"comment on column {target}.\"{column}\" is '{quoted(text)}'")


def quoted(text: Path | str) -> str:
    """Write a path or text as it stands inside single quotes in SQL."""
    return str(text).replace("'", "''")
