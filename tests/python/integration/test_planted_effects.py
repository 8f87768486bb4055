"""The differences that the generator planted come back in the marts, within their intervals.

Only this test reads the generator's parameters and the truth files; no model does. An interval
holds 95%: of twenty or more that are checked together one in twenty may miss, of fewer none.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import duckdb
import pytest
from scipy.stats import binomtest, chi2

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender.lifecycle import SLOTS_BY_PRODUCT
from customer_segmentation.sample_lender.not_taken_up import NUMBER_OFFSET

# Every opening that could have been, a customer and month each: joined before, nothing of the
# product held, room for it, no arrears at the end of the month before, never charged off.
ELIGIBLE_MONTHS = """
with

slots as (
    select unnest($products) as product_type, unnest($slots) as slots_count
),

months as (
    select distinct cast(date_trunc('month', month_end_on) as date) as starts_on
    from lender.account_months
),

arrears as (
    select accounts.customer_id, months.month_end_on, max(months.dpd) as dpd
    from lender.account_months as months
    inner join lender.accounts on months.account_id = accounts.account_id
    group by all
),

charge_offs as (
    select customer_id, min(month_end_on) as lost_on
    from arrears
    where dpd >= 180
    group by customer_id
),

calm as (
    select truth.customer_id, truth.planted_type, months.starts_on
    from months
    inner join truth
        on truth.as_of_on = last_day(date_trunc('quarter', months.starts_on) + interval 2 month)
    inner join lender.customers
        on truth.customer_id = customers.customer_id
        and customers.customer_since_on < months.starts_on
    left join arrears
        on truth.customer_id = arrears.customer_id
        and arrears.month_end_on = months.starts_on - 1
    left join charge_offs
        on truth.customer_id = charge_offs.customer_id
        and charge_offs.lost_on < months.starts_on
    where
        coalesce(arrears.dpd, 0) = 0
        and charge_offs.customer_id is null
        and months.starts_on > (select min(starts_on) from months)
),

judged as (
    select
        calm.planted_type,
        slots.product_type,
        count(accounts.account_id) filter (where accounts.opened_on < calm.starts_on)
        < slots.slots_count as has_room,
        coalesce(bool_or(
            accounts.opened_on < calm.starts_on
            and coalesce(accounts.closed_on >= calm.starts_on, true)
        ), false) as is_holder,
        coalesce(bool_or(date_trunc('month', accounts.opened_on) = calm.starts_on), false)
            as has_opened
    from calm
    cross join slots
    left join lender.accounts
        on calm.customer_id = accounts.customer_id
        and slots.product_type = accounts.product_type
    group by
        calm.customer_id, calm.starts_on, calm.planted_type, slots.product_type, slots.slots_count
)

select planted_type, product_type, count(*) filter (where has_opened), count(*)
from judged
where has_room and not is_holder
group by all
order by all
"""


@dataclass(frozen=True)
class Estimate:
    """What was measured of a cell, its interval and what was planted there."""

    cell: str
    rate: float
    lower: float
    upper: float
    planted: float

    @property
    def is_covered(self):
        return self.lower <= self.planted <= self.upper


def assert_planted(estimates):
    missed = [estimate for estimate in estimates if not estimate.is_covered]
    assert estimates
    assert len(missed) <= 0.05 * len(estimates), missed


def assert_ordered_as_planted(estimates):
    """Hold two cells to the planted order wherever their intervals tell them apart."""
    told_apart = [
        (low, high) for low, high in itertools.permutations(estimates, 2) if low.upper < high.lower
    ]
    assert told_apart
    assert [pair for pair in told_apart if pair[0].planted >= pair[1].planted] == []


def wilson(successes, trials):
    return binomtest(successes, trials).proportion_ci(0.95, method="wilson")


@pytest.fixture(scope="module")
def sample(sample_project):
    """Return a reader of the built sample with the truth beside it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_project.working()}' as built (read_only)")
        truth = sample_project.folder / "data/sample/_truth/customer_types.parquet"
        connection.execute(f"create table truth as from '{truth}'")
        connection.execute("use built")
        connection.execute("set search_path = 'built,memory'")
        yield connection


@pytest.fixture(scope="module")
def majority_types(sample):
    """Map each segment to the type that most of its customers have."""
    rows = sample.sql(
        """
        select segments.segment_id, truth.planted_type, count(*)
        from marts.segments
        inner join truth
            on segments.customer_id = truth.customer_id
            and segments.observation_date = truth.as_of_on
        group by all
        order by 3
        """
    ).fetchall()
    return {segment: planted for segment, planted, _ in rows}


def test_every_planted_type_has_its_segment(majority_types):
    assert sorted(majority_types.values()) == sorted(economics.TYPE_NAMES)


@pytest.fixture(scope="module")
def default_rates(sample, majority_types):
    """Default rates of the last date whose outcomes are all known."""
    rows = sample.sql(
        """
        select segment_id, default_rate, default_rate_lower, default_rate_upper
        from marts.segment_risk
        where is_mature
        qualify observation_date = max(observation_date) over ()
        order by segment_id
        """
    ).fetchall()
    return [
        Estimate(*row, economics.implied_default_rate_12m(majority_types[row[0]])) for row in rows
    ]


def test_default_rates_of_segments_agree_with_the_planted_ones(default_rates):
    assert len(default_rates) == len(economics.TYPE_NAMES)
    assert_planted(default_rates)


def test_segments_rank_by_default_rate_as_planted(default_rates):
    assert_ordered_as_planted(default_rates)


def test_uplift_of_segments_agrees_with_the_planted_one(sample, majority_types):
    rows = sample.sql(
        """
        select
            segment_id, incremental_response_rate, incremental_response_rate_lower,
            incremental_response_rate_upper
        from marts.segment_marketing
        where evidence = 'sufficient'
        order by segment_id
        """
    ).fetchall()
    estimates = []
    for row in rows:
        treated, control = economics.response_rates(majority_types[row[0]])
        estimates.append(Estimate(*row, treated - control))
    assert len(estimates) >= 5
    assert_planted(estimates)


def test_offers_are_made_where_contacting_adds_responses_alone(sample, majority_types):
    offered = {
        segment
        for (segment,) in sample.sql(
            "select distinct segment_id from marts.next_best_actions where action <> 'none'"
        ).fetchall()
    }
    assert offered, "nothing was tried"
    for segment in offered:
        treated, control = economics.response_rates(majority_types[segment])
        assert treated > control, segment


@pytest.fixture(scope="module")
def responses_by_type(sample):
    """Count responses and customers of each type and arm, over all campaigns."""
    rows = sample.sql(
        """
        select truth.planted_type, is_control, sum(cast(has_responded as integer)), count(*)
        from internal.int_campaign_members as members
        inner join truth
            on members.customer_id = truth.customer_id
            and truth.as_of_on
            = last_day(date_trunc('quarter', members.contacted_on) + interval 2 month)
        group by all
        """
    ).fetchall()
    return {
        (planted, is_control): (int(hits), trials) for planted, is_control, hits, trials in rows
    }


def test_responses_of_each_type_and_arm_agree_with_the_planted_rates(responses_by_type):
    estimates = [
        Estimate(
            f"{name} {arm}",
            hits / trials,
            *wilson(hits, trials),
            economics.response_rates(name)[is_control],
        )
        for name in economics.TYPE_NAMES
        for is_control, arm in enumerate(("treated", "control"))
        for hits, trials in [responses_by_type[name, bool(is_control)]]
    ]
    assert_planted(estimates)
    assert_ordered_as_planted([each for each in estimates if each.cell.endswith("treated")])


def test_uplift_of_each_type_agrees_with_the_planted_one(responses_by_type):
    estimates = []
    for name in economics.TYPE_NAMES:
        (hits, treated), (control_hits, control) = (
            responses_by_type[name, is_control] for is_control in (False, True)
        )
        rate, other = hits / treated, control_hits / control
        (lower, upper), (other_lower, other_upper) = (
            wilson(hits, treated),
            wilson(control_hits, control),
        )
        # Newcombe (1998), method 10, as in macros/newcombe.sql.
        estimates.append(
            Estimate(
                name,
                rate - other,
                rate - other - math.hypot(rate - lower, other_upper - other),
                rate - other + math.hypot(upper - rate, other - other_lower),
                economics.response_rates(name)[0] - economics.response_rates(name)[1],
            )
        )
    assert_planted(estimates)


def test_openings_of_each_type_agree_with_the_planted_hazards(sample):
    rows = sample.execute(
        ELIGIBLE_MONTHS,
        {
            "products": list(economics.PRODUCTS),
            "slots": [len(slots) for slots in SLOTS_BY_PRODUCT],
        },
    ).fetchall()
    estimates = [
        Estimate(
            f"{planted} {product}",
            openings / months,
            (chi2.ppf(0.025, 2 * openings) / 2 if openings else 0.0) / months,
            chi2.ppf(0.975, 2 * openings + 2) / 2 / months,
            economics.monthly_cross_buy_rates(planted)[product],
        )
        for planted, product, openings, months in rows
    ]
    assert len(estimates) == len(economics.TYPE_NAMES) * len(economics.PRODUCTS)
    assert_planted(estimates)


def test_booking_rate_is_the_share_of_approvals_that_were_taken_up(sample):
    ((approved, booked, taken_up),) = sample.execute(
        """
        select
            (select sum(approved_count) from internal.int_segment_approvals),
            (select sum(booked_count) from internal.int_segment_approvals),
            count(*) filter (where cast(right(application_id, 2) as integer) < $offset)
        from lender.loan_applications
        where
            decision = 'approved'
            and applied_on > (select min(observation_date) from features.observation_dates)
        """,
        {"offset": NUMBER_OFFSET},
    ).fetchall()
    assert approved > taken_up > 0
    assert booked == taken_up


@pytest.mark.parametrize("product", ["savings_account", "personal_loan", "car_loan", "mortgage"])
def test_segments_take_up_a_product_in_the_planted_order(sample, majority_types, product):
    """Lookalikes are a year's cohort, so that rates differ from the hazards but not their order."""
    rows = sample.execute(
        """
        select
            segment_id, expected_take_up_rate, expected_take_up_rate_lower,
            expected_take_up_rate_upper
        from marts.product_whitespace
        where expected_take_up_rate is not null and product_type = ?
        order by segment_id
        """,
        [product],
    ).fetchall()
    assert_ordered_as_planted(
        [
            Estimate(*row, economics.monthly_cross_buy_rates(majority_types[row[0]])[product])
            for row in rows
        ]
    )
