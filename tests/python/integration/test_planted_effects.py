"""What was planted in the sample comes back from the marts.

Expected values are read from the generator's parameters, and the planted type of each customer
from the truth files: the models know neither. Every test allows for chance: all its comparisons
together fail by chance in fewer than one data set in a thousand.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.stats import norm, poisson, spearmanr

from customer_segmentation.sample_lender import parameters as economics

ROOT = Path(__file__).parents[3]
CHANCE = 0.001
PUBLISHED_Z = 1.959964
SLOTS = dict.fromkeys(economics.PRODUCTS, 1) | {"personal_loan": 2, "car_loan": 2}


def quantile_for(comparisons):
    """Return the normal quantile that keeps all comparisons together within `CHANCE`."""
    return norm.ppf(1 - CHANCE / (2 * comparisons))


def wilson(successes, trials, z):
    """Return the Wilson interval of a proportion."""
    rate = successes / trials
    centre = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * np.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    return centre - half, centre + half


def newcombe(treated, controls, z):
    """Return the interval of the difference of two proportions, each (successes, trials)."""
    (rate, other) = (treated[0] / treated[1], controls[0] / controls[1])
    (lower, upper), (other_lower, other_upper) = wilson(*treated, z), wilson(*controls, z)
    return (
        rate - other - np.hypot(rate - lower, other_upper - other),
        rate - other + np.hypot(upper - rate, other - other_lower),
    )


@pytest.fixture(scope="module")
def lender(sample_project):
    """Return a reader of the sample's working database that sees the truth files too."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_project.working()}' as built (read_only)")
        connection.execute("use built")
        truth = sample_project.folder / "data/sample/_truth/customer_types.parquet"
        connection.execute(f"create temp view truth as from '{truth}'")
        yield connection


@pytest.fixture(scope="module")
def compositions(lender):
    """Return the share of each planted type in each segment, by date: {date: {segment: shares}}."""
    found = {}
    for date, segment, name, share in lender.sql(
        """
        with counted as (
            select
                segments.observation_date,
                segments.segment_id,
                truth.planted_type,
                count(*) as customers_count
            from marts.segments
            inner join truth
                on
                    segments.customer_id = truth.customer_id
                    and segments.observation_date = truth.as_of_on
            group by all
        )

        select
            observation_date,
            segment_id,
            planted_type,
            customers_count / sum(customers_count) over (partition by observation_date, segment_id)
        from counted
        """
    ).fetchall():
        found.setdefault(date, {}).setdefault(segment, {})[name] = share
    return found


def expected_of(shares, value):
    """Return a segment's expected value: the planted ones, weighted by its types."""
    return sum(share * value(name) for name, share in shares.items())


@pytest.fixture(scope="module")
def segment_default_rates(lender, compositions):
    """Return segment, defaults, scored, published bounds and the expected rate."""
    rows = lender.sql(
        """
        select segment_id, observation_date, default_count, scored_count,
            default_rate_lower, default_rate_upper
        from marts.segment_risk
        where is_mature and not is_suppressed
        qualify observation_date = max(observation_date) over ()
        """
    ).fetchall()
    return [
        (*row, expected_of(compositions[row[1]][row[0]], economics.implied_default_rate_12m))
        for row in rows
    ]


def test_models_never_read_what_was_planted():
    for folder in ("models", "macros", "seeds", "analyses"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".sql", ".py", ".yml", ".csv"}:
                found = re.search(r"sample_lender|_truth|planted_type", path.read_text("utf-8"))
                assert not found, path


def test_default_rates_of_the_planted_types_agree_with_the_parameters(lender):
    rows = lender.sql(
        """
        select
            truth.planted_type,
            count(*) filter (where outcomes.is_default),
            count(outcomes.is_default)
        from features.customer_outcomes as outcomes
        inner join truth
            on
                outcomes.customer_id = truth.customer_id
                and outcomes.observation_date = truth.as_of_on
        where outcomes.observation_date = (
            select max(observation_date) from features.observation_dates where is_mature
        )
        group by all
        """
    ).fetchall()
    assert {name for name, *_ in rows} == set(economics.TYPE_NAMES)
    for name, defaults, scored in rows:
        lower, upper = wilson(defaults, scored, quantile_for(len(rows)))
        assert lower <= economics.implied_default_rate_12m(name) <= upper, (name, defaults, scored)


def test_default_rates_of_the_segments_agree_with_their_types(segment_default_rates):
    assert len(segment_default_rates) > 1
    for segment, _, defaults, scored, _, _, expected in segment_default_rates:
        lower, upper = wilson(defaults, scored, quantile_for(len(segment_default_rates)))
        assert lower <= expected <= upper, (segment, defaults, scored, expected)


def test_segments_rank_by_default_rate_as_their_types_do(segment_default_rates):
    told_apart = 0
    for left, right in itertools.combinations(segment_default_rates, 2):
        for low, high in ((left, right), (right, left)):
            if low[5] < high[4]:
                told_apart += 1
                assert low[6] < high[6], (low, high)
    assert told_apart, "no two segments have published intervals that are apart"


def test_uplift_of_the_planted_types_agrees_with_the_parameters(lender):
    rows = lender.sql(
        """
        select
            truth.planted_type,
            count(*) filter (where members.has_responded and not members.is_control),
            count(*) filter (where not members.is_control),
            count(*) filter (where members.has_responded and members.is_control),
            count(*) filter (where members.is_control)
        from internal.int_campaign_members as members
        inner join truth
            on
                members.customer_id = truth.customer_id
                and last_day(
                    date_trunc('quarter', members.contacted_on) + interval 2 months
                ) = truth.as_of_on
        where members.measurement_status = 'measured'
        group by all
        """
    ).fetchall()
    assert {name for name, *_ in rows} == set(economics.TYPE_NAMES)
    for name, responses, treated, control_responses, controls in rows:
        lower, upper = newcombe(
            (responses, treated), (control_responses, controls), quantile_for(len(rows))
        )
        planted = np.subtract(*economics.response_rates(name))
        assert lower <= planted <= upper, name


def test_uplift_of_the_segments_agrees_with_their_types(lender, compositions):
    rows = lender.sql(
        """
        select segment_id, incremental_response_rate, incremental_response_rate_lower,
            incremental_response_rate_upper
        from marts.segment_marketing
        where evidence = 'sufficient' and not is_suppressed and not is_response_suppressed
        """
    ).fetchall()
    shares_of = compositions[max(compositions)]
    assert len(rows) >= len(shares_of) / 2, "most segments need enough contacts to be compared"
    wider = quantile_for(len(rows)) / PUBLISHED_Z
    for segment, rate, lower, upper in rows:
        planted = expected_of(
            shares_of[segment], lambda name: np.subtract(*economics.response_rates(name))
        )
        assert rate - wider * (rate - lower) <= planted <= rate + wider * (upper - rate), segment


@pytest.fixture(scope="module")
def eligible_months(lender):
    """Return, by planted type and product, eligible customer-months and those with an opening.

    Eligible is whom `monthly_cross_buy_rates` says, judged from the canonical tables.
    """
    slots = ", ".join(f"('{product}', {count})" for product, count in SLOTS.items())
    return lender.sql(
        f"""
        with

        months as (
            select
                cast(started as date) as month_on,
                last_day(cast(started as date)) as month_end_on,
                last_day(cast(started - interval 1 month as date)) as month_before_end_on,
                last_day(date_trunc('quarter', started) + interval 2 months) as quarter_end_on
            from unnest(generate_series(
                timestamp '{economics.HISTORY_START}' + interval 1 month,
                timestamp '{economics.HISTORY_END}',
                interval 1 month
            )) as series (started)
        ),

        slots as (select * from (values {slots}) as slots (product_type, slots_count)),

        arrears as (
            select accounts.customer_id, account_months.month_end_on, max(account_months.dpd) as dpd
            from lender.account_months
            inner join lender.accounts
                on account_months.account_id = accounts.account_id
            group by all
        ),

        charged_off as (
            select accounts.customer_id, min(charge_offs.charged_off_on) as charged_off_on
            from internal.int_charge_offs as charge_offs
            inner join lender.accounts
                on charge_offs.account_id = accounts.account_id
            group by all
        ),

        candidates as (
            select
                truth.customer_id,
                truth.planted_type,
                months.*,
                slots.*,
                count(accounts.account_id) filter (
                    where accounts.opened_on < months.month_on
                ) as used_count,
                count(accounts.account_id) filter (
                    where accounts.opened_on < months.month_on
                    and coalesce(accounts.closed_on >= months.month_on, true)
                ) as held_count,
                count(accounts.account_id) filter (
                    where accounts.opened_on between months.month_on and months.month_end_on
                ) as opened_count
            from truth
            inner join months
                on truth.as_of_on = months.quarter_end_on
            cross join slots
            left join lender.accounts
                on
                    truth.customer_id = accounts.customer_id
                    and slots.product_type = accounts.product_type
            group by all
        )

        select
            candidates.planted_type,
            candidates.product_type,
            count(*),
            count(*) filter (where candidates.opened_count > 0)
        from candidates
        inner join lender.customers
            on
                candidates.customer_id = customers.customer_id
                and customers.customer_since_on < candidates.month_on
        left join arrears
            on
                candidates.customer_id = arrears.customer_id
                and candidates.month_before_end_on = arrears.month_end_on
        left join charged_off
            on candidates.customer_id = charged_off.customer_id
        where
            candidates.held_count = 0
            and candidates.used_count < candidates.slots_count
            and coalesce(arrears.dpd, 0) = 0
            and coalesce(charged_off.charged_off_on >= candidates.month_on, true)
        group by all
        """
    ).fetchall()


def test_openings_per_eligible_month_agree_with_the_planted_rates(eligible_months):
    assert len(eligible_months) == len(economics.TYPE_NAMES) * len(economics.PRODUCTS)
    chance = CHANCE / (2 * len(eligible_months))
    for name, product, months, openings in eligible_months:
        expected = economics.monthly_cross_buy_rates(name)[product] * months
        assert poisson.cdf(openings, expected) > chance, (name, product, openings, expected)
        assert poisson.sf(openings - 1, expected) > chance, (name, product, openings, expected)


def test_take_up_of_the_segments_follows_their_types(lender, compositions):
    rows = lender.sql(
        """
        select segment_id, product_type, lookalikes_on, take_ups_count, lookalikes_count
        from marts.product_whitespace
        where evidence = 'sufficient' and not is_take_up_suppressed
        """
    ).fetchall()
    assert len(rows) >= 2 * len(compositions[max(compositions)])
    expected = [
        expected_of(
            compositions[date][segment], lambda n, p=product: economics.cross_buy_rates(n)[p]
        )
        for segment, product, date, *_ in rows
    ]
    # The keen leave a cohort of non-holders first, so it buys no more than the planted rate.
    z = quantile_for(len(rows))
    for (segment, product, _, taken, lookalikes), planted in zip(rows, expected, strict=True):
        assert wilson(taken, lookalikes, z)[0] <= planted, (segment, product)
    observed = [taken / lookalikes for *_, taken, lookalikes in rows]
    assert spearmanr(observed, expected).statistic > 0.7
