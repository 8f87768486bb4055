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


def count(value: int | None) -> str:
    """Write a count as a reader of en-GB does."""
    return f"{value:,}"


def share(value: float) -> str:
    """Write a share as a percentage; halves go up."""
    return f"{(Decimal(str(value)) * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def precise(value: float) -> str:
    """Write a number with two decimals."""
    return str(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


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
    return found


#: Every table of a page as a reader sees it, in either kind of site.
TABLES = """() => [...document.querySelectorAll('table')].filter(
  table => table.getBoundingClientRect().width > 0
).map(table => {
  const box = table.closest('.table-container');
  const figure = table.closest('figure.table');
  const caption = figure ? figure.querySelector('figcaption').textContent
    : box && box.querySelector('h4') ? box.querySelector('h4').textContent : '';
  const heads = [...table.querySelectorAll('thead tr')].pop();
  const text = cell => (cell.querySelector('.est') || cell).textContent.trim();
  return {
    caption: caption.trim(),
    columns: heads ? [...heads.cells].map(text) : [],
    rows: [...table.rows].filter(row => !row.closest('thead, tfoot'))
      .map(row => [...row.cells].map(text)),
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
        rows = [row for row in table["rows"] if row and row[0].startswith(figure.row)]
        if not rows:
            problems.append(f"no row for {figure}")
        elif rows[0][place] != figure.text:
            problems.append(f"{rows[0][place]} instead of {figure}")
    return problems
