"""Balances, payments and instalments of loans and cards."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.latents import Latents
from customer_segmentation.sample_lender.lifecycle import (
    CARD,
    CHARGED_OFF,
    CLOSED,
    FIRST_LOAN,
    MATURED,
    NEVER,
    SECURED,
    SLOT_PRODUCTS,
    Lifecycle,
)
from customer_segmentation.sample_lender.people import by_type

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BASE_RATES = (0.085, 0.055, 0.036)
PREMIUM_SHARES = (1.0, 0.6, 0.15)
PAYMENT_TO_INCOME = (0.070, 0.080, 0.210)
RECOVERY_SHARES = (0.15, 0.55, 0.75)
CARD_ANNUAL_RATE = 0.199
LATE_FEE_CENTS = 1500
MINIMUM_DUE_SHARE = 0.03
MINIMUM_DUE_CENTS = 2500
FULL_PAYMENT_RATIO = 0.96
LATE_SHARE_INTERCEPT = -1.5
LATE_SHARE_SLOPE = 0.55


@dataclasses.dataclass(frozen=True)
class Loans:
    """Loans of a chunk; arrays of shape (n_loans,) or (n_loans, 36), money in cents."""

    customer: IntArray
    slot: IntArray
    opened: IntArray
    last_month: IntArray
    closed_by: IntArray
    closed_day: IntArray
    due_day: IntArray
    principal: IntArray
    annual_rate: FloatArray
    term: IntArray
    collateral: IntArray
    recovered: IntArray
    balance: IntArray
    payment: IntArray
    due: IntArray
    dpd: IntArray


@dataclasses.dataclass(frozen=True)
class Instalments:
    """Instalments due in history; ``paid_day`` is -1 while unpaid."""

    loan: IntArray
    number: IntArray
    due_day: IntArray
    due: IntArray
    paid_day: IntArray


@dataclasses.dataclass(frozen=True)
class Cards:
    """Credit cards of a chunk; arrays of shape (n_cards,) or (n_cards, 36), in cents."""

    customer: IntArray
    opened: IntArray
    last_month: IntArray
    limit: IntArray
    balance: IntArray
    payment: IntArray
    minimum_due: IntArray
    dpd: IntArray
    purchases: IntArray


def due_days(customers: int, rng: np.random.Generator) -> IntArray:
    """Day of the month on which a customer's credit payments fall due, 20 to 28."""
    return rng.integers(20, 29, customers)


def late_shares(latents: Latents) -> FloatArray:
    """Probability that a payment made in its month is some days late, by quarter."""
    discipline = latents.values[:, :, 2]
    return np.asarray(1 / (1 + np.exp(-LATE_SHARE_INTERCEPT + LATE_SHARE_SLOPE * discipline)))


def _days_past_due(missed: IntArray, due_day: IntArray) -> IntArray:
    """Days from the oldest unpaid due date to each month end; 0 where nothing is missed."""
    starts = text.month_starts()
    month = np.arange(economics.MONTHS)
    oldest = np.maximum(month - missed + 1, 0)
    days = starts[month + 1] - 1 - (starts[oldest] + due_day[:, None] - 1)
    return np.where(missed > 0, days, 0)


def loan_terms(
    product: IntArray, monthly_income: FloatArray, kind: IntArray, term: IntArray,
    rng: np.random.Generator,
) -> tuple[IntArray, FloatArray, IntArray]:  # fmt: skip
    """Principal, annual rate and monthly instalment that suit an income."""
    index = product - 3
    premium = by_type("rate_premium")[kind] * np.array(PREMIUM_SHARES)[index]
    rate = np.array(BASE_RATES)[index] + premium + rng.normal(0, 0.006, len(product))
    rate = np.maximum(np.round(rate * 400) / 400, 0.02)
    share = np.array(PAYMENT_TO_INCOME)[index] * by_type("debt_factor")[kind]
    share = share * np.exp(rng.normal(0, 0.28, len(product)))
    annuity = (1 - (1 + rate / 12) ** -term.astype(float)) / (rate / 12)
    principal = np.maximum(np.round(monthly_income * share * annuity / 100), 8).astype(np.int64)
    principal = principal * 10_000
    instalment = np.round(principal / annuity).astype(np.int64)
    return principal, rate, instalment


def run_loans(
    latents: Latents, life: Lifecycle, due_day: IntArray, rng: np.random.Generator
) -> tuple[Loans, Instalments]:
    """Amortise every loan and date every instalment."""
    starts = text.month_starts()
    months = economics.MONTHS
    customer, offset = np.nonzero(life.opened[:, FIRST_LOAN:] != NEVER)
    slot = offset + FIRST_LOAN
    product = np.array(SLOT_PRODUCTS)[slot]
    count = len(customer)
    opened = life.opened[customer, slot]
    closed = life.closed[customer, slot]
    closed_by = life.closed_by[customer, slot]
    term = life.terms[customer, offset]
    quarter = np.maximum(opened, 0) // 3
    kind = latents.types[customer, quarter]
    # Income was lower when an old loan was granted.
    growth = 1.03 ** (np.minimum(opened, 0) / 12)
    monthly_income = np.exp(latents.values[customer, quarter, 0]) / 12 * growth
    principal, rate, instalment = loan_terms(product, monthly_income, kind, term, rng)

    missed = life.missed[customer].copy()
    for secured, column in SECURED.items():
        mine = product == secured
        missed[mine] = life.missed_secured[customer[mine], column]
    month = np.arange(months)
    last_month = np.minimum(closed, months - 1)
    in_force = (month >= opened[:, None]) & (month <= last_month[:, None])
    missed = np.where(in_force, missed, 0)
    position = np.clip(month - opened[:, None], 0, term[:, None])
    growth_per_month = 1 + rate[:, None] / 12

    def remaining(after: IntArray) -> IntArray:
        grown = growth_per_month ** after.astype(np.float64)
        left = principal[:, None] * grown - instalment[:, None] * (grown - 1) / (rate[:, None] / 12)
        whole = np.maximum(np.round(left), 0).astype(np.int64)
        return np.where(after >= term[:, None], 0, whole)

    scheduled = remaining(position)
    number = month - opened[:, None]
    has_due = (number >= 1) & (number <= term[:, None]) & in_force
    final_due = np.round(remaining(term[:, None] - 1)[:, 0] * (1 + rate / 12)).astype(np.int64)
    due = np.where(number == term[:, None], final_due[:, None], instalment[:, None])
    due = np.where(has_due, due, 0)

    oldest_unpaid = month - missed + 1
    waiting = np.zeros((count, months), dtype=np.int64)
    for end in range(months):
        unpaid = (oldest_unpaid[:, end : end + 1] <= month[: end + 1]) & in_force[:, end : end + 1]
        waiting[:, : end + 1] += unpaid
    paid_month = month + waiting
    is_paid = has_due & (paid_month <= last_month[:, None])

    loan, due_month = np.nonzero(has_due)
    row_paid_month = paid_month[loan, due_month]
    row_is_paid = is_paid[loan, due_month]
    row_due = due[loan, due_month]
    cell = loan * months + np.where(row_is_paid, row_paid_month, 0)
    payment = np.bincount(cell, weights=np.where(row_is_paid, row_due, 0), minlength=count * months)
    payment = payment.astype(np.int64).reshape(count, months)
    arrears = np.cumsum(due, axis=1) - np.cumsum(payment, axis=1)
    balance = np.where(in_force, scheduled + arrears, 0)

    # Whoever leaves repays what is still owed in the closing month.
    prepays = np.flatnonzero(closed_by == CLOSED)
    rest = balance[prepays, closed[prepays]]
    payment[prepays, closed[prepays]] += rest
    balance[prepays, closed[prepays]] = 0

    days = due_day[customer]
    row_due_day = starts[due_month] + days[loan] - 1
    late_share = late_shares(latents)[customer[loan], due_month // 3]
    is_late = rng.random(len(loan)) < late_share
    room = starts[due_month + 1] - 1 - row_due_day
    lateness = np.where(is_late, 1 + np.floor(rng.random(len(loan)) * room).astype(np.int64), 0)
    lateness = np.minimum(lateness, room)
    early = -rng.integers(0, 4, len(loan))
    same_month = row_due_day + np.where(lateness > 0, lateness, early)
    catch_up = starts[np.minimum(row_paid_month, months - 1)] + rng.integers(0, 18, len(loan))
    paid_day = np.where(row_paid_month == due_month, same_month, catch_up)
    paid_day = np.where(row_is_paid, paid_day, -1)

    dpd = np.where(arrears > 0, _days_past_due(missed, days), 0)
    closing = np.clip(closed, 0, months - 1)
    last_paid = np.full(count, -1)
    np.maximum.at(last_paid, loan, paid_day)
    closed_day = np.where(closed_by == MATURED, last_paid, starts[closing + 1] - 1)

    final_balance = balance[np.arange(count), closing]
    recovery = np.array(RECOVERY_SHARES)[product - 3] * rng.beta(2.0, 2.0, count) * 2
    recovered = np.round(final_balance * np.minimum(recovery, 1.0)).astype(np.int64)
    advance = np.where(product == 5, rng.uniform(0.5, 0.9, count), rng.uniform(0.7, 1.0, count))
    collateral = np.round(principal / advance / 100_000).astype(np.int64) * 100_000
    loans = Loans(
        customer=customer,
        slot=slot,
        opened=opened,
        last_month=last_month,
        closed_by=closed_by,
        closed_day=closed_day,
        due_day=days,
        principal=principal,
        annual_rate=rate,
        term=term,
        collateral=np.where(product == 3, -1, collateral),
        recovered=np.where(closed_by == CHARGED_OFF, recovered, -1),
        balance=balance,
        payment=payment,
        due=due,
        dpd=dpd,
    )
    instalments = Instalments(
        loan=loan,
        number=due_month - opened[loan],
        due_day=row_due_day,
        due=row_due,
        paid_day=paid_day,
    )
    return loans, instalments


def card_limits(income: FloatArray, rng: np.random.Generator) -> IntArray:
    """Credit limits that suit yearly incomes, in cents."""
    limit = income * 0.17 * np.exp(rng.normal(0, 0.28, len(income)))
    return np.maximum(np.round(limit / 100), 5).astype(np.int64) * 10_000


def run_cards(
    latents: Latents, life: Lifecycle, due_day: IntArray, rng: np.random.Generator
) -> Cards:
    """Roll card balances forward: previous + purchases + interest and fees - payment."""
    months = economics.MONTHS
    customer = np.flatnonzero(life.opened[:, CARD] != NEVER)
    count = len(customer)
    opened, closed = life.opened[customer, CARD], life.closed[customer, CARD]
    leaves = life.closed_by[customer, CARD] == CLOSED
    start_quarter = np.maximum(opened, 0) // 3
    income = np.exp(latents.values[customer, start_quarter, 0])
    limit = card_limits(income, rng)
    usage = 1 / (1 + np.exp(-latents.values[customer, :, 1]))
    pays = 1 / (1 + np.exp(-latents.values[customer, :, 2]))
    missed = life.missed[customer]

    balance = np.zeros((count, months), dtype=np.int64)
    payment, minimum_due, purchases = (np.zeros_like(balance) for _ in range(3))
    held = np.zeros(count, dtype=np.int64)
    first = opened < 0
    held[first] = np.round(limit[first] * usage[first, 0]).astype(np.int64)
    behind = np.zeros(count, dtype=np.int64)
    for month in range(months):
        quarter = month // 3
        in_force = (opened <= month) & (closed >= month)
        wobble = np.exp(rng.normal(0, 0.03, count))
        target = limit * np.minimum(usage[:, quarter] * wobble, 0.99)
        minimum = np.minimum(np.maximum(held * MINIMUM_DUE_SHARE, MINIMUM_DUE_CENTS), held)
        ratio = pays[:, quarter] * np.exp(rng.normal(0, 0.03, count))
        ratio = np.where(ratio > FULL_PAYMENT_RATIO, 1.0, ratio)
        regular = np.maximum(minimum, ratio * held)
        now = np.where(in_force, missed[:, month], 0)
        paid = np.select(
            [now > behind, (now > 0) & (now == behind), (now == 0) & (behind > 0)],
            [0.0, minimum, np.minimum((behind + 1) * minimum, held)],
            regular,
        )
        paid = np.round(np.where(in_force, paid, 0)).astype(np.int64)
        carried = held - paid
        charges = np.round(carried * CARD_ANNUAL_RATE / 12).astype(np.int64)
        charges += np.where(now > behind, LATE_FEE_CENTS, 0)
        spend = np.maximum(np.round(target).astype(np.int64) - carried - charges, 2_000)
        spend = np.where(in_force & (now <= 1), spend, 0)
        closing = in_force & leaves & (closed == month)
        spend[closing] = 0
        paid[closing] = held[closing]
        charges[closing] = 0
        held = np.where(in_force, held - paid + charges + spend, 0)
        balance[:, month], payment[:, month], purchases[:, month] = held, paid, spend
        minimum_due[:, month] = np.where(in_force, np.round(minimum), 0).astype(np.int64)
        behind = now
    month_index = np.arange(months)
    in_force_all = (month_index >= opened[:, None]) & (month_index <= closed[:, None])
    return Cards(
        customer=customer,
        opened=opened,
        last_month=np.minimum(closed, months - 1),
        limit=limit,
        balance=balance,
        payment=payment,
        minimum_due=minimum_due,
        dpd=_days_past_due(np.where(in_force_all, missed, 0), due_day[customer]),
        purchases=purchases,
    )
