"""The economics of the sample lender: what is planted by type, and what it implies.

Nothing here is drawn at random. Tests compare marts with the functions of this module,
for example `implied_default_rate_12m` with an observed default rate.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

HISTORY_START = dt.date(2023, 1, 1)
HISTORY_END = dt.date(2025, 12, 31)
MONTHS = 36
QUARTERS = 12

LATENTS: tuple[str, ...] = (
    "log_income",
    "logit_utilisation",
    "logit_payment_ratio",
    "log_buffer_months",
    "log_transactions_per_month",
    "logit_digital_share",
    "products_held",
    "log_tenure_months",
)

PRODUCTS: tuple[str, ...] = (
    "current_account",
    "savings_account",
    "credit_card",
    "personal_loan",
    "car_loan",
    "mortgage",
)
CREDIT_PRODUCTS: tuple[str, ...] = PRODUCTS[2:]

# A payment missed for this many due dates is 30, 90 and 180 days past due at a month end,
# because due days lie between the 20th and the 28th.
MISSED_30_DAYS = 2
MISSED_90_DAYS = 4
MISSED_180_DAYS = 7


@dataclasses.dataclass(frozen=True)
class PlantedType:
    """One kind of customer.

    Attributes
    ----------
    name : str
        Code that the truth files carry.
    description : str
        One sentence for the documentation.
    share : float
        Share of customers at the start of history.
    latent_means : tuple of float
        Mean of each latent, in the order of `LATENTS`.
    spread : float
        Multiplies the common standard deviations.
    first_miss_rate : float
        Monthly probability that a customer who is up to date misses a payment.
    roll_rates : tuple of float
        Monthly probability of one more missed payment with 1, 2, 3 and 4 or more missed.
    response_treated, response_control : float
        Probability of responding to a campaign, contacted and held out.
    response_margin : float
        Mean margin of a response, in currency units.
    monthly_cross_buy : tuple of float
        Monthly probability of opening each product of `PRODUCTS` while not holding it and
        not in arrears.
    holding_weights : tuple of float
        Relative pull of savings, personal loan, car loan and mortgage among first holdings.
    card_share : float
        Share that holds a credit card at the start.
    monthly_leave_rate : float
        Monthly probability of closing every account.
    rate_premium : float
        Added to the base annual rate of an unsecured loan.
    debt_factor : float
        Multiplies typical loan payments relative to income.
    mean_age, age_spread : float
        Age in years at the end of history.
    married_share, female_share : float
        Shares of the protected attributes.
    employment : tuple of float
        Employed, self-employed, unemployed, student shares of those below retirement age.
    home_ownership : tuple of float
        Own, mortgage, rent, family shares of those without a mortgage here.
    monthly_inquiries : float
        Mean credit inquiries a month at the bureau.
    """

    name: str
    description: str
    share: float
    latent_means: tuple[float, ...]
    spread: float
    first_miss_rate: float
    roll_rates: tuple[float, float, float, float]
    response_treated: float
    response_control: float
    response_margin: float
    monthly_cross_buy: tuple[float, ...]
    holding_weights: tuple[float, float, float, float]
    card_share: float
    monthly_leave_rate: float
    rate_premium: float
    debt_factor: float
    mean_age: float
    age_spread: float
    married_share: float
    female_share: float
    employment: tuple[float, float, float, float]
    home_ownership: tuple[float, float, float, float]
    monthly_inquiries: float


PLANTED_TYPES: tuple[PlantedType, ...] = (
    PlantedType(
        name="affluent_transactor",
        description="High income, spends a lot on cards and clears them every month.",
        share=0.15,
        latent_means=(11.82, -2.30, 2.50, 1.50, 1.80, 1.40, 3.4, 4.80),
        spread=1.00,
        first_miss_rate=0.0030,
        roll_rates=(0.30, 0.50, 0.65, 0.56),
        response_treated=0.055,
        response_control=0.040,
        response_margin=210.0,
        monthly_cross_buy=(0.010, 0.016, 0.012, 0.004, 0.007, 0.0035),
        holding_weights=(4.0, 0.5, 1.2, 2.2),
        card_share=0.98,
        monthly_leave_rate=0.0012,
        rate_premium=0.000,
        debt_factor=0.75,
        mean_age=48.0,
        age_spread=9.0,
        married_share=0.64,
        female_share=0.44,
        employment=(0.74, 0.25, 0.01, 0.00),
        home_ownership=(0.55, 0.25, 0.17, 0.03),
        monthly_inquiries=0.04,
    ),
    PlantedType(
        name="settled_saver",
        description="Older, many years with the lender, large savings, few and personal contacts.",
        share=0.20,
        latent_means=(10.55, -2.40, 2.40, 2.20, 0.50, -1.90, 2.5, 5.20),
        spread=0.95,
        first_miss_rate=0.0020,
        roll_rates=(0.30, 0.50, 0.65, 0.56),
        response_treated=0.020,
        response_control=0.016,
        response_margin=90.0,
        monthly_cross_buy=(0.008, 0.009, 0.003, 0.0015, 0.0015, 0.0004),
        holding_weights=(6.0, 0.3, 0.4, 0.4),
        card_share=0.98,
        monthly_leave_rate=0.0008,
        rate_premium=0.005,
        debt_factor=0.70,
        mean_age=66.0,
        age_spread=9.0,
        married_share=0.58,
        female_share=0.56,
        employment=(0.76, 0.19, 0.05, 0.00),
        home_ownership=(0.72, 0.08, 0.16, 0.04),
        monthly_inquiries=0.02,
    ),
    PlantedType(
        name="family_borrower",
        description="Mortgage, car and card with the same lender; busy, leveraged and reliable.",
        share=0.24,
        latent_means=(11.12, -0.70, 0.45, 0.40, 1.45, 0.35, 4.9, 4.60),
        spread=1.00,
        first_miss_rate=0.0085,
        roll_rates=(0.34, 0.54, 0.70, 0.56),
        response_treated=0.085,
        response_control=0.040,
        response_margin=240.0,
        monthly_cross_buy=(0.012, 0.018, 0.018, 0.021, 0.020, 0.012),
        holding_weights=(1.4, 1.3, 1.8, 3.0),
        card_share=0.98,
        monthly_leave_rate=0.0009,
        rate_premium=0.010,
        debt_factor=1.00,
        mean_age=42.0,
        age_spread=7.5,
        married_share=0.74,
        female_share=0.51,
        employment=(0.84, 0.14, 0.02, 0.00),
        home_ownership=(0.22, 0.40, 0.33, 0.05),
        monthly_inquiries=0.07,
    ),
    PlantedType(
        name="card_revolver",
        description="Middle income, carries a high card balance and pays a little over minimum.",
        share=0.18,
        latent_means=(10.55, 1.05, -1.25, -0.20, 1.05, -1.20, 3.0, 4.45),
        spread=1.00,
        first_miss_rate=0.0170,
        roll_rates=(0.42, 0.58, 0.74, 0.57),
        response_treated=0.120,
        response_control=0.082,
        response_margin=170.0,
        monthly_cross_buy=(0.010, 0.005, 0.012, 0.014, 0.006, 0.0012),
        holding_weights=(0.9, 2.2, 1.1, 0.5),
        card_share=0.98,
        monthly_leave_rate=0.0013,
        rate_premium=0.030,
        debt_factor=1.05,
        mean_age=40.0,
        age_spread=9.5,
        married_share=0.46,
        female_share=0.53,
        employment=(0.83, 0.12, 0.05, 0.00),
        home_ownership=(0.10, 0.16, 0.64, 0.10),
        monthly_inquiries=0.14,
    ),
    PlantedType(
        name="digital_starter",
        description="Young, short file, modest income, does everything in the app.",
        share=0.14,
        latent_means=(10.15, -0.55, 0.80, -0.30, 1.05, 2.30, 2.0, 3.20),
        spread=1.00,
        first_miss_rate=0.0135,
        roll_rates=(0.40, 0.56, 0.72, 0.57),
        response_treated=0.070,
        response_control=0.025,
        response_margin=65.0,
        monthly_cross_buy=(0.010, 0.008, 0.010, 0.005, 0.003, 0.0006),
        holding_weights=(2.6, 1.0, 0.7, 0.1),
        card_share=0.98,
        monthly_leave_rate=0.0024,
        rate_premium=0.025,
        debt_factor=0.85,
        mean_age=26.0,
        age_spread=4.5,
        married_share=0.14,
        female_share=0.50,
        employment=(0.66, 0.08, 0.06, 0.20),
        home_ownership=(0.02, 0.04, 0.62, 0.32),
        monthly_inquiries=0.11,
    ),
    PlantedType(
        name="stretched_borrower",
        description="Low income, card at its limit, no cushion, often late.",
        share=0.09,
        latent_means=(9.70, 2.75, -2.80, -1.70, 0.30, 0.20, 2.3, 3.85),
        spread=1.05,
        first_miss_rate=0.0440,
        roll_rates=(0.50, 0.62, 0.78, 0.58),
        response_treated=0.048,
        response_control=0.058,
        response_margin=95.0,
        monthly_cross_buy=(0.006, 0.002, 0.009, 0.008, 0.004, 0.0003),
        holding_weights=(0.4, 2.4, 0.8, 0.2),
        card_share=0.98,
        monthly_leave_rate=0.0012,
        rate_premium=0.055,
        debt_factor=1.20,
        mean_age=38.0,
        age_spread=10.5,
        married_share=0.33,
        female_share=0.52,
        employment=(0.68, 0.13, 0.19, 0.00),
        home_ownership=(0.05, 0.05, 0.72, 0.18),
        monthly_inquiries=0.24,
    ),
)

TYPE_NAMES: tuple[str, ...] = tuple(planted.name for planted in PLANTED_TYPES)


@dataclasses.dataclass(frozen=True)
class LenderParameters:
    """What all types share; the dirt rates live in `customer_segmentation.sample_lender.dirt`.

    Attributes
    ----------
    types : tuple of PlantedType
        The planted types.
    latent_spreads : tuple of float
        Common standard deviation of each latent before ``overlap``.
    overlap : float
        Multiplies every standard deviation; chosen so that the Bayes rule reaches an
        adjusted Rand index near 0.93.
    latent_correlations : tuple of (str, str, float)
        Correlations within a type; pairs that are not listed are zero.
    quarterly_move_rate : float
        Share of customers that change type each quarter.
    move_weights : tuple of tuple of float
        Where a customer of each type moves to, relative weights, type by type.
    first_miss_heterogeneity : float
        Standard deviation of the log of the individual miss rate within a type.
    stay_share : float
        Share of those that don't roll who pay one instalment and stay behind.
    secured_protection_share : float
        Probability that a secured loan is kept up to date while unsecured debt is not.
    score_weights : tuple of float
        Bureau points for each latent's deviation from ``score_origin``.
    score_origin : tuple of float
        Latents at which the score is ``score_base``.
    score_base, score_person_spread, score_report_spread : float
        Level, lasting noise and noise per report, in points.
    score_cut_offs : tuple of (str, float)
        Smallest score that the policy approves, by product.
    approve_override_rate, decline_override_rate : float
        Share of decisions against the policy.
    not_taken_up_share : float
        Share of approvals that the customer does not take up, where there is time for it to be.
    cross_buy_heterogeneity : float
        How strongly the gap between wanted and held products moves the individual hazard;
        it leaves the mean hazard of those who could buy alone.
    control_share : float
        Share of each campaign's audience that is held out.
    contact_share : float
        Share of the contactable customers that each campaign selects.
    contact_costs : tuple of (str, float)
        Cost of a contact by channel.
    """

    types: tuple[PlantedType, ...] = PLANTED_TYPES
    latent_spreads: tuple[float, ...] = (0.26, 0.65, 0.80, 0.60, 0.26, 0.75, 0.80, 0.48)
    overlap: float = 1.26
    latent_correlations: tuple[tuple[str, str, float], ...] = (
        ("log_income", "log_buffer_months", 0.15),
        ("log_income", "log_transactions_per_month", 0.15),
        ("logit_utilisation", "logit_payment_ratio", -0.25),
        ("logit_utilisation", "log_buffer_months", -0.15),
        ("logit_payment_ratio", "log_buffer_months", 0.10),
        ("products_held", "log_tenure_months", 0.15),
    )
    quarterly_move_rate: float = 0.005
    move_weights: tuple[tuple[float, ...], ...] = (
        (0.0, 3.0, 5.0, 1.5, 0.0, 0.5),
        (2.0, 0.0, 2.0, 1.0, 0.0, 1.0),
        (4.0, 2.5, 0.0, 3.0, 0.0, 0.5),
        (0.5, 0.5, 4.0, 0.0, 0.5, 4.5),
        (1.5, 0.0, 4.0, 3.0, 0.0, 1.5),
        (0.0, 0.5, 1.0, 7.0, 1.5, 0.0),
    )
    first_miss_heterogeneity: float = 0.5
    stay_share: float = 0.25
    secured_protection_share: float = 0.5
    score_weights: tuple[float, ...] = (22.0, -14.0, 13.0, 10.0, 0.0, 0.0, 0.0, 14.0)
    score_origin: tuple[float, ...] = (10.7, -0.5, 0.6, 0.6, 1.1, 0.1, 3.0, 4.3)
    score_base: float = 668.0
    score_person_spread: float = 9.0
    score_report_spread: float = 6.0
    score_cut_offs: tuple[tuple[str, float], ...] = (
        ("credit_card", 505.0),
        ("personal_loan", 550.0),
        ("car_loan", 545.0),
        ("mortgage", 600.0),
    )
    approve_override_rate: float = 0.08
    decline_override_rate: float = 0.03
    not_taken_up_share: float = 0.15
    cross_buy_heterogeneity: float = 1.4
    control_share: float = 0.2
    contact_share: float = 0.45
    contact_costs: tuple[tuple[str, float], ...] = (
        ("email", 0.05),
        ("sms", 0.08),
        ("phone", 4.50),
        ("post", 0.95),
    )


PARAMETERS = LenderParameters()


def planted_type(name: str) -> PlantedType:
    """Find a planted type by name.

    Raises
    ------
    ValueError
        If no type has the name; the message lists those that exist.
    """
    for planted in PLANTED_TYPES:
        if planted.name == name:
            return planted
    raise ValueError(f"No planted type is called {name!r}; there are {', '.join(TYPE_NAMES)}.")


def shares() -> FloatArray:
    """Share of each type at the start of history, in the order of `PLANTED_TYPES`."""
    return np.array([planted.share for planted in PLANTED_TYPES])


def latent_means() -> FloatArray:
    """Means of the latents, one row per type."""
    return np.array([planted.latent_means for planted in PLANTED_TYPES])


def latent_covariances() -> FloatArray:
    """Covariance matrices of the latents, one per type."""
    correlation = np.eye(len(LATENTS))
    for left, right, value in PARAMETERS.latent_correlations:
        i, j = LATENTS.index(left), LATENTS.index(right)
        correlation[i, j] = correlation[j, i] = value
    spreads = np.array(PARAMETERS.latent_spreads) * PARAMETERS.overlap
    covariance = correlation * np.outer(spreads, spreads)
    return np.stack([covariance * planted.spread**2 for planted in PLANTED_TYPES])


def transition_matrix() -> FloatArray:
    """Quarterly probabilities of moving from type (row) to type (column)."""
    weights = np.array(PARAMETERS.move_weights)
    moves = PARAMETERS.quarterly_move_rate * weights / weights.sum(axis=1, keepdims=True)
    np.fill_diagonal(moves, 1.0 - PARAMETERS.quarterly_move_rate)
    return np.asarray(moves)


def missed_payment_chain(name: str, *, first_miss_multiplier: float = 1.0) -> FloatArray:
    """Monthly transition matrix between 0, 1, ... 7 missed payments; 7 absorbs.

    Parameters
    ----------
    name : str
        A planted type.
    first_miss_multiplier : float
        The individual's miss rate relative to the type's.

    Returns
    -------
    ndarray of shape (8, 8)
        Rows sum to one.
    """
    planted = planted_type(name)
    states = MISSED_180_DAYS + 1
    chain = np.zeros((states, states))
    miss = min(planted.first_miss_rate * first_miss_multiplier, 0.5)
    chain[0, 0], chain[0, 1] = 1.0 - miss, miss
    for missed in range(1, MISSED_180_DAYS):
        roll = planted.roll_rates[min(missed, len(planted.roll_rates)) - 1]
        stay = (1.0 - roll) * PARAMETERS.stay_share
        chain[missed, missed + 1] += roll
        chain[missed, missed] += stay
        chain[missed, 0] += 1.0 - roll - stay
    chain[-1, -1] = 1.0
    return chain


def implied_default_rate_12m(name: str, *, from_current: bool = False) -> float:
    """Probability of reaching 90 days past due within 12 months.

    Integrates over the spread of individual miss rates within the type. The rate holds for
    a customer with unsecured debt who keeps the type; a secured loan that is paid first
    (`LenderParameters.secured_protection_share`) defaults less often.

    Parameters
    ----------
    name : str
        A planted type.
    from_current : bool
        Start with nothing missed; otherwise start from the steady mixture of 0 to 3 missed
        payments among those that are not in default, as a portfolio does.

    Returns
    -------
    float
        From 0 to 1.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    weights = weights / weights.sum()
    spread = PARAMETERS.first_miss_heterogeneity
    total = 0.0
    for node, weight in zip(nodes, weights, strict=True):
        multiplier = math.exp(spread * node - spread**2 / 2)
        performing = missed_payment_chain(name, first_miss_multiplier=multiplier)[
            :MISSED_90_DAYS, :MISSED_90_DAYS
        ]
        start = np.zeros(MISSED_90_DAYS)
        start[0] = 1.0
        if not from_current:
            for _ in range(240):
                start = start @ performing
                start = start / start.sum()
        total += weight * (1.0 - float((start @ np.linalg.matrix_power(performing, 12)).sum()))
    return total


def response_rates(name: str) -> tuple[float, float]:
    """Response probabilities of a type: contacted, held out."""
    planted = planted_type(name)
    return planted.response_treated, planted.response_control


def monthly_cross_buy_rates(name: str) -> dict[str, float]:
    """Give the openings of each product per eligible customer-month.

    Eligible is whoever joined before the month, holds no account of the product, has room
    for one (one current account, savings account, card and mortgage ever; two personal and
    two car loans), was not in arrears the month before and was never charged off.
    """
    return dict(zip(PRODUCTS, planted_type(name).monthly_cross_buy, strict=True))


def cross_buy_rates(name: str) -> dict[str, float]:
    """Probability of opening each product within 12 eligible months at the mean hazard.

    A fixed cohort of non-holders buys less than this: the keen leave it first, and those
    who fall into arrears open nothing. `monthly_cross_buy_rates` holds exactly.
    """
    return {
        product: 1.0 - (1.0 - hazard) ** 12
        for product, hazard in monthly_cross_buy_rates(name).items()
    }


def score_distribution(name: str) -> tuple[float, float]:
    """Mean and standard deviation of a type's bureau score before any arrears."""
    index = TYPE_NAMES.index(name)
    weights = np.array(PARAMETERS.score_weights)
    deviation = latent_means()[index] - np.array(PARAMETERS.score_origin)
    mean = PARAMETERS.score_base + float(weights @ deviation)
    variance = float(weights @ latent_covariances()[index] @ weights)
    variance += PARAMETERS.score_person_spread**2 + PARAMETERS.score_report_spread**2
    return mean, math.sqrt(variance)


def parameters_hash() -> str:
    """SHA-256 of `PARAMETERS`, so that truth files name what made them."""
    text = json.dumps(dataclasses.asdict(PARAMETERS), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
