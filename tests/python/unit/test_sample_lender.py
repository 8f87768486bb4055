"""The sample lender's economics hold, its accounts add up and its dirt is on record."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.credit import due_days, run_cards, run_loans
from customer_segmentation.sample_lender.deposits import run_deposits
from customer_segmentation.sample_lender.dirt import DIRT, KEYS, add_dirt, is_extra
from customer_segmentation.sample_lender.latents import bayes_types, draw_latents
from customer_segmentation.sample_lender.lifecycle import (
    CHARGED_OFF,
    NEVER,
    SLOTS_BY_PRODUCT,
    run_lifecycle,
)
from customer_segmentation.sample_lender.not_taken_up import NUMBER_OFFSET, not_taken_up
from customer_segmentation.sample_lender.people import draw_people
from customer_segmentation.sample_lender.simulate import simulate_chunk
from customer_segmentation.sample_lender.write import FolderNotOursError, generate

SEED = 7


@pytest.fixture(scope="module")
def chunk():
    return simulate_chunk(SEED, 0, 1, 200)


@pytest.fixture(scope="module")
def portfolio():
    rng = np.random.default_rng(SEED)
    latents = draw_latents(12_000, rng)
    people = draw_people(1, latents, rng)
    return latents, people, run_lifecycle(latents, people, rng)


@pytest.fixture(scope="module")
def ledgers(portfolio):
    latents, people, life = portfolio
    rng = np.random.default_rng(SEED)
    days = due_days(len(people.number), rng)
    loans, instalments = run_loans(latents, life, days, rng)
    cards = run_cards(latents, life, days, rng)
    deposits, transactions = run_deposits(latents, people, life, loans, cards, rng)
    return loans, instalments, cards, deposits, transactions


def test_shares_and_probabilities_are_probabilities():
    assert economics.shares().sum() == pytest.approx(1.0)
    np.testing.assert_allclose(economics.transition_matrix().sum(axis=1), 1.0)
    for name in economics.TYPE_NAMES:
        np.testing.assert_allclose(economics.missed_payment_chain(name).sum(axis=1), 1.0)


def test_missed_payment_chain_with_certain_rolls_defaults_after_four_months(monkeypatch):
    certain = economics.dataclasses.replace(
        economics.PLANTED_TYPES[0], first_miss_rate=0.5, roll_rates=(1.0, 1.0, 1.0, 1.0)
    )
    monkeypatch.setattr(economics, "PLANTED_TYPES", (certain,))
    chain = economics.missed_payment_chain(certain.name)
    after_four = np.linalg.matrix_power(chain, 4)[0]
    assert after_four[4] == pytest.approx(0.5)
    assert after_four[5:].sum() == 0.0


def test_implied_default_rates_span_the_range_a_lender_sees():
    rates = [economics.implied_default_rate_12m(name) for name in economics.TYPE_NAMES]
    assert 0.002 < min(rates) < 0.006
    assert 0.10 < max(rates) < 0.17


def test_unknown_type_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'nobody'.*settled_saver"):
        economics.response_rates("nobody")


def test_bureau_scores_of_the_types_span_subprime_to_prime():
    means = [economics.score_distribution(name)[0] for name in economics.TYPE_NAMES]
    assert 520 < min(means) < 560
    assert 740 < max(means) < 800


def test_uplift_differs_in_sign():
    uplift = [np.subtract(*economics.response_rates(name)) for name in economics.TYPE_NAMES]
    assert min(uplift) < 0 < max(uplift)


def test_bayes_rule_nearly_recovers_the_planted_types(portfolio):
    latents, _, _ = portfolio
    ari = adjusted_rand_score(latents.types[:, 0], bayes_types(latents.values[:, 0]))
    assert ari == pytest.approx(0.934, abs=0.015)
    assert 0.75 < ari < 0.95


def test_customers_keep_their_residual_when_they_change_type(portfolio):
    latents, _, _ = portfolio
    moved = np.flatnonzero(latents.types[:, 0] != latents.types[:, -1])[:50]
    factors = np.linalg.cholesky(economics.latent_covariances())
    for quarter in (0, -1):
        kind = latents.types[moved, quarter]
        deviation = latents.values[moved, quarter] - economics.latent_means()[kind]
        residual = np.stack(
            [np.linalg.solve(factors[k], d) for k, d in zip(kind, deviation, strict=True)]
        )
        np.testing.assert_allclose(residual, latents.residuals[moved])


def test_observed_default_rates_agree_with_the_implied_ones(portfolio):
    latents, _, life = portfolio
    start, bad = 11, economics.MISSED_90_DAYS
    unsecured = slice(2, 5)
    open_then = (life.opened[:, unsecured] <= start) & (life.closed[:, unsecured] > start)
    at_risk = open_then.any(axis=1) & (life.missed[:, start] < bad)
    # A customer that moves takes the new type's rate, so only those that stay are compared.
    stays = (latents.types[:, 3:8] == latents.types[:, [3]]).all(axis=1)
    defaults = (life.missed[:, start + 1 : start + 13] >= bad).any(axis=1)
    for index, name in enumerate(economics.TYPE_NAMES):
        mine = at_risk & stays & (latents.types[:, 3] == index)
        expected = economics.implied_default_rate_12m(name)
        error = np.sqrt(expected * (1 - expected) / mine.sum())
        assert abs(defaults[mine].mean() - expected) < 4 * error + 0.15 * expected


@pytest.mark.parametrize("product", economics.PRODUCTS)
def test_openings_per_eligible_month_agree_with_the_planted_hazards(portfolio, product):
    latents, people, life = portfolio
    slots = SLOTS_BY_PRODUCT[economics.PRODUCTS.index(product)]
    opened, closed = life.opened[:, slots], life.closed[:, slots]
    lost = np.where(life.closed_by == CHARGED_OFF, life.closed, NEVER).min(axis=1)
    openings = np.zeros(len(economics.TYPE_NAMES))
    eligible_months = np.zeros(len(economics.TYPE_NAMES))
    for month in range(1, economics.MONTHS):
        holding = ((opened < month) & (closed >= month)).any(axis=1)
        eligible = (people.join_month < month) & (life.left >= month) & (lost >= month)
        eligible &= ~holding & (opened >= month).any(axis=1) & (life.missed[:, month - 1] == 0)
        kind = latents.types[eligible, month // 3]
        bought = (opened[eligible] == month).any(axis=1)
        openings += np.bincount(kind[bought], minlength=len(openings))
        eligible_months += np.bincount(kind, minlength=len(openings))
    for index, name in enumerate(economics.TYPE_NAMES):
        expected = economics.monthly_cross_buy_rates(name)[product] * eligible_months[index]
        assert abs(openings[index] - expected) < 4 * np.sqrt(expected) + 0.05 * expected


def test_deposit_balances_move_by_exactly_the_transactions(ledgers, portfolio):
    _, _, life = portfolio
    _, _, _, deposits, moves = ledgers
    customers = len(life.left)
    month = (
        np.searchsorted(text.month_starts(), moves.second // text.SECONDS_PER_DAY, side="right") - 1
    )
    for slot, balance in ((0, deposits.current_balance), (1, deposits.savings_balance)):
        mine = moves.slot == slot
        flows = np.zeros((customers, economics.MONTHS), dtype=np.int64)
        np.add.at(flows, (moves.customer[mine], month[mine]), moves.cents[mine])
        change = np.diff(balance, axis=1)
        np.testing.assert_array_equal(change, flows[:, 1:])


def test_loan_days_past_due_agree_with_unpaid_instalments(ledgers):
    loans, instalments, _, _, _ = ledgers
    month = 30
    month_end = text.month_starts()[month + 1] - 1
    unpaid = (instalments.due_day <= month_end) & (
        (instalments.paid_day < 0) | (instalments.paid_day > month_end)
    )
    oldest = np.full(len(loans.customer), month_end)
    np.minimum.at(oldest, instalments.loan[unpaid], instalments.due_day[unpaid])
    in_force = (loans.opened <= month) & (loans.last_month >= month)
    np.testing.assert_array_equal(loans.dpd[in_force, month], (month_end - oldest)[in_force])


def test_charge_off_comes_at_180_days(ledgers):
    loans = ledgers[0]
    lost = np.flatnonzero(loans.closed_by == CHARGED_OFF)
    days = loans.dpd[lost, loans.last_month[lost]]
    assert len(lost) > 0
    assert days.min() >= 180
    assert days.max() < 210
    assert (loans.balance[lost, loans.last_month[lost]] > 0).all()


def test_matured_loans_end_at_zero(ledgers):
    loans = ledgers[0]
    done = np.flatnonzero(loans.closed_by == 1)
    assert len(done) > 0
    assert (loans.balance[done, loans.last_month[done]] == 0).all()


def test_card_utilisation_spans_transactors_and_revolvers(ledgers, portfolio):
    latents, _, _ = portfolio
    cards = ledgers[2]
    open_now = cards.last_month == economics.MONTHS - 1
    usage = (cards.balance[:, -12:].mean(axis=1) / cards.limit)[open_now]
    kind = latents.types[cards.customer, -1][open_now]
    medians = [np.median(usage[kind == index]) for index in range(len(economics.TYPE_NAMES))]
    assert min(medians) < 0.12
    assert max(medians) > 0.85


def test_nothing_happens_before_a_customer_joins(portfolio):
    _, people, life = portfolio
    opened = life.opened != NEVER
    assert (life.open_day >= people.since_day[:, None])[opened].all()


def test_a_chunk_does_not_depend_on_its_neighbours(tmp_path):
    generate(
        tmp_path / "a", customers=120, seed=SEED, chunk_customers=60, workers=1, progress=False
    )
    alone = simulate_chunk(SEED, 1, 61, 60)
    truth = pd.read_parquet(tmp_path / "a" / "_truth" / "customer_types.parquet")
    late = truth[truth["customer_id"] > "C0000060"].reset_index(drop=True)
    pd.testing.assert_frame_equal(late, alone.truth.to_pandas(), check_dtype=False)
    keys = pd.read_parquet(tmp_path / "a" / "transactions", columns=["transaction_id"])
    repeats = keys["transaction_id"].value_counts()
    planted = pd.read_parquet(tmp_path / "a" / "_truth" / "planted_dirt.parquet")
    meant = planted.query(
        "entity == 'transactions' and kind in ['exact_duplicate', 'redelivered_correction']"
    )
    assert set(repeats[repeats > 1].index) == set(meant["raw_key"])


def test_approvals_not_taken_up_come_before_one_that_was_and_lead_to_nothing():
    made = simulate_chunk(SEED, 0, 1, 4_000).tables
    applications, customers = made["loan_applications"], made["customers"]
    extra = not_taken_up(applications, customers, np.random.default_rng(SEED)).to_pandas()
    taken = applications.to_pandas()
    assert not {*extra["application_id"]} & {*taken["application_id"]}
    assert not {*extra["application_id"]} & {*made["loans"]["application_id"].to_pylist()}
    assert extra["application_id"].is_unique
    assert {*extra["decision"]} == {"approved"}
    number = extra["application_id"].str[1:].astype(int) - NUMBER_OFFSET
    before = extra.assign(application_id="P" + number.astype(str).str.zfill(9)).merge(
        taken.merge(customers.to_pandas(), on="customer_id"), on=["application_id", "customer_id"]
    )
    assert len(before) == len(extra)
    days = pd.to_datetime(before["applied_on_y"]) - pd.to_datetime(before["applied_on_x"])
    assert days.dt.days.between(100, 300).all()
    assert (before["applied_on_x"] >= before["customer_since"]).all()
    # Where there is time for an earlier one, the planted share of approvals comes to nothing.
    late = taken.merge(customers.to_pandas(), on="customer_id")
    first = np.maximum(
        pd.to_datetime(late["customer_since"]), pd.Timestamp(economics.HISTORY_START)
    )
    roomy = late[
        (late["decision"] == "approved")
        & (pd.to_datetime(late["applied_on"]) - first >= pd.Timedelta(days=300))
    ]
    with_extra = roomy["application_id"].isin("P" + number.astype(str).str.zfill(9))
    share = with_extra.sum() / (len(roomy) + with_extra.sum())
    assert share == pytest.approx(economics.PARAMETERS.not_taken_up_share, abs=0.03)


def test_every_kind_of_dirt_is_planted_and_recorded(chunk):
    spoiled, planted = add_dirt(chunk.tables, np.random.default_rng(SEED))
    record = planted.to_pandas()
    planted_kinds = set(
        record[["entity", "kind", "column_name"]].itertuples(index=False, name=None)
    )
    assert planted_kinds == {(dirt.entity, dirt.kind, dirt.column) for dirt in DIRT}
    for entity, table in spoiled.items():
        extra = sum(record["is_extra_row"] & (record["entity"] == entity))
        assert table.num_rows == chunk.tables[entity].num_rows + extra
        columns = [table[name] for name in KEYS[entity]]
        found = set(pc.binary_join_element_wise(*columns, "|").to_pylist())
        assert set(record.loc[record["entity"] == entity, "raw_key"]) <= found


def test_redelivery_puts_the_right_value_last(chunk):
    spoiled, planted = add_dirt(chunk.tables, np.random.default_rng(SEED))
    key = (
        planted.to_pandas()
        .query("entity == 'customers' and kind == 'redelivered_correction'")["raw_key"]
        .iloc[0]
    )
    rows, clean = (
        tables["customers"].filter(pc.field("customer_id") == key).to_pandas()
        for tables in (spoiled, chunk.tables)
    )
    rows = rows.sort_values("loaded_at")
    assert len(rows) == 2
    assert rows["gross_annual_income"].iloc[1] == clean["gross_annual_income"].iloc[0]
    assert rows["gross_annual_income"].iloc[0] != clean["gross_annual_income"].iloc[0]


def test_rejects_carry_keys_of_their_own_where_they_can():
    dirty = {(dirt.entity, dirt.kind): is_extra(dirt) for dirt in DIRT}
    assert dirty["customers", "impossible_age"]
    assert not dirty["account_months", "unreadable_date"]
    assert not dirty["account_months", "negative_limit"]


def test_columns_are_text(chunk):
    for table in chunk.tables.values():
        assert {str(field.type) for field in table.schema} == {"string"}


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FolderNotOursError, match="--force"):
        generate(tmp_path, customers=20, seed=SEED, progress=False)
    generate(tmp_path, customers=20, seed=SEED, progress=False, force=True)
    generate(tmp_path, customers=20, seed=SEED, progress=False)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    manifest = json.loads((tmp_path / "_truth" / "generation.json").read_text())
    assert manifest["seed"] == SEED


@pytest.mark.parametrize("name", ["customers", "chunk_customers", "workers"])
def test_counts_below_one_are_refused(tmp_path, name):
    settings = {"customers": 1, "chunk_customers": 1, "workers": 1, name: 0}
    with pytest.raises(ValueError, match=name):
        generate(tmp_path / "out", seed=SEED, progress=False, **settings)
