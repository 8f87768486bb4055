"""Swap a finished build in as the published database that people read."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from customer_segmentation.runner.errors import UserError

PUBLISHED_SCHEMAS = ("marts",)


def require_passed(target_path: Path, *, source: str) -> None:
    """Refuse unless the last dbt command was a build of this source in which everything passed.

    Parameters
    ----------
    target_path : Path
        Where dbt wrote run_results.json.
    source : str
        The source that is about to be published.

    Raises
    ------
    UserError
        Where there is no such build, or something in it failed.
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


def publish(build_database: Path, published_database: Path) -> None:
    """Copy the published schemas of a build to a new file and rename it over the old one.

    Readers of the old file keep reading it; new readers get the new one. A failure on the way
    leaves the old file as it was.

    Parameters
    ----------
    build_database : Path
        The database that dbt built in; nothing may hold it open for writing.
    published_database : Path
        The file to replace.

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
            for schema in PUBLISHED_SCHEMAS:
                copy_schema(connection, schema)
        fresh.replace(published_database)
    finally:
        fresh.unlink(missing_ok=True)


def copy_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Copy every table and view of a schema, as tables, with the comments that document them."""
    connection.execute(f"create schema published.{schema}")
    relations = connection.execute(
        """
        select table_name, comment from duckdb_tables()
        where database_name = 'build' and schema_name = $1
        union all
        select view_name, comment from duckdb_views()
        where database_name = 'build' and schema_name = $1
        order by 1
        """,
        [schema],
    ).fetchall()
    for name, comment in relations:
        target = f'published.{schema}."{name}"'
        connection.execute(f'create table {target} as from build.{schema}."{name}"')
        if comment:
            connection.execute(
                f"comment on table {target} is '{comment.replace(chr(39), chr(39) * 2)}'"
            )
        columns = connection.execute(
            """
            select column_name, comment from duckdb_columns()
            where database_name = 'build' and schema_name = $1 and table_name = $2
                and comment is not null
            """,
            [schema, name],
        ).fetchall()
        for column, text in columns:
            connection.execute(
                f"comment on column {target}.\"{column}\" is '{text.replace(chr(39), chr(39) * 2)}'"
            )


def quoted(path: Path) -> str:
    """Write a path as it stands inside single quotes in SQL."""
    return str(path).replace("'", "''")
