"""Current and savings accounts, and every transaction on deposits and cards."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.credit import Cards, Loans
from customer_segmentation.sample_lender.latents import Latents
from customer_segmentation.sample_lender.lifecycle import CARD, CURRENT, NEVER, SAVINGS, Lifecycle
from customer_segmentation.sample_lender.people import People

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CATEGORIES = (
    "salary",
    "pension",
    "benefits",
    "transfer_in",
    "interest",
    "refund",
    "groceries",
    "fuel",
    "dining",
    "travel",
    "shopping",
    "utilities",
    "rent",
    "cash_withdrawal",
    "loan_payment",
    "card_payment",
    "transfer_out",
    "fees",
)
CHANNELS = ("branch", "atm", "card", "web", "mobile_app", "standing_order")
CATEGORY = {name: index for index, name in enumerate(CATEGORIES)}
CHANNEL = {name: index for index, name in enumerate(CHANNELS)}

# (category, channel, weight) of an everyday debit, by whether it is made digitally.
Mix = tuple[tuple[str, str, float], ...]
CURRENT_DIGITAL: Mix = (
    ("shopping", "mobile_app", 3.0),
    ("shopping", "web", 2.0),
    ("utilities", "web", 1.5),
    ("utilities", "mobile_app", 1.5),
    ("rent", "mobile_app", 1.0),
    ("transfer_out", "mobile_app", 1.6),
    ("travel", "web", 0.8),
    ("dining", "mobile_app", 1.2),
    ("fees", "web", 0.1),
)
CURRENT_PERSONAL: Mix = (
    ("groceries", "card", 3.5),
    ("fuel", "card", 1.4),
    ("dining", "card", 1.2),
    ("cash_withdrawal", "atm", 2.6),
    ("cash_withdrawal", "branch", 0.4),
    ("utilities", "branch", 0.8),
    ("rent", "branch", 0.5),
    ("fees", "branch", 0.15),
)
CARD_DIGITAL: Mix = (
    ("shopping", "web", 3.0),
    ("shopping", "mobile_app", 3.0),
    ("travel", "web", 1.2),
    ("dining", "mobile_app", 1.2),
)
CARD_PERSONAL: Mix = (
    ("groceries", "card", 3.0),
    ("fuel", "card", 1.6),
    ("dining", "card", 1.8),
    ("shopping", "card", 2.0),
    ("travel", "card", 0.6),
    ("cash_withdrawal", "atm", 0.2),
)
REFUND_SHARE = 0.02
NET_INCOME_SHARE = 0.74
LOAN_PAID_HERE_SHARE = 0.55
CARD_PAID_HERE_SHARE = 0.35
SAVINGS_MOVE_RATE = 0.15
SAVINGS_ANNUAL_RATE = 0.016
OVERDRAFT_SHARE = 0.4
SMALLEST_CENTS = 100


@dataclasses.dataclass(frozen=True)
class Transactions:
    """Transactions, sorted by account and time; ``slot`` tells the customer's account."""

    customer: IntArray
    slot: IntArray
    second: IntArray
    cents: IntArray
    category: IntArray
    channel: IntArray


@dataclasses.dataclass(frozen=True)
class Deposits:
    """Balances of shape (n, 36) in cents, for the slots that exist."""

    current_balance: IntArray
    savings_balance: IntArray
    overdraft: IntArray


@dataclasses.dataclass(frozen=True)
class _Stream:
    customer: IntArray
    slot: int
    month: IntArray
    cents: IntArray
    category: IntArray
    channel: IntArray


def _mix(
    digital: BoolArray, mixes: tuple[Mix, Mix], rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    category = np.empty(len(digital), dtype=np.int64)
    channel = np.empty(len(digital), dtype=np.int64)
    for mix, chosen in ((mixes[0], digital), (mixes[1], ~digital)):
        where = np.flatnonzero(chosen)
        weights = np.array([weight for _, _, weight in mix])
        edges = (weights / weights.sum()).cumsum()
        drawn = np.searchsorted(edges, rng.random(len(where)), side="right")
        drawn = np.minimum(drawn, len(mix) - 1)
        category[where] = np.array([CATEGORY[name] for name, _, _ in mix])[drawn]
        channel[where] = np.array([CHANNEL[name] for _, name, _ in mix])[drawn]
    return category, channel


def _split(
    totals: IntArray, counts: IntArray, rng: np.random.Generator, *, refunds: bool
) -> tuple[IntArray, IntArray]:
    """Split each total into its count of parts; parts add up to the total exactly."""
    cell = np.repeat(np.arange(len(totals)), counts)
    first = np.zeros(len(cell), dtype=np.bool_)
    first[np.cumsum(counts) - counts] = True
    weights = np.exp(rng.normal(0, 0.6, len(cell)))
    if refunds:
        returned = ~first & (rng.random(len(cell)) < REFUND_SHARE)
        weights = np.where(returned, -0.1 * np.minimum(weights, 2.0), weights)
    total_weight = np.bincount(cell, weights=weights, minlength=len(totals))
    parts = np.round(totals[cell] * weights / total_weight[cell]).astype(np.int64)
    gap = totals - np.bincount(cell, weights=parts, minlength=len(totals)).astype(np.int64)
    parts[first] += gap
    return cell, parts


def _regular_counts(rates: FloatArray, rng: np.random.Generator) -> IntArray:
    """Whole counts by month that add up to the rates over a year, as habits do."""
    running = np.floor(np.cumsum(rates, axis=1) + rng.random((len(rates), 1)))
    return np.asarray(np.diff(running, axis=1, prepend=0.0).astype(np.int64))


def _regular_choices(shares: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Choose elements of an ordered sequence so that every stretch holds its share."""
    running = np.floor(np.cumsum(shares) + rng.random())
    return np.asarray(np.diff(running, prepend=0.0) > 0)


def run_deposits(
    latents: Latents,
    people: People,
    life: Lifecycle,
    loans: Loans,
    cards: Cards,
    rng: np.random.Generator,
) -> tuple[Deposits, Transactions]:
    """Simulate inflows and spending so that balances hover at each customer's buffer.

    Balances are exact: a month end is the previous month end plus the month's transactions.
    """
    months = economics.MONTHS
    customers = len(people.number)
    quarter = np.arange(months) // 3
    values = latents.values[:, quarter, :]
    has_current = life.opened[:, CURRENT] != NEVER
    opened, closed = life.opened[:, CURRENT], life.closed[:, CURRENT]
    month = np.arange(months)
    in_force = (month >= opened[:, None]) & (month <= closed[:, None])
    card_open = (month >= life.opened[:, CARD][:, None]) & (month <= life.closed[:, CARD][:, None])
    savings_open = (month >= life.opened[:, SAVINGS][:, None]) & (
        month <= life.closed[:, SAVINGS][:, None]
    )
    activity = np.exp(values[:, :, 4])
    digital = 1 / (1 + np.exp(-values[:, :, 5]))

    # Someone who is barely active here has the main account elsewhere.
    inflow_share = np.clip((activity - 1.0) / 2.3, 0.15, 1.0)
    monthly_flow = np.exp(values[:, :, 0]) / 12 * NET_INCOME_SHARE * 100
    monthly_flow = monthly_flow * (0.35 + 0.65 * inflow_share)
    # Money arrives at regular intervals, so that a year holds its share of arrivals.
    has_inflow = in_force & (_regular_counts(inflow_share, rng) > 0)
    inflow = np.round(monthly_flow / inflow_share * np.exp(rng.normal(0, 0.03, in_force.shape)))
    inflow_cents = np.where(has_inflow, inflow, 0).astype(np.int64)

    paid_loans = np.zeros((customers, months), dtype=np.int64)
    np.add.at(paid_loans, loans.customer, loans.payment)
    paid_cards = np.zeros((customers, months), dtype=np.int64)
    paid_cards[cards.customer] = cards.payment
    mainly_here = (inflow_share >= 0.75) & in_force
    pays_loans = mainly_here & (rng.random((customers, 1)) < LOAN_PAID_HERE_SHARE)
    pays_cards = mainly_here & (rng.random((customers, 1)) < CARD_PAID_HERE_SHARE)
    # What the month's money can't cover is paid from elsewhere.
    loan_debit = np.where(pays_loans & (paid_loans < 0.5 * monthly_flow), paid_loans, 0)
    card_debit = np.where(pays_cards & (paid_cards < 0.4 * monthly_flow), paid_cards, 0)

    fixed = inflow_share + (loan_debit > 0) + (card_debit > 0) + SAVINGS_MOVE_RATE * savings_open
    free = np.maximum(activity - fixed - card_open - inflow_share * 0.9, 0.1)
    card_extra = np.where(card_open, free * 0.45, 0.0)
    debit_extra = np.where(card_open, free * 0.55, free)
    debit_count = _regular_counts(np.where(in_force, debit_extra, 0.0), rng) + has_inflow

    buffer = np.exp(values[:, :, 3])
    splits = savings_open & in_force
    kept = np.where(splits, np.minimum(0.35 * buffer, 1.5), buffer)
    wobble = np.exp(rng.normal(0, 0.05, in_force.shape))
    target = np.round(kept * monthly_flow * wobble).astype(np.int64)
    overdraft = np.where(
        rng.random(customers) < OVERDRAFT_SHARE,
        np.round(monthly_flow[:, -1] * 0.5 / 10_000).astype(np.int64) * 10_000,
        0,
    )

    current = np.zeros((customers, months), dtype=np.int64)
    debits = np.zeros((customers, months), dtype=np.int64)
    settling = np.zeros((customers, months), dtype=np.int64)
    held = np.where(opened < 0, target[:, 0], 0)
    for index in range(months):
        live = in_force[:, index]
        # A new account starts with a deposit; a closing one is emptied.
        start = np.where(opened == index, np.maximum(target[:, index], 10_000), 0)
        committed = loan_debit[:, index] + card_debit[:, index]
        before = held + start + inflow_cents[:, index] - committed
        spend = np.maximum(before - target[:, index], 3_000 * debit_count[:, index])
        spend = np.where(live & (debit_count[:, index] > 0), spend, 0)
        held = np.where(live, before - spend, 0)
        ends = live & (closed == index)
        settling[:, index] = start - np.where(ends, held, 0)
        held = np.where(ends, 0, held)
        debits[:, index], current[:, index] = spend, held

    streams: list[_Stream] = []

    def add(
        chosen: BoolArray, slot: int, cents: IntArray, category: str | IntArray, channel: str
    ) -> None:
        who, when = np.nonzero(chosen)
        kind = np.full(len(who), CATEGORY[category]) if isinstance(category, str) else category[who]
        streams.append(
            _Stream(who, slot, when, cents[who, when], kind, np.full(len(who), CHANNEL[channel]))
        )

    salaried = np.array([0, 0, 2, 1, 3])
    names = np.array([CATEGORY[name] for name in ("salary", "pension", "benefits", "transfer_in")])
    regular = names[salaried[people.employment]]
    main = inflow_share > 0.6
    add(has_inflow & main, CURRENT, inflow_cents, regular, "standing_order")
    transfer = np.full(customers, CATEGORY["transfer_in"])
    add(has_inflow & ~main, CURRENT, inflow_cents, transfer, "standing_order")
    add(settling > 0, CURRENT, settling, "transfer_in", "branch")
    add(settling < 0, CURRENT, settling, "transfer_out", "branch")
    add(loan_debit > 0, CURRENT, -loan_debit, "loan_payment", "standing_order")
    add(card_debit > 0, CURRENT, -card_debit, "card_payment", "standing_order")

    def spread_out(
        slot: int, totals: IntArray, counts: IntArray, mixes: tuple[Mix, Mix], refunds: bool
    ) -> None:
        who, when = np.nonzero(totals > 0)
        spent = totals[who, when]
        parts = np.minimum(counts[who, when], np.maximum(spent // (4 * SMALLEST_CENTS), 1))
        cell, cents = _split(spent, parts, rng, refunds=refunds)
        is_digital = _regular_choices(digital[who[cell], when[cell]], rng)
        category, channel = _mix(is_digital, mixes, rng)
        category = np.where(cents < 0, CATEGORY["refund"], category)
        some = cents != 0
        streams.append(
            _Stream(
                who[cell][some], slot, when[cell][some], -cents[some], category[some], channel[some]
            )
        )

    spread_out(CURRENT, debits, debit_count, (CURRENT_DIGITAL, CURRENT_PERSONAL), False)
    card_counts = 1 + _regular_counts(card_extra, rng)
    purchases = np.zeros((customers, months), dtype=np.int64)
    purchases[cards.customer] = cards.purchases
    spread_out(CARD, purchases, card_counts, (CARD_DIGITAL, CARD_PERSONAL), True)

    put_away = np.maximum(buffer - kept, 0.3 * buffer) * monthly_flow
    savings = _run_savings(life, savings_open, put_away, digital, streams, rng)
    deposits = Deposits(
        current_balance=current,
        savings_balance=savings,
        overdraft=np.where(has_current, overdraft, 0),
    )
    return deposits, _date(streams, life, rng)


def _run_savings(
    life: Lifecycle,
    in_force: BoolArray,
    wanted: FloatArray,
    digital: FloatArray,
    streams: list[_Stream],
    rng: np.random.Generator,
) -> IntArray:
    customers, months = in_force.shape
    opened, closed = life.opened[:, SAVINGS], life.closed[:, SAVINGS]
    wobble = np.exp(rng.normal(0, 0.05, in_force.shape))
    target = np.maximum(np.round(wanted * wobble), 1_000).astype(np.int64)
    moves_now = rng.random(in_force.shape) < SAVINGS_MOVE_RATE
    balance = np.zeros((customers, months), dtype=np.int64)
    moves = np.zeros_like(balance)
    interest = np.zeros_like(balance)
    held = np.where(opened < 0, target[:, 0], 0)
    for month in range(months):
        live = in_force[:, month]
        earned = live & (month % 12 == 11) & (opened < month)
        interest[:, month] = np.where(earned, held * SAVINGS_ANNUAL_RATE, 0).astype(np.int64)
        ends = live & (closed == month)
        wants = np.where(ends, 0, target[:, month])
        acts = live & (moves_now[:, month] | (opened == month) | ends)
        moves[:, month] = np.where(acts, wants - held - interest[:, month], 0)
        held = np.where(live, held + interest[:, month] + moves[:, month], 0)
        balance[:, month] = held
    who, when = np.nonzero(interest > 0)
    paid = np.full(len(who), CATEGORY["interest"])
    automatic = np.full(len(who), CHANNEL["standing_order"])
    streams.append(_Stream(who, SAVINGS, when, interest[who, when], paid, automatic))
    who, when = np.nonzero(moves != 0)
    cents = moves[who, when]
    category = np.where(cents > 0, CATEGORY["transfer_in"], CATEGORY["transfer_out"])
    online = np.where(rng.random(len(who)) < 0.6, CHANNEL["mobile_app"], CHANNEL["web"])
    is_digital = rng.random(len(who)) < digital[who, when]
    channel = np.where(is_digital, online, CHANNEL["branch"])
    streams.append(_Stream(who, SAVINGS, when, cents, category, channel))
    return balance


def _date(streams: list[_Stream], life: Lifecycle, rng: np.random.Generator) -> Transactions:
    starts = text.month_starts()
    customer = np.concatenate([stream.customer for stream in streams])
    slot = np.concatenate([np.full(len(stream.customer), stream.slot) for stream in streams])
    month = np.concatenate([stream.month for stream in streams])
    cents = np.concatenate([stream.cents for stream in streams])
    category = np.concatenate([stream.category for stream in streams])
    channel = np.concatenate([stream.channel for stream in streams])
    # Nothing is posted before the account opens.
    first = np.maximum(life.open_day[customer, slot], starts[month])
    span = starts[month + 1] - first
    day = first + np.floor(rng.random(len(customer)) * span).astype(np.int64)
    # Whole minutes between 06:00 and 22:59.
    second = day * text.SECONDS_PER_DAY + rng.integers(6 * 60, 23 * 60, len(customer)) * 60
    order = np.lexsort((second, slot, customer))
    return Transactions(
        customer=customer[order],
        slot=slot[order],
        second=second[order],
        cents=cents[order],
        category=category[order],
        channel=channel[order],
    )
