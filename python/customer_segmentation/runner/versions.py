"""Keep the versions of the segment model that were published, and no others.

The models of ``models/segmentation`` keep a row set for each version in the working database. A
build that fails after a fit must not leave its version there, or the next build would score with a
model that nobody has seen; and a working database that was deleted must not take the versions with
it, or the next fit would give old ids to new segments.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from customer_segmentation.runner.errors import UserError
from customer_segmentation.runner.publish import PUBLISHED_SCHEMA, quoted

VERSION = "segment_model_version"


def newest_version(database: Path) -> int:
    """Return the newest version of the segment model in a database, 0 where there is none.

    Parameters
    ----------
    database : Path
        A working or published database; it need not exist.

    Raises
    ------
    UserError
        If the file can't be opened.
    """
    if not database.exists():
        return 0
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            if "segment_models" not in _tables_with_versions(connection):
                return 0
            row = connection.execute(
                f"select coalesce(max({VERSION}), 0) from {PUBLISHED_SCHEMA}.segment_models"
            ).fetchone()
    except duckdb.IOException as error:
        raise UserError(
            f"{database} can't be read: another process builds in it, or it is no DuckDB "
            f"database ({error})."
        ) from error
    return int(row[0]) if row else 0


def forget_versions_after(database: Path, version: int) -> None:
    """Delete what a database holds of versions newer than one.

    Parameters
    ----------
    database : Path
        A working database, in nobody's use.
    version : int
        The newest version to keep; 0 keeps none.
    """
    if newest_version(database) <= version:
        return
    with duckdb.connect(str(database)) as connection:
        for table in _tables_with_versions(connection):
            connection.execute(
                f'delete from {PUBLISHED_SCHEMA}."{table}" where {VERSION} > $1', [version]
            )


def restore_versions(database: Path, published_database: Path, *, models: Path) -> None:
    """Give a new working database the versions that are published; leave an old one alone.

    Parameters
    ----------
    database : Path
        The working database.
    published_database : Path
        Where the versions are; it need not exist.
    models : Path
        Folder of the models that keep versions: ``models/segmentation``. Its Python models do.
    """
    if database.exists() or newest_version(published_database) == 0:
        return
    keepers = {path.stem for path in models.glob("*.py")} - {"segments"}
    database.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{quoted(published_database)}' as published (read_only)")
        connection.execute(f"create schema {PUBLISHED_SCHEMA}")
        for table in _tables_with_versions(connection, catalog="published"):
            if table in keepers:
                connection.execute(
                    f'create table {PUBLISHED_SCHEMA}."{table}" as '
                    f'from published.{PUBLISHED_SCHEMA}."{table}"'
                )


def _tables_with_versions(
    connection: duckdb.DuckDBPyConnection, *, catalog: str | None = None
) -> list[str]:
    rows = connection.execute(
        """
        select tables.table_name
        from duckdb_tables() as tables
        inner join duckdb_columns() as columns using (database_name, schema_name, table_name)
        where
            tables.database_name = coalesce($1, current_database())
            and tables.schema_name = $2
            and columns.column_name = $3
        order by 1
        """,
        [catalog, PUBLISHED_SCHEMA, VERSION],
    ).fetchall()
    return [name for (name,) in rows]
