"""Hidden cells stay hidden: solve for them from everything that is published."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pytest
from tests.python.hidden_cells import determined

ROOT = Path(__file__).parents[3]
MINIMUM = 20


@pytest.fixture(scope="module")
def macros() -> jinja2.environment.TemplateModule:
    """Return the suppression macros, rendered without dbt."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals["var"] = {"minimum_cell_count": MINIMUM}.__getitem__
    source = (ROOT / "macros/suppression.sql").read_text(encoding="utf-8")
    return environment.from_string(source).module


def hidden_in_table(macros, table):
    """Return which cells of a two-way table `hidden_cells` hides."""
    query = macros.hidden_cells("cells", "n", ["i", "j"], [["i"], ["j"]])
    hidden = np.zeros(table.shape, dtype=bool)
    with duckdb.connect() as connection:
        connection.execute("create table cells (i integer, j integer, n bigint)")
        connection.executemany(
            "insert into cells values (?, ?, ?)",
            [(i, j, int(count)) for (i, j), count in np.ndenumerate(table)],
        )
        for i, j, is_hidden in connection.execute(query).fetchall():
            hidden[i, j] = is_hidden
    return hidden


def recoverable(table, hidden):
    """Return the hidden cells that the shown cells and the totals of rows and columns determine."""
    return determined(
        dict(np.ndenumerate(table)),
        {*zip(*np.nonzero(hidden), strict=True)},
        [lambda cell: cell[0], lambda cell: cell[1]],
        minimum=MINIMUM,
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_cell_of_a_two_way_table_follows_from_its_totals(macros, seed):
    generator = np.random.default_rng(seed)
    rows, columns = generator.integers(2, 8, size=2)
    table = np.floor(generator.lognormal(4.5, 1.5, (rows, columns))).astype(int)
    hidden = hidden_in_table(macros, table)
    assert hidden[table < MINIMUM].all()
    assert recoverable(table, hidden) == []


def test_primary_suppression_alone_would_be_undone():
    table = np.array([[5, 50, 60], [40, 70, 80], [90, 100, 110]])
    assert recoverable(table, table < MINIMUM) == [(0, 0)]


def test_a_subtotal_in_another_table_would_undo_what_one_table_hides():
    """Email and post of two segments: S2's total is hidden here, but its channels are shown."""
    counts = {("S1", "email"): 9, ("S1", "post"): 12, ("S2", "email"): 40, ("S2", "post"): 50}
    counts |= {("S1", "all"): 21, ("S2", "all"): 90}
    hidden = {("S1", "email"), ("S1", "post"), ("S1", "all"), ("S2", "all")}
    book = [lambda cell: "all" if cell[1] == "all" else None]
    sums = [((name, "all"), [(name, "email"), (name, "post")]) for name in ("S1", "S2")]
    assert determined(counts, hidden, book, minimum=MINIMUM) == []
    found = determined(counts, hidden, book, sums=sums, minimum=MINIMUM)
    assert sorted(found) == [("S1", "all"), ("S2", "all")]


def test_costs_would_undo_what_counts_hide():
    """Of 100 contacts 60 are shown; the other two channels cost 4 and 1, 130 together."""
    counts = {("S1", "email"): 60.0, ("S1", "phone"): 30.0, ("S1", "post"): 10.0}
    hidden = {("S1", "phone"), ("S1", "post")}
    book = [lambda cell: cell[0]]
    costs = [{("S1", "phone"): 4.0, ("S1", "post"): 1.0}]
    assert determined(counts, hidden, book, minimum=MINIMUM) == []
    found = determined(counts, hidden, book, minimum=MINIMUM, weighted=costs)
    assert sorted(found) == sorted(hidden)


def test_bounds_would_undo_what_totals_hide():
    """Everyone of S1 holds one of two products, so that both are the 25 holders of the other."""
    counts = {"S1": 25.0, "S2": 12.0}
    book = [lambda cell: "all"]
    assert determined(counts, {*counts}, book, minimum=MINIMUM) == []
    bounds = {"S1": (25.0, 25.0), "S2": (0.0, 15.0)}
    assert sorted(determined(counts, {*counts}, book, minimum=MINIMUM, bounds=bounds)) == [
        "S1",
        "S2",
    ]
    assert determined(counts, {*counts}, [], minimum=MINIMUM, bounds=bounds) == ["S1"]


def test_hidden_cells_of_a_line_rest_together_on_enough_customers(macros):
    table = np.array([[3, 4, 60, 70], [30, 40, 50, 60], [30, 40, 50, 60]])
    hidden = hidden_in_table(macros, table)
    for line, is_hidden in [*zip(table, hidden, strict=True), *zip(table.T, hidden.T, strict=True)]:
        assert not is_hidden.any() or (is_hidden.sum() >= 2 and line[is_hidden].sum() >= MINIMUM)


def test_nothing_is_hidden_where_every_cell_is_large(macros):
    assert not hidden_in_table(macros, np.full((3, 4), MINIMUM)).any()


@pytest.mark.parametrize("counts", [[5, 25, 40], [3, 4, 25, 60], [5, 30, 30, 90], [0, 0, 21, 22]])
def test_one_total_gives_nothing_away(macros, counts):
    expression = macros.is_suppressed("n", ["total"])
    with duckdb.connect() as connection:
        connection.execute("create table cells (total integer, n bigint)")
        connection.executemany("insert into cells values (1, ?)", [(count,) for count in counts])
        rows = connection.execute(f"select n, {expression} from cells order by n").fetchall()
    hidden = [count for count, is_hidden in rows if is_hidden]
    assert all(is_hidden for count, is_hidden in rows if count < MINIMUM)
    assert len(hidden) >= 2
    assert sum(hidden) >= MINIMUM
