"""Campaigns with a control group, and who responded."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text
from customer_segmentation.sample_lender.latents import Latents
from customer_segmentation.sample_lender.people import CONTACT_CHANNELS, People, by_type

IntArray = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Campaign:
    """One campaign; it runs for six weeks from the tenth of its month."""

    name: str
    product: str
    channel: str
    month: int


CAMPAIGNS: tuple[Campaign, ...] = (
    Campaign("Balance transfer spring 2023", "credit_card", "email", 2),
    Campaign("Savings rate June 2023", "savings_account", "post", 5),
    Campaign("Car loan autumn 2023", "car_loan", "sms", 8),
    Campaign("Loan top-up winter 2023", "personal_loan", "email", 10),
    Campaign("Card cashback spring 2024", "credit_card", "sms", 14),
    Campaign("Home improvement loan 2024", "personal_loan", "phone", 17),
    Campaign("Savings rate autumn 2024", "savings_account", "email", 20),
    Campaign("Balance transfer winter 2024", "credit_card", "post", 22),
    Campaign("Car loan spring 2025", "car_loan", "email", 26),
    Campaign("Savings goal summer 2025", "savings_account", "sms", 29),
    Campaign("Loan top-up autumn 2025", "personal_loan", "phone", 32),
    Campaign("Card cashback winter 2025", "credit_card", "email", 34),
)
LENGTH_DAYS = 42


def campaign_rows() -> pa.Table:
    """Lay out the campaigns extract."""
    starts = text.month_starts()
    started = np.array([starts[campaign.month] + 9 for campaign in CAMPAIGNS])
    everyone = np.arange(len(CAMPAIGNS))
    return pa.table(
        {
            "campaign_id": text.keys("K", everyone + 1, 4),
            "name": pa.array([campaign.name for campaign in CAMPAIGNS]),
            "product_type": pa.array([campaign.product for campaign in CAMPAIGNS]),
            "channel": pa.array([campaign.channel for campaign in CAMPAIGNS]),
            "started_on": text.dates(started),
            "ended_on": text.dates(started + LENGTH_DAYS),
            "loaded_at": text.loaded(started - 14),
        }
    )


def contact_rows(
    latents: Latents, people: People, left: IntArray, rng: np.random.Generator
) -> pa.Table:
    """Draw the audience of each campaign, hold out a control group, draw responses.

    Both groups are drawn at random from those who consent to the channel; whether a
    control responds is recorded too, so that incremental response is measurable.
    """
    settings = economics.PARAMETERS
    starts = text.month_starts()
    treated_rate, control_rate = by_type("response_treated"), by_type("response_control")
    margins = by_type("response_margin")
    parts: list[pa.Table] = []
    for index, campaign in enumerate(CAMPAIGNS):
        channel = CONTACT_CHANNELS.index(campaign.channel)
        present = (people.join_month < campaign.month) & (left >= campaign.month)
        reachable = present & people.consents[:, channel]
        who = np.flatnonzero(reachable & (rng.random(len(left)) < settings.contact_share))
        count = len(who)
        kind = latents.types[who, campaign.month // 3]
        control = rng.random(count) < settings.control_share
        rate = np.where(control, control_rate[kind], treated_rate[kind])
        responded = rng.random(count) < rate
        day = starts[campaign.month] + 9 + rng.integers(0, 10, count)
        second = day * text.SECONDS_PER_DAY + rng.integers(9 * 60, 18 * 60, count) * 60
        delay_days = np.minimum(rng.exponential(6.0, count), 30.0)
        answered = second + 3600 + np.floor(delay_days * 1440).astype(np.int64) * 60
        answered = np.minimum(answered, (text.HISTORY_LAST_DAY + 1) * text.SECONDS_PER_DAY - 60)
        margin = np.round(margins[kind] * 100 * np.exp(rng.normal(0, 0.3, count) - 0.045))
        cost = round(dict(settings.contact_costs)[campaign.channel] * 100)
        contact_number = (index + 1) * 100_000_000 + people.number[who]
        parts.append(
            pa.table(
                {
                    "contact_id": text.keys("M", contact_number, 11),
                    "campaign_id": text.keys("K", np.full(count, index + 1), 4),
                    "customer_id": text.keys("C", people.number[who], 7),
                    "channel": text.codes(np.full(count, channel), CONTACT_CHANNELS),
                    "contacted_at": text.stamps(second),
                    "is_control": text.flags(control),
                    "responded_at": text.stamps(answered, ~responded),
                    "product_type": pa.array([campaign.product] * count, type=pa.string()),
                    "cost_amount": text.money(np.where(control, 0, cost)),
                    "margin_amount": text.money(np.where(responded, margin, 0)),
                    "loaded_at": text.loaded(
                        np.where(responded, answered // text.SECONDS_PER_DAY, day)
                    ),
                }
            )
        )
    return pa.concat_tables(parts)
