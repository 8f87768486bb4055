"""Applications that were approved and then not taken up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender import text

# Nobody has so many applications of their own.
NUMBER_OFFSET = 50
# Long enough before the one that was taken up that nobody takes the two for one.
EARLIEST_DAYS, LATEST_DAYS = 300, 100


def not_taken_up(applications: pa.Table, customers: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Make applications that came to nothing because the customer went elsewhere or waited.

    Each is an earlier version of one that was approved and taken up: same customer, product and
    decision, another amount, 100 to 300 days before, never before the customer came or history
    starts. Nothing else follows from them: no account, loan or inquiry.

    Parameters
    ----------
    applications : pyarrow.Table
        Clean applications of a chunk, text columns; all that are approved were taken up.
    customers : pyarrow.Table
        Clean customers of the chunk.
    rng : numpy.random.Generator
        A generator of their own, so that they change no other draw.

    Returns
    -------
    pyarrow.Table
        The extra applications alone, in the layout of ``applications``.
    """
    share = economics.PARAMETERS.not_taken_up_share
    approved = applications.filter(pc.equal(applications["decision"], "approved"))
    # Of all approvals, `share` come to nothing; each of these has one that was taken up.
    drawn = rng.random(len(approved)) < share / (1 - share)
    days_before = rng.integers(LATEST_DAYS, EARLIEST_DAYS + 1, len(approved))
    factor = rng.uniform(0.7, 1.3, len(approved))
    day = approved["applied_on"].cast(pa.date32()).to_numpy().astype("datetime64[D]")
    day = day.astype(np.int64) - days_before
    since = dict(
        zip(
            customers["customer_id"].to_pylist(),
            customers["customer_since"].cast(pa.date32()).to_numpy().astype(np.int64),
            strict=True,
        )
    )
    first = np.array([since[key] for key in approved["customer_id"].to_pylist()], dtype=np.int64)
    kept = drawn & (day >= np.maximum(first, text.HISTORY_FIRST_DAY))
    source = approved.filter(pa.array(kept))
    number = pc.utf8_slice_codeunits(source["application_id"], 1).cast(pa.int64()).to_numpy()
    asked = source["requested_amount"].cast(pa.float64()).to_numpy() * factor[kept]
    changed = {
        "application_id": text.keys("P", number + NUMBER_OFFSET, 9),
        "requested_amount": text.money(np.round(asked / 100).astype(np.int64) * 10_000),
        "applied_on": text.dates(day[kept]),
        "loaded_at": text.loaded(day[kept]),
    }
    return pa.table(
        {name: changed.get(name, source[name]) for name in applications.schema.names},
        schema=applications.schema,
    )
