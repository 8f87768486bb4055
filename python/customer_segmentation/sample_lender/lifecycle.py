"""Which accounts are open and how many payments are missed, month by month."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.latents import Latents
from customer_segmentation.sample_lender.people import DAYS_PER_MONTH, People, by_type

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# A customer holds one account of a product at a time; a repaid loan may have a successor.
SLOT_PRODUCTS = (0, 1, 2, 3, 3, 4, 4, 5)
CURRENT, SAVINGS, CARD, FIRST_LOAN = 0, 1, 2, 3
SLOTS_BY_PRODUCT = ((0,), (1,), (2,), (3, 4), (5, 6), (7,))
SECURED = {4: 0, 5: 1}
NEVER = 999
LOAN_TERMS = ((36, 48, 60, 84), (48, 60, 72, 84), (240, 300, 360, 360))
VOLUNTARY_CLOSE_RATE = 0.0004
LARGEST_APPLICATION_RATE = 0.3
CLOSED_BY = ("open", "matured", "charged_off", "closed")
MATURED, CHARGED_OFF, CLOSED = 1, 2, 3


@dataclasses.dataclass(frozen=True)
class Applications:
    """Applications for credit, one entry each."""

    customer: IntArray
    product: IntArray
    slot: IntArray
    month: IntArray
    day: IntArray
    is_approved: BoolArray
    is_override: BoolArray


@dataclasses.dataclass(frozen=True)
class Lifecycle:
    """Accounts and arrears of a chunk.

    Attributes
    ----------
    opened, closed : ndarray of shape (n, 8)
        Months in which each slot opens and closes; ``opened`` is negative before history
        and `NEVER` for an empty slot, ``closed`` is `NEVER` while open.
    open_day : ndarray of shape (n, 8)
        Opening day, days since 1970.
    closed_by : ndarray of shape (n, 8)
        Index into `CLOSED_BY`.
    terms : ndarray of shape (n, 5)
        Months that each loan slot runs.
    missed : ndarray of shape (n, 36)
        Missed payments at each month end.
    missed_secured : ndarray of shape (n, 2, 36)
        The same for car loans and mortgages, which some customers pay first.
    left : ndarray of shape (n,)
        Month in which the customer left, or `NEVER`.
    scores : ndarray of shape (n, 12)
        Bureau score at each quarter end before any arrears.
    applications : Applications
        Applications made in history.
    """

    opened: IntArray
    closed: IntArray
    open_day: IntArray
    closed_by: IntArray
    terms: IntArray
    missed: IntArray
    missed_secured: IntArray
    left: IntArray
    scores: FloatArray
    applications: Applications


def draw_scores(latents: Latents, rng: np.random.Generator) -> FloatArray:
    """Bureau scores of each quarter before arrears take their toll."""
    settings = economics.PARAMETERS
    deviation = latents.values - np.array(settings.score_origin)
    level = settings.score_base + deviation @ np.array(settings.score_weights)
    customers = len(level)
    lasting = rng.normal(0, settings.score_person_spread, (customers, 1))
    passing = rng.normal(0, settings.score_report_spread, level.shape)
    return np.asarray(level + lasting + passing)


def _first_holdings(latents: Latents, rng: np.random.Generator) -> BoolArray:
    types = latents.types[:, 0]
    customers = len(types)
    breadth = latents.values[:, 0, 6]
    wanted = np.clip(np.floor(breadth + rng.random(customers)), 1, 6).astype(np.int64)
    held = np.zeros((customers, len(economics.PRODUCTS)), dtype=np.bool_)
    held[:, 2] = rng.random(customers) < by_type("card_share")[types]
    held[:, 0] = (rng.random(customers) < 0.97) | ~held[:, 2]
    others = wanted - held.sum(axis=1)
    weights = by_type("holding_weights")[types]
    order = np.argsort(-(np.log(weights) + rng.gumbel(size=weights.shape)), axis=1)
    rank = np.argsort(order, axis=1)
    held[:, [1, 3, 4, 5]] = rank < others[:, None]
    return held


def _approval_chances(scores: FloatArray, product: int) -> FloatArray:
    settings = economics.PARAMETERS
    above = scores >= dict(settings.score_cut_offs)[economics.PRODUCTS[product]]
    return np.where(above, 1 - settings.decline_override_rate, settings.approve_override_rate)


def _decide(
    scores: FloatArray, product: int, rng: np.random.Generator
) -> tuple[BoolArray, BoolArray]:
    """Whether each application is approved, and whether that goes against the cut-off."""
    chances = _approval_chances(scores, product)
    approved = rng.random(len(scores)) < chances
    return approved, approved != (chances > 0.5)


def _relative_appetite(
    log_appetite: FloatArray, chances: FloatArray, kinds: IntArray
) -> FloatArray:
    """Individual application rates relative to the type's hazard of opening.

    Scaled so that, after decisions, each type's mean hazard of opening is the planted one.
    """
    appetite = np.exp(np.clip(log_appetite, -4.0, 4.0))
    types = len(economics.PLANTED_TYPES)
    opens = np.bincount(kinds, weights=appetite * chances, minlength=types)
    mean = opens / np.maximum(np.bincount(kinds, minlength=types), 1)
    return np.asarray(appetite / mean[kinds])


def run_lifecycle(latents: Latents, people: People, rng: np.random.Generator) -> Lifecycle:
    """Simulate openings, closings and arrears over the 36 months of history."""
    settings = economics.PARAMETERS
    starts = text.month_starts()
    customers = len(people.number)
    months = economics.MONTHS
    scores = draw_scores(latents, rng)

    opened = np.full((customers, len(SLOT_PRODUCTS)), NEVER)
    closed = np.full_like(opened, NEVER)
    open_day = np.zeros_like(opened)
    closed_by = np.zeros_like(opened)
    terms = np.stack(
        [
            np.array(LOAN_TERMS[product - 3])[rng.integers(0, 4, customers)]
            for product in SLOT_PRODUCTS[FIRST_LOAN:]
        ],
        axis=1,
    )
    joiner = people.join_month >= 0
    log: dict[str, list[NDArray[np.int64]]] = {
        name: [] for name in ("customer", "product", "slot", "month", "day", "ok", "override")
    }

    def record(
        who: IntArray, product: int, slot: IntArray, month: IntArray, day: IntArray,
        ok: BoolArray, override: BoolArray,
    ) -> None:  # fmt: skip
        log["customer"].append(who)
        log["product"].append(np.full(len(who), product))
        log["slot"].append(slot)
        log["month"].append(month)
        log["day"].append(day)
        log["ok"].append(ok.astype(np.int64))
        log["override"].append(override.astype(np.int64))

    held = _first_holdings(latents, rng)
    for product in range(len(economics.PRODUCTS)):
        slot = SLOTS_BY_PRODUCT[product][0]
        mine = held[:, product].copy()
        new = np.flatnonzero(mine & joiner)
        if product >= CARD:
            joined_in = people.join_month[new]
            ok, override = _decide(scores[new, joined_in // 3], product, rng)
            record(
                new,
                product,
                np.full(len(new), slot),
                joined_in,
                people.since_day[new],
                ok,
                override,
            )
            mine[new[~ok]] = False
            new = new[ok]
        opened[new, slot] = people.join_month[new]
        open_day[new, slot] = people.since_day[new]
        old = np.flatnonzero(mine & ~joiner)
        known_days = starts[0] - people.since_day[old]
        if product == CURRENT:
            age_days = known_days
        elif product >= FIRST_LOAN:
            longest = (terms[old, slot - FIRST_LOAN] - 1) * DAYS_PER_MONTH - 31
            longest = np.minimum(longest, 150 * DAYS_PER_MONTH)
            age_days = 1 + rng.random(len(old)) * (np.minimum(known_days, longest) - 1)
        else:
            age_days = 1 + rng.random(len(old)) * (known_days - 1)
        open_day[old, slot] = starts[0] - np.maximum(age_days, 1).astype(np.int64)
        months_since_1970 = (
            open_day[old, slot].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        )
        opened[old, slot] = months_since_1970 - 53 * 12
    # Someone whose only application was declined opens a current account all the same.
    empty = np.flatnonzero((opened == NEVER).all(axis=1))
    opened[empty, CURRENT] = people.join_month[empty]
    open_day[empty, CURRENT] = people.since_day[empty]

    hazards = by_type("monthly_cross_buy")
    strength = settings.cross_buy_heterogeneity
    spread = settings.first_miss_heterogeneity
    carelessness = np.exp(-spread * latents.residuals[:, 2] - spread**2 / 2)
    first_miss = by_type("first_miss_rate")
    roll_rates = by_type("roll_rates")
    leave_rates = by_type("monthly_leave_rate")

    missed = np.zeros((customers, months), dtype=np.int64)
    missed_secured = np.zeros((customers, 2, months), dtype=np.int64)
    protected = np.zeros((customers, 2), dtype=np.bool_)
    written_off = np.zeros(customers, dtype=np.bool_)
    left = np.full(customers, NEVER)
    now = np.zeros(customers, dtype=np.int64)

    for month in range(months):
        kind = latents.types[:, month // 3]
        present = (people.join_month < month) & (left == NEVER)
        in_force = (opened <= month) & (closed >= month)
        can_buy = present & (now == 0) & ~written_off
        gap = latents.values[:, month // 3, 6] - in_force.sum(axis=1)
        for product in range(len(economics.PRODUCTS)):
            slots = SLOTS_BY_PRODUCT[product]
            holding = in_force[:, slots].any(axis=1)
            used = (opened[:, slots] != NEVER).sum(axis=1)
            could = np.flatnonzero(can_buy & ~holding & (used < len(slots)))
            kinds = kind[could]
            chance = np.ones(len(could))
            if product >= CARD:
                chance = _approval_chances(scores[could, max(month // 3 - 1, 0)], product)
            appetite = _relative_appetite(gap[could] * strength, chance, kinds)
            rate = np.minimum(hazards[kinds, product] * appetite, LARGEST_APPLICATION_RATE)
            who = could[rng.random(len(could)) < rate]
            slot = np.array(slots)[used[who]]
            day = starts[month] + rng.integers(0, 20, len(who))
            if product >= CARD:
                ok, override = _decide(scores[who, max(month // 3 - 1, 0)], product, rng)
                record(who, product, slot, np.full(len(who), month), day, ok, override)
                who, slot, day = who[ok], slot[ok], day[ok]
            opened[who, slot] = month
            open_day[who, slot] = day + rng.integers(0, 8, len(who))
        in_force = (opened <= month) & (closed >= month)

        owing = (in_force[:, CARD:] & (opened[:, CARD:] < month)).any(axis=1) & ~written_off
        unsecured = (in_force[:, CARD:5] & (opened[:, CARD:5] < month)).any(axis=1)
        bought_now = (opened[:, CARD:] == month).any(axis=1)
        draw = rng.random(customers)
        miss_rate = np.where(bought_now, 0.0, first_miss[kind] * carelessness)
        roll_rate = roll_rates[kind, np.clip(now, 1, 4) - 1]
        rolls = draw < np.where(now == 0, np.minimum(miss_rate, 0.5), roll_rate)
        stays = ~rolls & (now > 0) & (draw < roll_rate + (1 - roll_rate) * settings.stay_share)
        before = now
        now = np.where(owing, np.where(rolls, now + 1, np.where(stays, now, 0)), 0)
        fresh = (before == 0) & (now == 1)
        protects = rng.random((customers, 2)) < settings.secured_protection_share
        protects &= unsecured.reshape(-1, 1)
        protected = np.where(fresh.reshape(-1, 1), protects, protected)
        missed[:, month] = now
        missed_secured[:, :, month] = np.where(protected, 0, now[:, None])

        for slot in range(CARD, len(SLOT_PRODUCTS)):
            product = SLOT_PRODUCTS[slot]
            behind = missed_secured[:, SECURED[product], month] if product in SECURED else now
            lost = in_force[:, slot] & (behind == economics.MISSED_180_DAYS)
            closed[lost, slot] = month
            closed_by[lost, slot] = CHARGED_OFF
            if slot >= FIRST_LOAN:
                last_due = opened[:, slot] + terms[:, slot - FIRST_LOAN]
                done = in_force[:, slot] & (month - behind >= last_due)
                closed[done, slot] = month
                closed_by[done, slot] = MATURED
        finished = now == economics.MISSED_180_DAYS
        written_off |= finished
        now = np.where(finished, 0, now)

        calm = present & (now == 0) & ~bought_now & ~finished
        leaves = calm & (rng.random(customers) < leave_rates[kind])
        left[leaves] = month
        tempted = np.minimum(VOLUNTARY_CLOSE_RATE * np.exp(-strength * gap), 0.02)
        quit_rate = np.stack([tempted, np.full(customers, VOLUNTARY_CLOSE_RATE)], axis=1)
        quits = rng.random((customers, 2)) < quit_rate
        for slot in range(len(SLOT_PRODUCTS)):
            ends = leaves.copy()
            if slot in (SAVINGS, CARD):
                ends |= calm & quits[:, slot - SAVINGS] & (opened[:, slot] < month)
            ends &= (opened[:, slot] <= month) & (closed[:, slot] == NEVER)
            closed[ends, slot] = month
            closed_by[ends, slot] = CLOSED

    # Someone without any account left is no longer a customer.
    last = np.where(opened == NEVER, -1, closed).max(axis=1)
    left = np.minimum(left, np.where(last < NEVER, last, NEVER))
    joined = {name: np.concatenate(parts) for name, parts in log.items()}
    order = np.lexsort((joined["product"], joined["day"], joined["customer"]))
    applications = Applications(
        customer=joined["customer"][order],
        product=joined["product"][order],
        slot=joined["slot"][order],
        month=joined["month"][order],
        day=joined["day"][order],
        is_approved=joined["ok"][order].astype(np.bool_),
        is_override=joined["override"][order].astype(np.bool_),
    )
    return Lifecycle(
        opened=opened,
        closed=closed,
        open_day=open_day,
        closed_by=closed_by,
        terms=terms,
        missed=missed,
        missed_secured=missed_secured,
        left=left,
        scores=scores,
        applications=applications,
    )
