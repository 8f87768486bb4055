"""What templates ask of the published database: one SQL text for every backend."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from customer_segmentation.reporting.errors import (
    MissingColumnError,
    MissingMartError,
    ReportError,
)

#: Columns that only tables about people have; no report reads them.
PERSONAL = frozenset({"customer_id", "raw_row", "row_key", "account_id"})


@dataclass(frozen=True)
class Parameter:
    """A value that a page gets from its address, such as the segment."""

    name: str
    value: Any = None


class Row(Mapping[str, Any]):
    """A row whose columns must exist to be read."""

    __slots__ = ("_mart", "_values")

    def __init__(self, mart: str, values: dict[str, Any]) -> None:
        self._mart = mart
        self._values = values

    def __getitem__(self, column: str) -> Any:
        if column not in self._values:
            raise MissingColumnError(_no_column(self._mart, column, self._values))
        return self._values[column]

    def __getattr__(self, column: str) -> Any:
        if column.startswith("__"):
            raise AttributeError(column)
        return self[column]

    def __contains__(self, column: object) -> bool:
        return column in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Database:
    """A published database, read only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise ReportError(
                f"{path} can't be read: {error}. Run `make build` to publish it."
            ) from error
        self.tables: dict[str, dict[str, str]] = {}
        for table, column, kind in self._connection.execute(
            """
            select table_name, column_name, data_type from duckdb_columns()
            where schema_name = 'marts' and not internal
            order by table_name, column_index
            """
        ).fetchall():
            self.tables.setdefault(table, {})[column] = kind
        self._cache: dict[str, list[Row]] = {}

    def has(self, mart: str) -> bool:
        """Whether the table exists and has a row."""
        if mart not in self.tables:
            return False
        found = self._connection.execute(f'select 1 from marts."{mart}" limit 1').fetchone()
        return found is not None

    def query(self, mart: str, sql: str) -> list[Row]:
        """Rows of a query, each read once."""
        if sql not in self._cache:
            cursor = self._connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            self._cache[sql] = [
                Row(mart, dict(zip(names, map(_plain, values), strict=True)))
                for values in cursor.fetchall()
            ]
        return self._cache[sql]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True)
class Relation:
    """A table of the published database, narrowed and ordered; templates make them.

    The same SQL text runs on DuckDB for the HTML site and in the reader's browser for the
    Evidence site, whose source is called ``marts`` for that reason.
    """

    database: Database
    mart: str
    filters: tuple[tuple[str, str, Any], ...] = ()
    ordering: tuple[str, ...] = ()
    at_most: int | None = None
    joined: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        if self.mart not in self.database.tables:
            near = difflib.get_close_matches(self.mart, self.database.tables, 1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise MissingMartError(f"the database has no mart '{self.mart}'.{hint}")
        personal = PERSONAL.intersection(self.database.tables[self.mart])
        if personal:
            raise ReportError(
                f"mart '{self.mart}' has rows about people ({', '.join(sorted(personal))}); "
                "reports show segments only"
            )

    # Relations look like values to templates that test them.
    def __bool__(self) -> bool:
        return bool(self.rows())

    def where(self, **conditions: Any) -> Relation:
        """Keep rows; ``column=value``, ``column__not=value``, ``column__in=[...]``,
        ``column__known=True``, ``column__least=number`` or ``column__most=number``.
        """  # noqa: D205
        added = []
        for key, value in sorted(conditions.items()):
            column, _, test = key.partition("__")
            added.append((self.column(column), test or "is", value))
        return replace(self, filters=(*self.filters, *added))

    def order(self, *columns: str) -> Relation:
        """Order rows; ``-column`` is descending. Nulls come last."""
        for column in columns:
            self.column(column.removeprefix("-"))
        return replace(self, ordering=columns)

    def limit(self, rows: int) -> Relation:
        """Keep the first rows."""
        return replace(self, at_most=int(rows))

    def with_columns(self, mart: str, *columns: str) -> Relation:
        """Return the same with columns of another mart that has one row for each segment."""
        other = Relation(self.database, mart)
        for column in ("segment_id", *columns):
            other.column(column)
        return replace(self, joined=(*self.joined, (mart, columns)))

    def everywhere(self) -> Relation:
        """Return the same without conditions: the rows of every page."""
        return replace(self, filters=(), ordering=(), at_most=None)

    def named(self) -> Relation:
        """Return the same with the segment's name as ``segment_name``."""
        if "segment_name" in self.columns or "segment_overview" not in self.database.tables:
            return self
        return self.with_columns("segment_overview", "segment_name")

    def column(self, name: str) -> str:
        """Return the name of a column, which must exist."""
        columns = self.columns
        if name not in columns:
            raise MissingColumnError(_no_column(self.mart, name, columns))
        return name

    @property
    def columns(self) -> dict[str, str]:
        """Columns and their types."""
        columns = dict(self.database.tables[self.mart])
        for mart, names in self.joined:
            columns.update({name: self.database.tables[mart][name] for name in names})
        return columns

    @property
    def parameters(self) -> list[Parameter]:
        """Parameters of the page that the rows depend on."""
        return [value for _, _, value in self.filters if isinstance(value, Parameter)]

    def sql(self, *columns: str, evidence: bool = False) -> str:
        """Write the query; with ``evidence``, parameters are those of the page's address."""
        wanted = [self.column(column) for column in dict.fromkeys(columns)] or list(self.columns)
        table = self.mart
        owner = {name: mart for mart, names in self.joined for name in names}

        def qualified(column: str) -> str:
            return f"{owner.get(column, table)}.{column}" if self.joined else column

        lines = ["select " + ", ".join(qualified(column) for column in wanted)]
        lines.append(f"from marts.{table}")
        for mart, _ in self.joined:
            lines.append(f"left join marts.{mart} on {table}.segment_id = {mart}.segment_id")
        tests = [
            _test(qualified(column), test, value, evidence=evidence)
            for column, test, value in self.filters
        ]
        if tests:
            lines.append("where " + " and ".join(tests))
        if self.ordering:
            lines.append(
                "order by "
                + ", ".join(
                    f"{qualified(column.removeprefix('-'))}"
                    f"{' desc' if column.startswith('-') else ''} nulls last"
                    for column in self.ordering
                )
            )
        if self.at_most is not None:
            lines.append(f"limit {self.at_most}")
        return "\n".join(lines)

    def rows(self) -> list[Row]:
        """Every row, in order."""
        return self.database.query(self.mart, self.sql())

    def first(self) -> Row | None:
        """Return the first row, or None."""
        rows = self.rows()
        return rows[0] if rows else None

    def get(self, column: str) -> Any:
        """Return the column's value in the first row, or None where there is none."""
        self.column(column)
        row = self.first()
        return None if row is None else row[column]

    def values(self, column: str) -> list[Any]:
        """Distinct values of a column, in the order of the rows."""
        self.column(column)
        return list(dict.fromkeys(row[column] for row in self.rows()))

    def marts(self) -> list[str]:
        """Every mart that the query reads."""
        return [self.mart, *(mart for mart, _ in self.joined)]

    def has_values(self, *columns: str) -> bool:
        """Whether any row has a value in any of the columns."""
        for column in columns:
            self.column(column)
        return any(row[column] is not None for row in self.rows() for column in columns)


def _plain(value: Any) -> Any:
    """Decimals as doubles: reports show figures, they don't add them up."""
    return float(value) if isinstance(value, Decimal) else value


def _literal(value: Any) -> str:
    """Return a value as a SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return f"'{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def fenced_literal(value: Any) -> str:
    """Return a SQL literal for a fence of an Evidence page, which is a JavaScript template too.

    No mark that ends a fence or opens an expression stands in it.
    """
    return re.sub(
        r"[^\w .,:;+()%/'-]", lambda mark: f"' || chr({ord(mark[0])}) || '", _literal(value)
    )


def _test(column: str, test: str, value: Any, *, evidence: bool) -> str:
    literal = fenced_literal if evidence else _literal
    if isinstance(value, Parameter):
        text = f"'${{params.{value.name}}}'" if evidence else literal(value.value)
        return f"{column} {'<>' if test == 'not' else '='} {text}"
    if test == "is":
        return f"{column} is null" if value is None else f"{column} = {literal(value)}"
    if test == "not":
        return f"{column} is not null" if value is None else f"{column} <> {literal(value)}"
    if test == "known":
        return f"{column} is {'not ' if value else ''}null"
    if test == "in":
        options = ", ".join(literal(item) for item in value) or "null"
        return f"{column} in ({options})"
    if test == "least":
        return f"{column} >= {literal(value)}"
    if test == "most":
        return f"{column} <= {literal(value)}"
    raise ReportError(f"where() knows no test '{test}'")


def _no_column(mart: str, column: str, columns: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(column, columns, 1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"mart '{mart}' has no column '{column}'.{hint}"
