"""Simulate one chunk of customers and lay it out as raw extracts.

A chunk depends on the seed, its own number and its size, and on no other chunk: its random
stream is ``SeedSequence(seed, spawn_key=(chunk,))``.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.campaigns import campaign_rows, contact_rows
from customer_segmentation.sample_lender.credit import (
    Cards,
    Instalments,
    Loans,
    card_limits,
    due_days,
    loan_terms,
    run_cards,
    run_loans,
)
from customer_segmentation.sample_lender.deposits import (
    CATEGORIES,
    CHANNELS,
    Deposits,
    Transactions,
    run_deposits,
)
from customer_segmentation.sample_lender.latents import Latents, bayes_types, draw_latents
from customer_segmentation.sample_lender.lifecycle import (
    CARD,
    CHARGED_OFF,
    CURRENT,
    FIRST_LOAN,
    NEVER,
    SAVINGS,
    SLOT_PRODUCTS,
    Lifecycle,
    run_lifecycle,
)
from customer_segmentation.sample_lender.people import HOMES, People, by_type, draw_people

IntArray = NDArray[np.int64]

ENTITIES = (
    "customers",
    "accounts",
    "account_months",
    "transactions",
    "loan_applications",
    "loans",
    "instalments",
    "bureau_reports",
    "campaigns",
    "campaign_contacts",
)
PURPOSES = (
    ("everyday_spending", "balance_transfer"),
    ("debt_consolidation", "home_improvement", "holiday", "medical", "other"),
    ("vehicle",),
    ("home_purchase", "refinance"),
)
DECLINE_REASONS = ("score_below_cut_off", "debt_to_income", "policy")
NO_HIT, THIN_FILE, FROZEN_FILE = 9001, 9002, 9003
DEBT_NOT_REPORTED = 999_999_996
NO_HIT_SHARE, FROZEN_SHARE, NOT_REPORTED_SHARE = 0.004, 0.003, 0.006
THIN_FILE_MONTHS = 9
SPECIAL_CODE_KIND = "bureau_special_code"


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Clean raw extracts of a chunk and the truth about it.

    Attributes
    ----------
    tables : dict of str to pyarrow.Table
        One table of text columns per entity.
    truth : pyarrow.Table
        Planted type, Bayes type and latents by customer and quarter end.
    special_codes : pyarrow.Table
        Bureau special codes, in the layout of the planted dirt.
    """

    tables: dict[str, pa.Table]
    truth: pa.Table
    special_codes: pa.Table


def simulate_chunk(seed: int, chunk: int, first_number: int, customers: int) -> Chunk:
    """Simulate a chunk of customers.

    Parameters
    ----------
    seed : int
        Seed of the whole lender.
    chunk : int
        Number of the chunk, from 0.
    first_number : int
        Number of the chunk's first customer.
    customers : int
        Customers in the chunk.

    Returns
    -------
    Chunk
        Clean extracts; `dirt.add_dirt` spoils them.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk, 0)))
    latents = draw_latents(customers, rng)
    people = draw_people(first_number, latents, rng)
    life = run_lifecycle(latents, people, rng)
    due_day = due_days(customers, rng)
    loans, instalments = run_loans(latents, life, due_day, rng)
    cards = run_cards(latents, life, due_day, rng)
    deposits, transactions = run_deposits(latents, people, life, loans, cards, rng)
    bureau, special_codes = _bureau_rows(latents, people, life, loans, cards, rng)
    tables = {
        "customers": _customer_rows(people, life),
        "accounts": _account_rows(people, life, loans),
        "account_months": _account_month_rows(people, life, deposits, loans, cards),
        "transactions": _transaction_rows(chunk, people, transactions),
        "loan_applications": _application_rows(latents, people, life, loans, cards, rng),
        "loans": _loan_rows(people, life, loans),
        "instalments": _instalment_rows(people, loans, instalments),
        "bureau_reports": bureau,
        "campaign_contacts": contact_rows(latents, people, life.left, rng),
    }
    if chunk == 0:
        tables["campaigns"] = campaign_rows()
    return Chunk(
        tables=tables, truth=_truth_rows(latents, people, life), special_codes=special_codes
    )


def _account_numbers(people: People, customer: IntArray, slot: IntArray) -> IntArray:
    return np.asarray(people.number[customer] * 10 + slot)


def _application_numbers(people: People, life: Lifecycle) -> IntArray:
    customer = life.applications.customer
    first = np.searchsorted(customer, customer, side="left")
    return np.asarray(people.number[customer] * 100 + np.arange(len(customer)) - first)


def _customer_rows(people: People, life: Lifecycle) -> pa.Table:
    has_mortgage = life.opened[:, -1] != NEVER
    home = np.where(has_mortgage, HOMES.index("mortgage"), people.rented_home)
    columns = dict(people.columns)
    names = list(columns)
    columns["home_ownership"] = text.codes(home, HOMES)
    names.insert(names.index("region"), "home_ownership")
    return pa.table({name: columns[name] for name in names})


def _account_rows(people: People, life: Lifecycle, loans: Loans) -> pa.Table:
    starts = text.month_starts()
    customer, slot = np.nonzero(life.opened != NEVER)
    closed = life.closed[customer, slot]
    month_end = starts[np.minimum(closed, economics.MONTHS - 1) + 1] - 1
    loan_closed = np.zeros_like(life.opened)
    loan_closed[loans.customer, loans.slot] = loans.closed_day
    closed_day = np.where(slot >= FIRST_LOAN, loan_closed[customer, slot], month_end)
    is_open = closed == NEVER
    open_day = life.open_day[customer, slot]
    return pa.table(
        {
            "account_id": text.keys("A", _account_numbers(people, customer, slot), 9),
            "customer_id": text.keys("C", people.number[customer], 7),
            "product_type": text.codes(np.array(SLOT_PRODUCTS)[slot], economics.PRODUCTS),
            "opened_on": text.dates(open_day),
            "closed_on": text.dates(closed_day, is_open),
            "loaded_at": text.loaded(np.where(is_open, open_day, closed_day)),
        }
    )


def _account_month_rows(
    people: People, life: Lifecycle, deposits: Deposits, loans: Loans, cards: Cards
) -> pa.Table:
    starts = text.month_starts()
    shape = (*life.opened.shape, economics.MONTHS)
    balance = np.zeros(shape, dtype=np.int64)
    limit, payment, due, dpd = (np.full(shape, -1, dtype=np.int64) for _ in range(4))
    balance[:, CURRENT] = deposits.current_balance
    balance[:, SAVINGS] = deposits.savings_balance
    limit[:, CURRENT] = deposits.overdraft[:, None]
    balance[cards.customer, CARD] = cards.balance
    limit[cards.customer, CARD] = cards.limit[:, None]
    payment[cards.customer, CARD] = cards.payment
    due[cards.customer, CARD] = cards.minimum_due
    dpd[cards.customer, CARD] = cards.dpd
    balance[loans.customer, loans.slot] = loans.balance
    payment[loans.customer, loans.slot] = loans.payment
    due[loans.customer, loans.slot] = loans.due
    dpd[loans.customer, loans.slot] = loans.dpd
    month = np.arange(economics.MONTHS)
    in_force = (month >= life.opened[:, :, None]) & (month <= life.closed[:, :, None])
    customer, slot, when = np.nonzero(in_force)
    cell = (customer, slot, when)
    month_end = starts[when + 1] - 1

    def amount(values: IntArray) -> pa.Array:
        return text.money(values[cell], values[cell] < 0)

    return pa.table(
        {
            "account_id": text.keys("A", _account_numbers(people, customer, slot), 9),
            "month_end_on": text.dates(month_end),
            "balance_amount": text.money(balance[cell]),
            "limit_amount": amount(limit),
            "payment_amount": amount(payment),
            "minimum_due_amount": amount(due),
            "dpd": text.integers(dpd[cell], dpd[cell] < 0),
            "loaded_at": text.loaded(month_end),
        }
    )


def _transaction_rows(chunk: int, people: People, transactions: Transactions) -> pa.Table:
    count = len(transactions.customer)
    # Room for a hundred million transactions in each chunk keeps keys unique.
    number = chunk * 100_000_000 + np.arange(count)
    account = _account_numbers(people, transactions.customer, transactions.slot)
    return pa.table(
        {
            "transaction_id": text.keys("T", number, 12),
            "account_id": text.keys("A", account, 9),
            "posted_at": text.stamps(transactions.second),
            "amount": text.money(transactions.cents),
            "category": text.codes(transactions.category, CATEGORIES),
            "channel": text.codes(transactions.channel, CHANNELS),
            "loaded_at": text.loaded(transactions.second // text.SECONDS_PER_DAY),
        }
    )


def _application_rows(
    latents: Latents,
    people: People,
    life: Lifecycle,
    loans: Loans,
    cards: Cards,
    rng: np.random.Generator,
) -> pa.Table:
    requests = life.applications
    customer, product, slot = requests.customer, requests.product, requests.slot
    count = len(customer)
    quarter = requests.month // 3
    kind = latents.types[customer, quarter]
    income = np.exp(latents.values[customer, quarter, 0])
    asked = card_limits(income, rng)
    is_loan = product > CARD
    term = life.terms[customer[is_loan], slot[is_loan] - FIRST_LOAN]
    principal, _, _ = loan_terms(product[is_loan], income[is_loan] / 12, kind[is_loan], term, rng)
    asked[is_loan] = principal
    granted = np.zeros_like(life.opened)
    granted[loans.customer, loans.slot] = loans.principal
    granted[cards.customer, CARD] = cards.limit
    raised = 1 + np.where(rng.random(count) < 0.25, rng.uniform(0.0, 0.25, count), 0.0)
    amount = np.where(requests.is_approved, granted[customer, slot] * raised, asked)
    amount = np.round(amount / 10_000).astype(np.int64) * 10_000

    purpose = np.empty(count, dtype=np.int64)
    names = [name for group in PURPOSES for name in group]
    offset = 0
    for index, group in enumerate(PURPOSES):
        mine = np.flatnonzero(product == index + 2)
        purpose[mine] = offset + rng.integers(0, len(group), len(mine))
        offset += len(group)
    ordinary = np.where(rng.random(count) < 0.8, 0, 1)
    reason = np.where(requests.is_override, DECLINE_REASONS.index("policy"), ordinary)
    return pa.table(
        {
            "application_id": text.keys("P", _application_numbers(people, life), 9),
            "customer_id": text.keys("C", people.number[customer], 7),
            "product_type": text.codes(product, economics.PRODUCTS),
            "purpose": text.codes(purpose, names),
            "requested_amount": text.money(amount),
            "applied_on": text.dates(requests.day),
            "decision": text.codes(requests.is_approved.astype(np.int64), ("declined", "approved")),
            "is_override": text.flags(requests.is_override),
            "decline_reason": text.codes(
                np.where(requests.is_approved, -1, reason), DECLINE_REASONS
            ),
            "loaded_at": text.loaded(requests.day),
        }
    )


def _loan_rows(people: People, life: Lifecycle, loans: Loans) -> pa.Table:
    requests = life.applications
    application = np.full_like(life.opened, -1)
    approved = requests.is_approved
    application[requests.customer[approved], requests.slot[approved]] = _application_numbers(
        people, life
    )[approved]
    number = application[loans.customer, loans.slot]
    account = _account_numbers(people, loans.customer, loans.slot)
    open_day = life.open_day[loans.customer, loans.slot]
    lost = loans.closed_by == CHARGED_OFF
    return pa.table(
        {
            "loan_id": text.keys("L", account, 9),
            "account_id": text.keys("A", account, 9),
            "customer_id": text.keys("C", people.number[loans.customer], 7),
            "application_id": text.keys("P", number, 9, number < 0),
            "principal_amount": text.money(loans.principal),
            "annual_rate": _rates(loans),
            "term_months": text.integers(loans.term),
            "originated_on": text.dates(open_day),
            "collateral_amount": text.money(loans.collateral, loans.collateral < 0),
            "charged_off_on": text.dates(loans.closed_day, ~lost),
            "recovered_amount": text.money(loans.recovered, loans.recovered < 0),
            "loaded_at": text.loaded(np.where(lost, loans.closed_day, open_day)),
        }
    )


def _rates(loans: Loans) -> pa.Array:
    steps = np.round(loans.annual_rate * 10_000).astype(np.int64)
    whole = pa.array(steps).cast(pa.decimal128(19, 0))
    scaled = pa.Array.from_buffers(pa.decimal128(19, 4), len(whole), whole.buffers())
    return scaled.cast(pa.string())


def _instalment_rows(people: People, loans: Loans, instalments: Instalments) -> pa.Table:
    loan = instalments.loan
    account = _account_numbers(people, loans.customer[loan], loans.slot[loan])
    unpaid = instalments.paid_day < 0
    last_known = np.where(unpaid, text.HISTORY_LAST_DAY, instalments.paid_day)
    return pa.table(
        {
            "loan_id": text.keys("L", account, 9),
            "instalment_number": text.integers(instalments.number),
            "due_on": text.dates(instalments.due_day),
            "due_amount": text.money(instalments.due),
            "paid_on": text.dates(instalments.paid_day, unpaid),
            "paid_amount": text.money(np.where(unpaid, 0, instalments.due)),
            "loaded_at": text.loaded(np.maximum(last_known, instalments.due_day)),
        }
    )


def _bureau_rows(
    latents: Latents,
    people: People,
    life: Lifecycle,
    loans: Loans,
    cards: Cards,
    rng: np.random.Generator,
) -> tuple[pa.Table, pa.Table]:
    starts = text.month_starts()
    customers = len(people.number)
    quarters = np.arange(economics.QUARTERS)
    month = quarters * 3 + 2
    report_day = starts[month + 1] - 1
    present = (people.join_month[:, None] <= month) & (life.left[:, None] >= month)
    customer, quarter = np.nonzero(present)

    missed = life.missed[:, month]
    lost_at = np.where(life.closed_by == CHARGED_OFF, life.closed, NEVER).min(axis=1)
    penalty = 22 * np.minimum(missed, 5) + 110 * (lost_at[:, None] <= month)
    score = np.clip(np.round(life.scores - penalty), 300, 850).astype(np.int64)

    owed = np.zeros((customers, economics.MONTHS), dtype=np.int64)
    np.add.at(owed, loans.customer, loans.balance)
    owed[cards.customer] += cards.balance
    elsewhere_share = rng.gamma(2.0, 0.08, customers)
    usage = 1 / (1 + np.exp(-latents.values[:, :, 1]))
    elsewhere = elsewhere_share[:, None] * usage * np.exp(latents.values[:, :, 0]) * 100
    total_debt = np.round(owed[:, month] + elsewhere).astype(np.int64)

    credit_here = (
        (life.opened[:, CARD:, None] <= month) & (life.closed[:, CARD:, None] >= month)
    ).sum(axis=1)
    trades = credit_here + rng.poisson(0.6, customers)[:, None]
    half_year = rng.poisson(by_type("monthly_inquiries")[latents.types] * 6)
    applied = np.zeros((customers, economics.MONTHS), dtype=np.int64)
    np.add.at(applied, (life.applications.customer, life.applications.month), 1)
    running = np.concatenate([np.zeros((customers, 1), dtype=np.int64), applied.cumsum(axis=1)], 1)
    inquiries = half_year + running[:, month + 1] - running[:, np.maximum(month - 5, 0)]
    elder = np.floor(np.exp(latents.values[:, -1, 7]) * rng.gamma(2.0, 0.2, customers)) + 3
    known_months = np.maximum(report_day - people.since_day[:, None], 0) // 30
    oldest = np.minimum(known_months + elder[:, None], 480).astype(np.int64)

    file_state = rng.random(customers)
    code = np.zeros_like(score)
    code[file_state < NO_HIT_SHARE] = NO_HIT
    code[file_state > 1 - FROZEN_SHARE] = FROZEN_FILE
    code = np.where((oldest < THIN_FILE_MONTHS) & (code == 0), THIN_FILE, code)
    hidden = rng.random(score.shape) < NOT_REPORTED_SHARE
    score = np.where(code > 0, code, score)
    total_debt = np.where(hidden, DEBT_NOT_REPORTED * 100, total_debt)

    cell = (customer, quarter)
    debt_text = text.money(total_debt[cell])
    # The bureau writes its code without decimals.
    is_hidden = hidden[cell]
    debt = pc.if_else(pa.array(is_hidden), str(DEBT_NOT_REPORTED), debt_text)
    table = pa.table(
        {
            "customer_id": text.keys("C", people.number[customer], 7),
            "report_on": text.dates(report_day[quarter]),
            "score": text.integers(score[cell]),
            "inquiries_6m_count": text.integers(inquiries[cell]),
            "open_trades_count": text.integers(trades[cell]),
            "oldest_trade_months": text.integers(oldest[cell]),
            "total_debt_amount": debt,
            "loaded_at": text.loaded(report_day[quarter] + 5),
        }
    )
    key = pc.binary_join_element_wise(table["customer_id"], table["report_on"], "|")
    special = []
    for column, chosen in (("score", code[cell] > 0), ("total_debt_amount", is_hidden)):
        found = pa.array(chosen)
        keys = key.filter(found)
        special.append(
            pa.table(
                {
                    "entity": pa.array(["bureau_reports"] * len(keys), type=pa.string()),
                    "kind": pa.array([SPECIAL_CODE_KIND] * len(keys), type=pa.string()),
                    "raw_key": keys,
                    "column_name": pa.array([column] * len(keys), type=pa.string()),
                    "raw_value": table[column].filter(found),
                    "is_extra_row": pa.array([False] * len(keys), type=pa.bool_()),
                    "planted_count": pa.array([1] * len(keys), type=pa.int32()),
                }
            )
        )
    return table, pa.concat_tables(special)


def _truth_rows(latents: Latents, people: People, life: Lifecycle) -> pa.Table:
    starts = text.month_starts()
    month = np.arange(economics.QUARTERS) * 3 + 2
    present = (people.join_month[:, None] <= month) & (life.left[:, None] > month)
    customer, quarter = np.nonzero(present)
    values = latents.values[customer, quarter]
    as_of = (starts[month + 1] - 1)[quarter]
    return pa.table(
        {
            "customer_id": text.keys("C", people.number[customer], 7),
            "as_of_on": pa.array(as_of.astype(np.int32)).cast(pa.date32()),
            "planted_type": text.codes(latents.types[customer, quarter], economics.TYPE_NAMES),
            "bayes_type": text.codes(bayes_types(values), economics.TYPE_NAMES),
            **{
                name: pa.array(values[:, index].astype(np.float32))
                for index, name in enumerate(economics.LATENTS)
            },
        }
    )
