"""Whoever has all the published marts of segments can't work out a cell that they hide.

Person-level marts (next_best_actions, say) are published beside them and hide nothing: they are for
those who act on customers, and whoever has them can count any cell. The reader of the others is
given more than is published: every total that hidden cells add up to, counted in the internal
models. Tried on each source with the default minimum of a cell, and on the sample with one that
hides a great deal.
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
    least, most : str
        SQL of what a reader knows of a cell from other figures.
    """

    mart: str
    count: str
    flag: str = "is_suppressed"
    more_keys: tuple[str, ...] = ()
    totals: tuple[tuple[str, ...], ...] = ((),)
    truth: str = ""
    date: str = "observation_date"
    least: str = "0"
    most: str = "null"

    @property
    def keys(self):
        return ("segment_id", self.date, *self.more_keys)

    @property
    def name(self):
        return f"{self.mart}.{self.count}"

    def read(self, connection):
        """Return every cell's count, the hidden cells and the bounds of each, by key."""
        keys = ", ".join(self.keys)
        rows = connection.sql(
            f"""
            select distinct
                {keys}, {self.least}, {self.most},
                truth.{self.count}, mart.{self.count}, mart.{self.flag}
            from {self.truth or f"internal.int_{self.mart}"} as truth
            inner join marts.{self.mart} as mart using ({keys})
            where truth.{self.count} is not null
            """
        ).fetchall()
        counts = {row[:-5]: float(row[-3]) for row in rows}
        hidden = {row[:-5] for row in rows if row[-1]}
        bounds = {row[:-5]: row[-5:-3] for row in rows}
        assert len(counts) == len(rows), "several counts for one key"
        assert all((row[-2] is None) == row[-1] for row in rows), "the flag is wrong"
        return counts, hidden, bounds

    def lines(self):
        """Return what maps a cell to the line of each total."""
        places = [[self.keys.index(key) for key in (self.date, *total)] for total in self.totals]
        return [lambda cell, place=place: tuple(cell[index] for index in place) for place in places]


BY_PRODUCT = {"more_keys": ("product_type",), "totals": (("product_type",), ("segment_id",))}
PARTS = "(from internal.int_{} where segment_id <> 'book')"
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
    Cells(
        "segment_expected_loss",
        "accounts_count",
        truth=PARTS.format("segment_expected_loss"),
        **BY_PRODUCT,
    ),
    Cells(
        "segment_impairment",
        "accounts_count",
        more_keys=("stage",),
        totals=(("stage",), ("segment_id",)),
        truth=PARTS.format("segment_impairment"),
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
        truth="(from internal.int_segment_roll_rates where segment_id <> 'book')",
    ),
    Cells(
        "segment_vintages",
        "accounts_count",
        more_keys=("vintage_grain",),
        totals=(("vintage_grain",),),
        truth="(from internal.int_segment_vintages where segment_id <> 'book')",
        date="vintage_starts_on",
    ),
    Cells("segment_relationships", "customers_count"),
    Cells("segment_contact_pressure", "customers_count"),
    Cells("segment_lifetime_value", "customers_count"),
    Cells("segment_marketing", "customers_count", truth=CONTACTS.format("=")),
    *(
        Cells("segment_marketing", count, flag, truth=CONTACTS.format("="))
        for count, flag in [
            ("treated_count", "is_treated_suppressed"),
            ("control_count", "is_response_suppressed"),
            ("cost_amount", "is_cost_suppressed"),
        ]
    ),
    Cells(
        "segment_channel_preference",
        "customers_count",
        more_keys=("channel",),
        totals=(("channel",),),
        truth=CONTACTS.format("<>"),
    ),
    *(
        Cells(
            "segment_channel_preference",
            count,
            flag,
            more_keys=("channel",),
            totals=(("channel",), ("segment_id",)),
            truth=CONTACTS.format("<>"),
        )
        for count, flag in [
            ("treated_count", "is_treated_suppressed"),
            ("control_count", "is_response_suppressed"),
        ]
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
        "holders_count",
        more_keys=("product_type",),
        totals=(("product_type",),),
    ),
    Cells(
        "product_whitespace",
        "whitespace_count",
        "is_whitespace_suppressed",
        more_keys=("product_type",),
        totals=(("product_type",),),
        truth="(from internal.int_product_whitespace where whitespace_count > 0)",
    ),
    Cells(
        "product_whitespace",
        "ineligible_count",
        "is_refusal_suppressed",
        more_keys=("product_type",),
        totals=(("product_type",),),
    ),
    Cells(
        "product_opportunities",
        "whitespace_count",
        more_keys=("product_type",),
        totals=(("product_type",),),
        truth="(from internal.int_product_whitespace where whitespace_count > 0)",
    ),
    Cells(
        "product_opportunities",
        "take_ups_count",
        "is_take_up_suppressed",
        more_keys=("product_type",),
        truth="(from internal.int_product_whitespace where lookalikes_count > 0)",
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
        # Of all customers no more hold both than hold either, and no fewer than must overlap
        # (Frechet 1940). A reader has these counts wherever the segment itself is shown.
        least="case when is_known then greatest(0, holders + others - customers) else 0 end",
        most="case when is_known then least(holders, others) end",
        truth="""(
            select
                cells.*, cells.customers_count as customers, cells.holders_count as holders,
                cells.other_holders_count as others,
                not (first.is_suppressed or second.is_suppressed) as is_known
            from internal.int_segment_holdings as cells
            inner join marts.segment_product as first
                using (segment_id, observation_date, product_type)
            inner join marts.segment_product as second
                on cells.segment_id = second.segment_id
                and cells.observation_date = second.observation_date
                and cells.other_product_type = second.product_type
        )""",
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
    ("segment_product", "is_book_suppressed"),
}


@pytest.fixture(
    scope="module",
    params=[
        ("sample", DEFAULT_MINIMUM),
        ("sample", HIGH_MINIMUM),
        ("taiwan", DEFAULT_MINIMUM),
        ("berka", DEFAULT_MINIMUM),
    ],
    ids=lambda case: f"{case[0]}-{case[1]}",
)
def case(request):
    """Return a source and the smallest number of customers that a published cell rests on."""
    return request.param


@pytest.fixture(scope="module")
def minimum(case):
    """Return the smallest number of customers that a published cell rests on."""
    return case[1]


@pytest.fixture(scope="module")
def must_hide(case):
    """Return whether every mart has cells to hide, so that an empty try is a mistake."""
    return case == ("sample", HIGH_MINIMUM)


@pytest.fixture(scope="module")
def working(case, request, tmp_path_factory):
    """Return a reader of a source, its marts run again where the minimum is another."""
    source, minimum = case
    project = built = request.getfixturevalue(f"{source}_project")
    if minimum != DEFAULT_MINIMUM:
        project = copy_project(tmp_path_factory.mktemp("minimum") / "project")
        project.working(source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(built.working(source), project.working(source))
        project.dbt(
            "run",
            "--select",
            "path:models/marts",
            "--vars",
            json.dumps({"minimum_cell_count": minimum}),
        )
    with duckdb.connect(str(project.working(source)), read_only=True) as connection:
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
def test_no_hidden_cell_follows_from_the_totals_of_its_mart(working, case, must_hide, cells):
    counts, hidden, bounds = cells.read(working)
    assert counts or case[0] != "sample"
    assert hidden or not must_hide, "nothing was tried"
    found = determined(counts, hidden, cells.lines(), minimum=case[1], bounds=bounds)
    # A larger one that follows gives nobody away: where all of a segment are in one stage, its
    # total is the stage's. The small ones that it was hidden for must hold without it.
    # A zero that follows is nobody.
    assert [cell for cell in found if 0 < counts[cell] < case[1]] == []


def cells_of(connection, query):
    """Return a query's last column, where it is shown, by the columns before it."""
    rows = connection.sql(query).fetchall()
    return {row[:-1]: float(row[-1]) for row in rows if row[-1] is not None}


def test_groups_of_an_attribute_do_not_give_each_other_away(working, minimum, must_hide):
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
    assert hidden or not must_hide, "nothing was tried"
    assert {cell for cell in shown if counts[cell] < minimum} == set()
    assert determined(counts, hidden, [lambda cell: cell[0]], minimum=minimum) == []


@pytest.mark.parametrize("arm", ["treated", "control"])
def test_contacts_by_channel_and_in_all_do_not_give_each_other_away(
    working, minimum, must_hide, arm
):
    """A contact costs what it costs everywhere, so costs are totals of the treated as well."""
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
    price = cells_of(
        working,
        "select channel, max(contact_cost_amount) from internal.int_channel_preference group by 1",
    )
    costs = cells_of(
        working,
        "select segment_id, coalesce(cost_amount, roi_ratio) from marts.segment_marketing",
    )
    segments = {segment for segment, _ in counts}
    channels = {channel for _, channel in counts} - {"all"}
    assert {*shown} < {*counts} or not must_hide, "nothing was tried"
    found = determined(
        counts,
        {*counts} - {*shown},
        [lambda cell: cell[1]],
        sums=[((segment, "all"), [(segment, each) for each in channels]) for segment in segments],
        weighted=[
            {(segment, each): price[each,] for each in channels if (each,) in price}
            for (segment,) in costs
            if arm == "treated"
        ],
        minimum=minimum,
    )
    assert [cell for cell in found if 0 < counts[cell] < minimum] == []


def test_parts_of_a_segment_do_not_give_its_few_holders_or_whitespace_away(working, minimum, case):
    """Everyone holds the product, could take it or is refused; the segment's size is known."""
    parts = ("holders_count", "in_arrears_count", "ineligible_count", "unknown_count")
    parts += ("whitespace_count",)
    read = "select segment_id, product_type, '{0}', {0} from {1}"
    counts, shown = {}, {}
    for part in parts:
        counts |= cells_of(working, read.format(part, "internal.int_product_whitespace"))
        shown |= cells_of(working, read.format(part, "marts.product_whitespace"))
    shown |= {
        (*cell, "holders_count"): count
        for cell, count in cells_of(
            working,
            """
            select segment_id, product_type, holders_count from marts.segment_product
            where observation_date = (select max(observation_date) from marts.segment_product)
            """,
        ).items()
    }
    small = {cell for cell, count in counts.items() if 0 < count < minimum}
    assert small or case[0] != "sample", "nothing was tried"
    assert small & {*shown} == set()
    found = determined(
        counts,
        {*counts} - {*shown},
        [lambda cell: cell[:2], lambda cell: cell[1:]],
        minimum=minimum,
    )
    assert small & {*found} == set()


@pytest.mark.parametrize(
    ("mart", "across"),
    [("segment_expected_loss", "product_type"), ("segment_impairment", "stage")],
)
def test_rows_of_the_book_and_of_its_segments_do_not_give_each_other_away(
    working, minimum, mart, across, case
):
    """Rows `book` are sums over the segments; a segment's total over the other key is known too.

    A small stage of the book may follow from the other stages: what the book has in default is a
    column of segment_expected_loss, so no second stage is hidden with it. Its parts may not follow.
    """
    keys = f"segment_id, observation_date, {across}"
    counts = cells_of(working, f"select {keys}, accounts_count from internal.int_{mart}")
    shown = cells_of(working, f"select {keys}, accounts_count from marts.{mart}")
    customers = cells_of(working, f"select {keys}, customers_count from internal.int_{mart}")
    hidden = {*counts} - {*shown}
    assert hidden or case[0] != "sample", "nothing was tried"
    assert [cell for cell in shown if customers[cell] < minimum] == []
    books = [cell for cell in counts if cell[0] == "book"]
    assert {cell for cell in books if cell in shown} or case != ("sample", DEFAULT_MINIMUM)

    found = determined(
        counts,
        hidden,
        [lambda cell: cell[:2]],
        sums=[
            (book, [cell for cell in counts if cell[0] != "book" and cell[1:] == book[1:]])
            for book in books
        ],
        minimum=minimum,
    )
    secret = [cell for cell in found if mart == "segment_expected_loss" or cell[0] != "book"]
    assert [cell for cell in secret if customers[cell] < minimum] == []


def test_balances_of_few_do_not_follow_from_prices_and_losses_together(working, minimum, case):
    keys = "segment_id, observation_date, product_type"
    book = PARTS.format("segment_expected_loss")
    balances = cells_of(working, f"select {keys}, balance_amount from {book}")
    customers = cells_of(working, f"select {keys}, customers_count from {book}")
    shown = cells_of(
        working,
        f"""
        select {keys}, balance_amount from marts.segment_expected_loss
        where segment_id <> 'book'
        union
        select {keys}, balance_amount from marts.segment_pricing
        """,
    )
    small = [cell for cell, count in customers.items() if count < minimum]
    assert small or case[0] != "sample"
    assert [cell for cell in small if cell in shown] == []
    found = determined(
        balances,
        {*balances} - {*shown},
        [lambda cell: cell[1:], lambda cell: cell[:2]],
        minimum=0,
    )
    assert [cell for cell in small if cell in found] == []


def test_outcomes_of_few_do_not_follow_from_risk_loss_and_price_together(
    working, minimum, must_hide
):
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
    assert small or not must_hide, "nothing was tried"
    assert [cell for cell in small if cell in shown] == []
    found = determined(counts, {*counts} - {*shown}, [lambda cell: cell[1:]], minimum=minimum)
    assert [cell for cell in small if cell in found] == []


def test_vintages_of_months_quarters_years_and_the_book_do_not_give_each_other_away(
    working, minimum, case
):
    keys = "segment_id, vintage_grain, vintage_starts_on"
    counts, shown = (
        cells_of(working, f"select distinct {keys}, accounts_count from {schema}segment_vintages")
        for schema in ("internal.int_", "marts.")
    )
    hidden = {*counts} - {*shown}
    assert hidden or case[0] != "sample", "nothing was tried"
    found = determined(counts, hidden, [], sums=sums_of_vintages(counts), minimum=minimum)
    assert found == []


def sums_of_vintages(counts):
    """Return what each vintage is the sum of: its segments, and its months or quarters."""
    part_of = {"quarter": "month", "year": "quarter"}

    def holds(whole, part):
        grain, day, other = whole[1], whole[2], part[2]
        return (
            part[0] == whole[0]
            and part[1] == part_of[grain]
            and day.year == other.year
            and (grain == "year" or (day.month + 2) // 3 == (other.month + 2) // 3)
        )

    for whole in counts:
        if whole[1] != "month":
            if whole[0] == "book":
                yield (
                    whole,
                    [each for each in counts if each[0] != "book" and each[1:] == whole[1:]],
                )
            if whole[0] == "book" or whole[1] == "year":
                yield whole, [each for each in counts if holds(whole, each)]


def test_months_and_windows_of_rolls_do_not_give_each_other_away(working, minimum, case):
    """The book's months in a window are its window and the customers without a segment.

    These are shown nowhere. Where a window has none, the reader is taken to know that.
    """
    keys = "segment_id, observation_date, roll_period, from_bucket"
    counts, shown = (
        cells_of(
            working, f"select distinct {keys}, from_accounts_count from {schema}segment_roll_rates"
        )
        for schema in ("internal.int_", "marts.")
    )
    windows = working.sql(
        f"select distinct {keys}, first_month_end_on, last_month_end_on"
        " from internal.int_segment_roll_rates where segment_id = 'book' and roll_period <> 'month'"
    ).fetchall()
    hidden = {*counts} - {*shown}
    assert hidden or case[0] != "sample", "nothing was tried"
    sums, unsegmented = [], {}
    for *book, first, last in windows:
        window = tuple(book)
        segments = [cell for cell in counts if cell[0] != "book" and cell[1:] == window[1:]]
        months = [
            cell
            for cell in counts
            if cell[2] == "month" and cell[3] == window[3] and first <= cell[1] < last
        ]
        everyone, rest = ("everyone", *window[1:]), ("unsegmented", *window[1:])
        unsegmented[rest] = sum(counts[cell] for cell in months) - counts[window]
        sums += [(window, segments), (everyone, months), (everyone, [window, rest])]
    real = {*counts}
    for cell, count in unsegmented.items():
        everyone = ("everyone", *cell[1:])
        counts |= {cell: count, everyone: count + counts["book", *cell[1:]]}
        hidden.add(everyone)
        if any(count for other, count in unsegmented.items() if other[:3] == cell[:3]):
            hidden.add(cell)
    found = determined(
        counts,
        hidden,
        [
            lambda cell: (
                cell[:3] if cell in real and (cell[0] != "book" or cell[2] == "month") else None
            )
        ],
        sums=sums,
        minimum=minimum,
    )
    assert [cell for cell in found if cell in real] == []
