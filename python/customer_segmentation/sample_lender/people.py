"""Demographics, tenure and consents, drawn from the latent vectors."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.latents import Latents

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MARITAL = ("single", "married", "divorced", "widowed")
EMPLOYMENT = ("employed", "self_employed", "unemployed", "retired", "student")
HOMES = ("own", "mortgage", "rent", "family")
REGIONS = (
    "Ashmoor",
    "Brackenvale",
    "Calderwick",
    "Dunmere",
    "Eastfold",
    "Farrowdale",
    "Glenhaven",
    "Harrowgate Coast",
)
ACQUISITION = ("branch", "web", "mobile_app", "broker", "referral")
CONTACT_CHANNELS = ("email", "sms", "phone", "post")
DAYS_PER_MONTH = 30.4375
LONGEST_TENURE_MONTHS = 251.0
RETIREMENT_AGE = 66


@dataclasses.dataclass(frozen=True)
class People:
    """Customers of a chunk.

    Attributes
    ----------
    number : ndarray of shape (n,)
        Customer numbers, unique across chunks.
    since_day : ndarray of shape (n,)
        First day as a customer, days since 1970.
    join_month : ndarray of shape (n,)
        Month of history in which the customer joined; -1 for those who joined before.
    employment : ndarray of shape (n,)
        Index into `EMPLOYMENT`.
    consents : ndarray of shape (n, 4)
        Consent by channel of `CONTACT_CHANNELS`.
    columns : dict of str to pyarrow.Array
        Raw columns of the customers extract, without ``home_ownership``.
    rented_home : ndarray of shape (n,)
        Index into `HOMES` for those without a mortgage here.
    """

    number: IntArray
    since_day: IntArray
    join_month: IntArray
    employment: IntArray
    consents: BoolArray
    columns: dict[str, pa.Array]
    rented_home: IntArray


def choose_rows(cumulative: NDArray[np.float64], rng: np.random.Generator) -> IntArray:
    """Draw one column index per row of cumulative probabilities."""
    drawn = (rng.random((len(cumulative), 1)) > cumulative).sum(axis=1)
    return np.asarray(np.minimum(drawn, cumulative.shape[1] - 1))


def by_type(attribute: str) -> NDArray[Any]:
    """One attribute of all planted types as an array."""
    return np.array([getattr(planted, attribute) for planted in economics.PLANTED_TYPES])


def draw_people(first_number: int, latents: Latents, rng: np.random.Generator) -> People:
    """Draw everything about the customers that isn't an account."""
    final = latents.types[:, -1]
    values = latents.values[:, -1]
    customers = len(final)
    number = first_number + np.arange(customers)

    tenure_months = np.clip(np.exp(values[:, 7]), 1.2, LONGEST_TENURE_MONTHS)
    since_day = np.floor(text.HISTORY_LAST_DAY - tenure_months * DAYS_PER_MONTH).astype(np.int64)
    starts = text.month_starts()
    join_month = np.searchsorted(starts, since_day, side="right") - 1

    age = rng.normal(by_type("mean_age")[final], by_type("age_spread")[final])
    youngest = tenure_months / 12 + 18
    age = np.clip(np.maximum(age, youngest + rng.exponential(2.0, customers)), 18.5, 94)
    birth_day = (text.HISTORY_LAST_DAY - age * 365.25).astype(np.int64)

    sex = (rng.random(customers) > by_type("female_share")[final]).astype(np.int64)
    married = rng.random(customers) < by_type("married_share")[final] * np.clip(
        (age - 20) / 12, 0, 1
    )
    otherwise = rng.random(customers)
    widowed = otherwise < np.clip((age - 62) / 40, 0, 0.6)
    divorced = otherwise > 1 - np.clip((age - 27) / 60, 0, 0.32)
    marital = np.select([married, widowed, divorced], [1, 3, 2], 0)
    child_rate = np.exp(-(((age - 41) / 9) ** 2)) * np.where(marital == 1, 1.7, 0.6)
    dependants = np.minimum(rng.poisson(child_rate), 5)

    worker = by_type("employment")[final].cumsum(axis=1)
    status = np.array([0, 1, 2, 4])[choose_rows(worker, rng)]
    status = np.where((status == 4) & (age > 30), 0, status)
    retires = age + rng.normal(0, 2, customers) > RETIREMENT_AGE
    employment = np.where(retires & (rng.random(customers) < 0.93), 3, status)

    income = np.exp(values[:, 0] + rng.normal(0, 0.04, customers))
    income_cents = (np.round(income / 50) * 5000).astype(np.int64)

    region_pull = np.ones((len(economics.PLANTED_TYPES), len(REGIONS)))
    region_pull *= np.array([1.5, 0.8, 1.2, 1.0, 0.9, 0.7, 1.1, 0.8])
    region_pull[0, [0, 6]] *= 1.4
    region_pull[5, [3, 5]] *= 1.5
    region_share = (region_pull / region_pull.sum(axis=1, keepdims=True)).cumsum(axis=1)
    region = choose_rows(region_share[final], rng)

    digital = 1 / (1 + np.exp(-values[:, 5]))
    old_timer = np.clip((tenure_months - 60) / 120, 0, 1)
    pull = np.stack(
        [
            0.15 + 0.9 * (1 - digital) + old_timer,
            0.55 * digital + 0.1,
            0.75 * digital * (1 - old_timer) + 0.02,
            np.full(customers, 0.16),
            np.full(customers, 0.18),
        ],
        axis=1,
    )
    acquisition = choose_rows((pull / pull.sum(axis=1, keepdims=True)).cumsum(axis=1), rng)

    consent_share = np.stack(
        [0.50 + 0.30 * digital, 0.42 + 0.25 * digital, 0.50 - 0.2 * digital, 0.75 - 0.3 * digital],
        axis=1,
    )
    consents = rng.random((customers, len(CONTACT_CHANNELS))) < consent_share
    homes = by_type("home_ownership")[final].cumsum(axis=1)

    columns = {
        "customer_id": text.keys("C", number, 7),
        "birth_date": text.dates(birth_day),
        "sex": text.codes(sex, ("F", "M")),
        "marital_status": text.codes(marital, MARITAL),
        "dependants": text.integers(dependants),
        "employment_status": text.codes(employment, EMPLOYMENT),
        "gross_annual_income": text.money(income_cents),
        "region": text.codes(region, REGIONS),
        "acquisition_channel": text.codes(acquisition, ACQUISITION),
        "customer_since": text.dates(since_day),
        **{
            f"consent_{channel}": text.flags(consents[:, index])
            for index, channel in enumerate(CONTACT_CHANNELS)
        },
        "loaded_at": text.loaded(since_day),
    }
    return People(
        number=number,
        since_day=since_day,
        join_month=join_month,
        employment=employment,
        consents=consents,
        columns=columns,
        rented_home=choose_rows(homes, rng),
    )
