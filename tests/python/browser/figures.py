"""Figures that pages must show, from SQL on the published database and nothing of the package."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb


@dataclass(frozen=True)
class Figure:
    """A cell: page, caption of its table, text that its row begins with, heading, shown text."""

    page: str
    table: str
    row: str
    column: str
    text: str
    #: Another text that the row holds, where its first cell is not enough.
    also: str = ""
    #: Evidence has intervals in columns of their own and leaves hidden cells empty.
    is_html_only: bool = False


def count(value: int | None) -> str:
    """Write a count as a reader of en-GB does."""
    return f"{value:,}"


def share(value: float) -> str:
    """Write a share as a percentage; halves go up."""
    return f"{(Decimal(str(value)) * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def precise(value: float) -> str:
    """Write a number with two decimals."""
    return str(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def money(value: float) -> str:
    """Write an amount in euros as a reader of en-GB does."""
    whole = Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{'-' if whole < 0 else ''}€{abs(whole):,}"


def points(value: float) -> str:
    """Write a difference of shares in percentage points."""
    tenths = (Decimal(str(value)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{tenths:+} pp"


#: page, table, SQL that gives the row's text and its values, and the headings of the values.
SPECIFICATIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "index",
        "The segments",
        "select segment_id, customers_count, customers_share, default_rate "
        "from marts.segment_overview order by 1",
        {"Customers": count, "Share": share, "Default rate": share},
    ),
    (
        "risk",
        "Outcomes",
        "select segment_id, scored_count, default_count, default_rate, indeterminate_count "
        "from marts.segment_risk where default_rate is not null and observation_date = ("
        "select max(risk_observation_date) from marts.segment_overview) order by 1",
        {
            "With an outcome": count,
            "Defaults": count,
            "Default rate": share,
            "Indeterminate": count,
        },
    ),
    (
        "marketing",
        "Consent by channel",
        "select segment_id, customers_count, contactable_count, email_contactable_count "
        "from marts.segment_marketing where contactable_count is not null order by 1",
        {"Customers": count, "May be contacted": count, "Email": count},
    ),
    (
        "method",
        "Stability",
        "select segment_id, customers_count, bootstrap_jaccard_mean, halves_jaccard "
        "from marts.segment_stability order by 1",
        {"Customers": count, "Mean overlap": precise, "Between halves": precise},
    ),
    (
        "method",
        "Each criterion's own choice",
        "select criterion, k from marts.segment_k_scan where is_own_choice and criterion in "
        "('gap', 'inertia', 'prediction_strength') order by 1",
        {"Would choose": count},
    ),
]
PROFILES = (
    "select description, known_count from marts.segment_profiles "
    "where segment_id = $1 and observation_date = ("
    "select max(observation_date) from marts.segment_overview) and known_count > 0 "
    "order by family, feature limit 20"
)


def expected(database: Path) -> list[Figure]:
    """Every figure that a site of this database must show."""
    found: list[Figure] = []
    with duckdb.connect(str(database), read_only=True) as connection:
        for page, table, sql, columns in SPECIFICATIONS:
            for row, *values in connection.execute(sql).fetchall():
                name = str(row).replace("_", " ").capitalize() if table[:4] == "Each" else row
                for (column, written), value in zip(columns.items(), values, strict=True):
                    if value is not None:
                        found.append(Figure(page, table, name, column, written(value)))
        for (segment,) in connection.execute(
            "select segment_id from marts.segment_overview order by 1"
        ).fetchall():
            for description, known in connection.execute(PROFILES, [segment]).fetchall():
                found.append(
                    Figure(
                        f"segments/{segment}",
                        "Exemplar, in natural units",
                        description,
                        "Customers",
                        count(known),
                    )
                )
        found += by_product(connection)
        found += hidden(connection)
    return found


def rows_of(connection: duckdb.DuckDBPyConnection, table: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query, or none where the source has no such table."""
    known = connection.execute(
        "select count(*) from duckdb_tables() where table_name = ?", [table]
    ).fetchone()
    return connection.execute(sql).fetchall() if known and known[0] else []


def by_product(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    """Expected loss and what contact adds, with an interval."""
    found = []
    latest = "observation_date = (select max(observation_date) from marts.segment_overview)"
    for segment, product, amount, rate, pd, low, high in rows_of(
        connection,
        "segment_expected_loss",
        "select segment_id, product_type, expected_loss_amount, expected_loss_rate, pd, pd_lower, "
        f"pd_upper from marts.segment_expected_loss where {latest} and pd is not null order by all",
    ):
        table, name = "Expected loss by product", words(product)
        segment = "Book" if segment == "book" else segment
        currency = rows_of(
            connection, "report_settings", "select report_currency from marts.report_settings"
        )
        if amount is not None and currency[0][0] == "EUR" and abs(amount) >= 0.5:
            text = money(amount)
            found.append(Figure("risk", table, segment, "Expected loss", text, name))
        if rate is not None and rate >= 0.0005:
            found.append(Figure("risk", table, segment, "Of exposure", share(rate), name))
        if low >= 0.0005 and high < 0.9995:
            text = f"{share(pd)} {share(low)[:-1]} to {share(high)}"
            found.append(Figure("risk", table, segment, "PD", text, name, is_html_only=True))
    for segment, added in rows_of(
        connection,
        "segment_marketing",
        "select segment_id, incremental_response_rate from marts.segment_marketing "
        "where abs(incremental_response_rate) >= 0.0005 order by 1",
    ):
        found.append(Figure("marketing", "Campaigns", segment, "Added", points(added)))
    return found


def hidden(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    """Cells of expected loss that the mart hides."""
    return [
        Figure(
            "risk", "Expected loss by product", segment, "Accounts",
            "hidden", words(product),
            is_html_only=True,
        )
        for segment, product in rows_of(
            connection,
            "segment_expected_loss",
            "select segment_id, product_type from marts.segment_expected_loss "
            "where observation_date = (select max(observation_date) from marts.segment_overview) "
            # A table of hidden rows only is a sentence.
            "and is_suppressed and accounts_count is null and exists (select 1 from "
            "marts.segment_expected_loss where accounts_count is not null) order by all",
        )
    ]  # fmt: skip


def words(code: str) -> str:
    """Write a code in words."""
    return code.replace("_", " ").capitalize()


#: Every table of a page as a reader sees it, in either kind of site.
TABLES = """() => [...document.querySelectorAll('table')].filter(
  table => table.getBoundingClientRect().width > 0
).map(table => {
  const box = table.closest('.table-container');
  const figure = table.closest('figure.table');
  const caption = figure ? figure.querySelector('figcaption').textContent
    : box && box.querySelector('h4') ? box.querySelector('h4').textContent : '';
  const heads = [...table.querySelectorAll('thead tr')].pop();
  // Minus signs and spaces of either kind of site are the same to a reader.
  const plain = text => text.replace(/\\u2212/g, '-').replace(/\\s+/g, ' ').trim();
  const text = cell => plain((cell.querySelector('.est') || cell).textContent);
  const whole = cell => plain(cell.textContent);
  return {
    caption: caption.trim(),
    columns: heads ? [...heads.cells].map(text) : [],
    rows: [...table.rows].filter(row => !row.closest('thead, tfoot'))
      .map(row => [...row.cells].map(text)),
    whole: [...table.rows].filter(row => !row.closest('thead, tfoot'))
      .map(row => [...row.cells].map(whole)),
  };
})"""


def wrong(tables: list[dict[str, Any]], figures: list[Figure]) -> list[str]:
    """Say which figures a page's tables lack or show otherwise."""
    problems = []
    for figure in figures:
        table = next((t for t in tables if t["caption"] == figure.table), None)
        if table is None or figure.column not in table["columns"]:
            problems.append(f"no table or column for {figure}")
            continue
        place = table["columns"].index(figure.column)
        cells = table["whole" if " to " in figure.text else "rows"]
        rows = [
            row
            for row in cells
            if row and row[0].startswith(figure.row) and (not figure.also or figure.also in row)
        ]
        if not rows:
            problems.append(f"no row for {figure}")
        elif rows[0][place] != figure.text:
            problems.append(f"{rows[0][place]} instead of {figure}")
    return problems
