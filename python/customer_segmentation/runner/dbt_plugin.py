"""A dbt-duckdb plugin that loads DuckDB's extensions from their Python wheels.

DuckDB downloads extensions by default; a bank's build machine can't. `profiles.yml` names this
module under `plugins`, so that every connection can read CSV files in any encoding.
"""

from __future__ import annotations

from pathlib import Path

import duckdb_extension_encodings
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection


class Plugin(BasePlugin):
    """Loads the `encodings` extension (character sets beyond UTF-8, UTF-16 and Latin-1)."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Load the extension that the wheel carries for this version of DuckDB.

        Parameters
        ----------
        conn : DuckDBPyConnection
            A new connection, before dbt uses it.
        """
        folder = Path(duckdb_extension_encodings.__file__).parent
        (extension,) = folder.glob("extensions/*/encodings.duckdb_extension")
        conn.execute(f"load '{extension}'")
