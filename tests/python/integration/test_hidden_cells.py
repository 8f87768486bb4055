"""Whoever has all the published marts can't work out a cell that they hide.

The reader is given more than is published: every total that hidden cells add up to, counted in the
internal models. Tried with the default minimum of a cell and with one that hides a great deal.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

import duckdb
import pytest
from tests.python.conftest import copy_project
from tests.python.hidden_cells import determined

DEFAULT_MINIMUM, HIGH_MINIMUM = 20, 300


@dataclass(frozen=True)
class Cells:
    """What a mart shows of a count, and what could give the hidden ones away.

    Attributes
    ----------
    mart, count, flag : str
        The mart, the count and the flag of its hidden cells.
    more_keys : tuple of str
        What identifies a cell besides its segment and `line`.
    totals : tuple of tuple of str
        Keys by which totals are known.
    truth : str
        The relation that hides nothing, with the mart's keys.
    date : str
        The mart's column of dates; nothing adds up across them.
    """

    mart: str
    count: str
    flag: str = "is_suppressed"
    more_keys: tuple[str, ...] = ()
    totals: tuple[tuple[str, ...], ...] = ((),)
    truth: str = ""
    date: str = "observation_date"

    @property
    def keys(self):
        return ("segment_id", self.date, *self.more_keys)

    @property
    def name(self):
        return f"{self.mart}.{self.count}"

    def read(self, connection):
        """Return every cell's count and the hidden cells, by key."""
        keys = ", ".join(self.keys)
        rows = connection.sql(
            f"""
            select distinct {keys}, truth.{self.count}, mart.{self.count}, mart.{self.flag}
            from {self.truth or f"internal.int_{self.mart}"} as truth
            inner join marts.{self.mart} as mart using ({keys})
            where truth.{self.count} is not null
            """
        ).fetchall()
        counts = {row[:-3]: float(row[-3]) for row in rows}
        hidden = {row[:-3] for row in rows if row[-1]}
        assert len(counts) == len(rows), "several counts for one key"
        assert all((row[-2] is None) == row[-1] for row in rows), "the flag is wrong"
        return counts, hidden

    def lines(self):
        """Return what maps a cell to the line of each total."""
        places = [[self.keys.index(key) for key in (self.date, *total)] for total in self.totals]
        return [lambda cell, place=place: tuple(cell[index] for index in place) for place in places]


BY_PRODUCT = {"more_keys": ("product_type",), "totals": (("product_type",), ("segment_id",))}
CONTACTS = "(select * from internal.int_segment_marketing where channel {} 'all')"
MARTS = [
    Cells("segment_overview", "customers_count"),
    Cells("segment_risk", "customers_count"),
    Cells(
        "segment_risk",
        "first_payment_customers_count",
        "is_first_payment_suppressed",
        truth="(from internal.int_segment_risk where first_payment_customers_count > 0)",
    ),
    Cells("segment_approvals", "customers_count"),
    Cells("segment_expected_loss", "accounts_count", **BY_PRODUCT),
    Cells(
        "segment_impairment",
        "accounts_count",
        more_keys=("stage",),
        totals=(("stage",), ("segment_id",)),
    ),
    Cells(
        "segment_pricing",
        "customers_count",
        "is_book_suppressed",
        truth="(from internal.int_segment_pricing where customers_count > 0)",
        **BY_PRODUCT,
    ),
    Cells(
        "segment_pricing",
        "pd_scored_count",
        more_keys=("product_type",),
        totals=(("product_type",),),
    ),
    Cells(
        "segment_roll_rates",
        "from_accounts_count",
        more_keys=("roll_period", "from_bucket"),
        totals=(("roll_period", "from_bucket"), ("roll_period", "segment_id")),
    ),
    Cells("segment_vintages", "customers_count", date="vintage_quarter_on"),
    Cells("segment_relationships", "customers_count"),
    Cells("segment_contact_pressure", "customers_count"),
    Cells("segment_lifetime_value", "customers_count"),
    Cells("segment_marketing", "customers_count", truth=CONTACTS.format("=")),
    Cells(
        "segment_marketing",
        "treated_count",
        "is_response_suppressed",
        truth=CONTACTS.format("="),
    ),
    Cells(
        "segment_channel_preference",
        "customers_count",
        more_keys=("channel",),
        totals=(("channel",),),
        truth=CONTACTS.format("<>"),
    ),
    Cells(
        "segment_channel_preference",
        "treated_count",
        "is_response_suppressed",
        more_keys=("channel",),
        totals=(("channel",), ("segment_id",)),
        truth=CONTACTS.format("<>"),
    ),
    Cells(
        "segment_audiences",
        "audience_count",
        more_keys=("audience",),
        totals=(("audience",),),
    ),
    Cells(
        "segment_audiences",
        "qualifying_count",
        more_keys=("audience",),
        totals=(("audience",),),
    ),
    Cells(
        "segment_next_best_actions",
        "customers_count",
        more_keys=("outcome",),
        totals=(("outcome",), ("segment_id",)),
    ),
    Cells(
        "segment_product",
        "holders_count",
        more_keys=("product_type",),
        totals=(("product_type",),),
    ),
    Cells(
        "product_whitespace",
        "whitespace_count",
        more_keys=("product_type",),
        totals=(("product_type",),),
    ),
    Cells(
        "product_whitespace",
        "lookalikes_count",
        "is_take_up_suppressed",
        more_keys=("product_type",),
        totals=(("product_type",),),
        truth="(from internal.int_product_whitespace where lookalikes_count > 0)",
    ),
    Cells(
        "segment_holdings",
        "both_count",
        more_keys=("product_type", "other_product_type"),
        totals=(("product_type", "other_product_type"),),
    ),
    Cells("segment_profiles", "known_count", more_keys=("feature",), totals=(("feature",),)),
    Cells(
        "protected_attribute_audit",
        "customers_count",
        more_keys=("attribute", "group_value"),
        totals=(("attribute", "group_value"), ("attribute", "segment_id")),
        truth="""(
            select *, protected_attribute as attribute
            from governance.int_protected_attribute_audit
        )""",
    ),
]
# Figures of the whole book: nothing published adds up to them.
WITHOUT_TOTALS = {
    ("score_monitoring", "is_suppressed"),
    ("score_monitoring", "is_power_suppressed"),
}


@pytest.fixture(scope="module", params=[DEFAULT_MINIMUM, HIGH_MINIMUM])
def minimum(request):
    """Return the smallest number of customers that a published cell rests on."""
    return request.param


@pytest.fixture(scope="module")
def working(minimum, sample_project, tmp_path_factory):
    """Return a reader of the sample, its marts run again where the minimum is another."""
    project = sample_project
    if minimum != DEFAULT_MINIMUM:
        project = copy_project(tmp_path_factory.mktemp("minimum") / "project")
        project.working().parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(sample_project.working(), project.working())
        project.dbt(
            "run",
            "--select",
            "path:models/marts",
            "--vars",
            json.dumps({"minimum_cell_count": minimum}),
        )
    with duckdb.connect(str(project.working()), read_only=True) as connection:
        yield connection


def test_every_mart_that_hides_cells_is_tried(working):
    flags = working.sql(
        """
        select table_name, column_name from duckdb_columns()
        where schema_name = 'marts' and column_name like '%suppressed'
        """
    ).fetchall()
    assert {*flags} == {(cells.mart, cells.flag) for cells in MARTS} | WITHOUT_TOTALS | {
        ("protected_attribute_prediction", "is_suppressed")
    }


@pytest.mark.parametrize("cells", MARTS, ids=lambda cells: cells.name)
def test_no_hidden_cell_follows_from_the_totals_of_its_mart(working, minimum, cells):
    counts, hidden = cells.read(working)
    assert counts
    assert hidden or minimum == DEFAULT_MINIMUM, "nothing was tried"
    assert determined(counts, hidden, cells.lines(), minimum=minimum) == []


def cells_of(connection, query):
    """Return a query's last column, where it is shown, by the columns before it."""
    rows = connection.sql(query).fetchall()
    return {row[:-1]: float(row[-1]) for row in rows if row[-1] is not None}


def test_groups_of_an_attribute_do_not_give_each_other_away(working, minimum):
    """A shown group's row says how many are in it and in all others: the total of the attribute."""
    counts = cells_of(
        working,
        """
        select protected_attribute, group_value, count(*) filter (where is_held_out)
        from governance.int_protected_members where group_value <> 'unknown' group by all
        """,
    )
    shown = cells_of(
        working,
        "select attribute, group_value, held_out_group_count"
        " from marts.protected_attribute_prediction",
    )
    hidden = {*counts} - {*shown}
    assert hidden or minimum == DEFAULT_MINIMUM, "nothing was tried"
    assert {cell for cell in shown if counts[cell] < minimum} == set()
    assert determined(counts, hidden, [lambda cell: cell[0]], minimum=minimum) == []


@pytest.mark.parametrize("arm", ["treated", "control"])
def test_contacts_by_channel_and_in_all_do_not_give_each_other_away(working, minimum, arm):
    counts = cells_of(
        working, f"select segment_id, channel, {arm}_count from internal.int_segment_marketing"
    )
    shown = cells_of(
        working,
        f"""
        select segment_id, 'all', {arm}_count from marts.segment_marketing
        union all
        select segment_id, channel, {arm}_count from marts.segment_channel_preference
        """,
    )
    segments = {segment for segment, _ in counts}
    channels = {channel for _, channel in counts} - {"all"}
    assert {*shown} < {*counts} or minimum == DEFAULT_MINIMUM, "nothing was tried"
    found = determined(
        counts,
        {*counts} - {*shown},
        [lambda cell: cell[1]],
        sums={(segment, "all"): [(segment, each) for each in channels] for segment in segments},
        minimum=minimum,
    )
    assert [cell for cell in found if 0 < counts[cell] < minimum] == []


def test_balances_of_few_do_not_follow_from_prices_and_losses_together(working, minimum):
    keys = "segment_id, observation_date, product_type"
    book = "internal.int_segment_expected_loss"
    balances = cells_of(working, f"select {keys}, balance_amount from {book}")
    customers = cells_of(working, f"select {keys}, customers_count from {book}")
    shown = cells_of(
        working,
        f"""
        select {keys}, balance_amount from marts.segment_expected_loss
        union
        select {keys}, balance_amount from marts.segment_pricing
        """,
    )
    small = [cell for cell, count in customers.items() if count < minimum]
    assert small
    assert [cell for cell in small if cell in shown] == []
    found = determined(
        balances,
        {*balances} - {*shown},
        [lambda cell: cell[1:], lambda cell: cell[:2]],
        minimum=0,
    )
    assert [cell for cell in small if cell in found] == []


def test_outcomes_of_few_do_not_follow_from_risk_loss_and_price_together(working, minimum):
    counts = cells_of(
        working,
        "select segment_id, observation_date, scored_count from internal.int_segment_risk "
        "where scored_count > 0",
    )
    shown = cells_of(
        working,
        """
        select segment_id, observation_date, scored_count from marts.segment_risk
        union all
        select segment_id, risk_observation_date, scored_count from marts.segment_overview
        union all
        select segment_id, risk_observation_date, scored_count from marts.segment_strategies
        union all
        select segment_id, pd_observation_date, pd_scored_count from marts.segment_expected_loss
        where pd_basis like 'segment%'
        union all
        select segment_id, pd_observation_date, pd_scored_count from marts.segment_pricing
        where pd_basis like 'segment%'
        """,
    )
    small = [cell for cell, count in counts.items() if count < minimum]
    assert small or minimum == DEFAULT_MINIMUM, "nothing was tried"
    assert [cell for cell in small if cell in shown] == []
    found = determined(counts, {*counts} - {*shown}, [lambda cell: cell[1:]], minimum=minimum)
    assert [cell for cell in small if cell in found] == []
