"""Carry segment ids from one version of a model to the next.

K-means numbers its clusters anew at every fit. A segment id is a promise to everyone who
built a campaign or a limit strategy on it, so a refit first looks for each segment among
the previous ones. An id that finds no successor is retired and never used again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

MINIMUM_OVERLAP = 0.5
"""Above a Jaccard overlap of one half at most one partner is possible (Hennig 2007)."""
MINIMUM_SHARED = 50
"""With fewer shared customers than this, centroids decide."""
_TIE_BREAK = 1e-6  # far below the overlap that one customer makes among a million


@dataclass(frozen=True)
class LineageRow:
    """What became of one segment between two versions.

    Attributes
    ----------
    event : str
        ``kept``, ``new`` or ``retired``.
    segment_id : str or None
        Id in the new version; None where ``retired``.
    previous_segment_id : str or None
        The same id where ``kept``, the id itself where ``retired``, and the segment that it
        overlaps most where ``new`` (None at a first fit).
    overlap_ratio : float or None
        Jaccard index of the two segments' customers, 0 to 1; None without a previous version
        or shared customers.
    shared_customers_count, customers_count, previous_customers_count : int
        Among the customers that both versions were asked about.
    centroid_distance : float or None
        In the previous version's coordinates.
    matched_on : str
        ``customers`` or ``centroids``; ``first fit`` without a previous version.
    """

    event: str
    segment_id: str | None
    previous_segment_id: str | None
    overlap_ratio: float | None
    shared_customers_count: int
    customers_count: int
    previous_customers_count: int
    centroid_distance: float | None
    matched_on: str


@dataclass(frozen=True)
class SegmentMatch:
    """Ids for the segments of a refit.

    Attributes
    ----------
    segment_ids : tuple of str
        One per new segment, in its order.
    rows : tuple of LineageRow
        One per new segment, then one per retired one.
    """

    segment_ids: tuple[str, ...]
    rows: tuple[LineageRow, ...]


def new_segment_ids(count: int, used_ids: Iterable[str]) -> tuple[str, ...]:
    """Return ids that follow the highest one ever used.

    Parameters
    ----------
    count : int
    used_ids : iterable of str
        Every id that any version has had, like ``S01``.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If an id isn't an S and a number.
    """
    highest = 0
    for segment_id in used_ids:
        if not re.fullmatch(r"S\d{2,}", segment_id):
            raise ValueError(f"segment id {segment_id} is not an S and at least two digits")
        highest = max(highest, int(segment_id[1:]))
    return tuple(f"S{number:02d}" for number in range(highest + 1, highest + 1 + count))


def match_segments(
    previous_labels: ArrayLike,
    labels: ArrayLike,
    *,
    previous_ids: Sequence[str],
    previous_centroids: ArrayLike,
    centroids: ArrayLike,
    used_ids: Iterable[str] = (),
    minimum_overlap: float = MINIMUM_OVERLAP,
    minimum_shared: int = MINIMUM_SHARED,
) -> SegmentMatch:
    """Find each new segment among the previous ones.

    The assignment with the greatest total Jaccard overlap wins; nearer centroids break
    ties. A pair keeps the id only where its overlap exceeds ``minimum_overlap``. With too
    few shared customers, pairs that are each other's nearest centroid keep the id.

    Parameters
    ----------
    previous_labels, labels : array-like of shape (n,), int
        Segment of each shared customer in the previous and the new version, from 0.
    previous_ids : sequence of str
    previous_centroids : array-like of shape (k_previous, d)
    centroids : array-like of shape (k, d)
        In the coordinates of ``previous_centroids``.
    used_ids : iterable of str
        Every id that any version has had; ``previous_ids`` need not be repeated.
    minimum_overlap : float
        From 0 to 1.
    minimum_shared : int
        Customers.

    Returns
    -------
    SegmentMatch

    Raises
    ------
    ValueError
        If lengths or numbers of columns disagree, or a label is out of range.

    References
    ----------
    Kuhn (1955), doi:10.1002/nav.3800020109
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    """
    before = np.asarray(previous_labels, dtype=np.int64)
    after = np.asarray(labels, dtype=np.int64)
    old = np.asarray(previous_centroids, dtype=np.float64)
    new = np.asarray(centroids, dtype=np.float64)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError("previous_labels and labels must be equally long")
    if old.ndim != 2 or new.ndim != 2 or old.shape[1] != new.shape[1]:
        raise ValueError("previous_centroids and centroids must have the same columns")
    if len(previous_ids) != len(old):
        raise ValueError(f"there are {len(previous_ids)} previous ids for {len(old)} centroids")
    for name, values, limit in (("previous_labels", before, len(old)), ("labels", after, len(new))):
        if len(values) and not 0 <= values.min() <= values.max() < limit:
            raise ValueError(f"{name} must lie from 0 to {limit - 1}")

    shared = np.zeros((len(old), len(new)), dtype=np.int64)
    np.add.at(shared, (before, after), 1)
    old_sizes, new_sizes = shared.sum(axis=1), shared.sum(axis=0)
    union = old_sizes[:, None] + new_sizes[None, :] - shared
    overlap = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    distance = np.sqrt(((old[:, None, :] - new[None, :, :]) ** 2).sum(axis=2))
    by_customers = len(before) >= minimum_shared
    if by_customers:
        worth = overlap + _TIE_BREAK / (1.0 + distance)
        pairs = zip(*linear_sum_assignment(worth, maximize=True), strict=True)
        kept = {int(j): int(i) for i, j in pairs if overlap[i, j] > minimum_overlap}
    else:
        kept = {
            j: i
            for i, j in np.ndindex(*distance.shape)
            if distance[i].argmin() == j and distance[:, j].argmin() == i
        }

    used = [*used_ids, *previous_ids]
    fresh = iter(new_segment_ids(len(new) - len(kept), used))
    ids = tuple(previous_ids[kept[j]] if j in kept else next(fresh) for j in range(len(new)))
    matched_on = "customers" if by_customers else "centroids"

    def row(event: str, i: int, j: int) -> LineageRow:
        return LineageRow(
            event=event,
            segment_id=None if event == "retired" else ids[j],
            previous_segment_id=previous_ids[i],
            overlap_ratio=float(overlap[i, j]) if len(before) else None,
            shared_customers_count=int(shared[i, j]),
            customers_count=int(new_sizes[j]),
            previous_customers_count=int(old_sizes[i]),
            centroid_distance=float(distance[i, j]),
            matched_on=matched_on,
        )

    def closest(scores: NDArray[np.float64], distances: NDArray[np.float64]) -> int:
        return int(np.lexsort((distances, -scores))[0])

    rows = []
    for j in range(len(new)):
        if j in kept:
            rows.append(row("kept", kept[j], j))
        else:
            rows.append(row("new", closest(overlap[:, j], distance[:, j]), j))
    for i in range(len(old)):
        if i not in kept.values():
            rows.append(row("retired", i, closest(overlap[i], distance[i])))
    return SegmentMatch(segment_ids=ids, rows=tuple(rows))


def first_lineage(segment_ids: Sequence[str], counts: Sequence[int]) -> tuple[LineageRow, ...]:
    """Return the rows of a fit that has no previous version.

    Parameters
    ----------
    segment_ids : sequence of str
    counts : sequence of int
        Customers in each.

    Returns
    -------
    tuple of LineageRow
    """
    return tuple(
        LineageRow(
            event="new",
            segment_id=segment_id,
            previous_segment_id=None,
            overlap_ratio=None,
            shared_customers_count=0,
            customers_count=int(count),
            previous_customers_count=0,
            centroid_distance=None,
            matched_on="first fit",
        )
        for segment_id, count in zip(segment_ids, counts, strict=True)
    )
