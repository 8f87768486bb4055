"""Format NumPy columns as the text that an old system's extract would hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Array = NDArray[Any]

HISTORY_FIRST_DAY = int(np.datetime64("2023-01-01", "D").astype(np.int64))
HISTORY_LAST_DAY = int(np.datetime64("2025-12-31", "D").astype(np.int64))
SECONDS_PER_DAY = 86_400
LOAD_HOUR = 4


def month_starts() -> NDArray[np.int64]:
    """First day of each of the 36 months and of the month after, as days since 1970."""
    months = np.arange("2023-01", "2026-02", dtype="datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def dates(days: Array, missing: Array | None = None) -> pa.Array:
    """Days since 1970 as ``YYYY-MM-DD``; null where ``missing``."""
    return pa.array(days.astype(np.int32), mask=missing).cast(pa.date32()).cast(pa.string())


def stamps(seconds: Array, missing: Array | None = None) -> pa.Array:
    """Seconds since 1970 as ``YYYY-MM-DD HH:MM:SS``."""
    whole = pa.array(seconds.astype(np.int64), mask=missing)
    return whole.cast(pa.timestamp("s")).cast(pa.string())


def loaded(days: Array) -> pa.Array:
    """Date the load that follows an event: 04:00 the next day, never before history starts."""
    floor = np.maximum(days + 1, HISTORY_FIRST_DAY)
    return stamps(floor.astype(np.int64) * SECONDS_PER_DAY + LOAD_HOUR * 3600)


def money(cents: Array, missing: Array | None = None) -> pa.Array:
    """Cents as decimal text with two decimals."""
    whole = pa.array(np.asarray(cents, dtype=np.int64), mask=missing).cast(pa.decimal128(19, 0))
    scaled = pa.Array.from_buffers(pa.decimal128(19, 2), len(whole), whole.buffers())
    return scaled.cast(pa.string())


def integers(values: Array, missing: Array | None = None) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(np.asarray(values, dtype=np.int64), mask=missing).cast(pa.string())


def codes(indices: Array, names: Sequence[str]) -> pa.Array:
    """Names by index; null where the index is negative."""
    taken = pa.array(np.maximum(indices, 0).astype(np.int32), mask=np.asarray(indices) < 0)
    return pa.array(list(names), type=pa.string()).take(taken)


def flags(values: Array) -> pa.Array:
    """Booleans as Y and N."""
    return codes(np.asarray(values).astype(np.int64), ("N", "Y"))


def keys(prefix: str, numbers: Array, width: int, missing: Array | None = None) -> pa.Array:
    """Numbers as zero-padded identifiers with a prefix."""
    padded = pc.utf8_lpad(integers(numbers, missing), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, padded, "")
