"""Whether the same segments would be found again.

Two questions, per segment. Fit the same number of segments to resampled customers: how
much of a segment comes back (Hennig's bootstrap Jaccard)? And run the whole pipeline,
representation included, on two halves that share no customer: do the two models put
everyone into the same segments?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.kmeans import assign, draw_rows, fit_kmeans, validate_values
from customer_segmentation.representation import Columns, fit_representation

DISSOLVED = 0.5
"""A segment whose best match has a Jaccard index of at most this is gone (Hennig 2007)."""
RECOVERED = 0.75
"""A segment whose best match has at least this is found again (Hennig 2007)."""
Z_95 = 1.959964
"""Standard errors on either side of a 95% interval."""


@dataclass(frozen=True)
class BootstrapStability:
    """Bootstrap Jaccard indices.

    Attributes
    ----------
    jaccard : ndarray of shape (n_bootstraps, k)
        Overlap of each segment with its best match in each bootstrap fit, 0 to 1; nan where a
        bootstrap sample has none of the segment's customers.
    """

    jaccard: NDArray[np.float64]

    def summary(self) -> pd.DataFrame:
        """Return one row per segment.

        Returns
        -------
        DataFrame
            ``bootstrap_jaccard_mean`` with ``_lower`` and ``_upper`` (its 95% interval, within
            0 and 1), ``_minimum``, ``_standard_error`` (of the mean), ``dissolved_ratio`` and
            ``recovered_ratio`` (shares of bootstraps).
        """
        n_known = np.maximum((~np.isnan(self.jaccard)).sum(axis=0), 1)
        filled = np.where(np.isnan(self.jaccard), 0.0, self.jaccard)
        known = ~np.isnan(self.jaccard)
        mean = filled.sum(axis=0) / n_known
        spread = np.where(known, (self.jaccard - mean) ** 2, 0.0).sum(axis=0)
        variance = spread / np.maximum(n_known - 1, 1)
        standard_error = np.sqrt(variance / n_known)
        return pd.DataFrame(
            {
                "bootstraps_count": known.sum(axis=0),
                "bootstrap_jaccard_mean": mean,
                "bootstrap_jaccard_mean_lower": np.clip(mean - Z_95 * standard_error, 0.0, 1.0),
                "bootstrap_jaccard_mean_upper": np.clip(mean + Z_95 * standard_error, 0.0, 1.0),
                "bootstrap_jaccard_minimum": np.where(known, self.jaccard, 1.0).min(axis=0),
                "bootstrap_jaccard_standard_error": standard_error,
                "dissolved_ratio": (known & (filled <= DISSOLVED)).sum(axis=0) / n_known,
                "recovered_ratio": (known & (filled >= RECOVERED)).sum(axis=0) / n_known,
            }
        )


@dataclass(frozen=True)
class HalvesAgreement:
    """How far two fits on disjoint halves agree about everyone.

    Attributes
    ----------
    adjusted_rand_index : float
        Between the two fits; 1 for the same partition, about 0 for unrelated ones.
    jaccard : ndarray of shape (k,)
        Per segment of the model, its mean best overlap with the segments of either half's fit.
    """

    adjusted_rand_index: float
    jaccard: NDArray[np.float64]


def bootstrap_jaccard(
    values: ArrayLike,
    centroids: ArrayLike,
    *,
    seed: int,
    n_bootstraps: int = 25,
    n_restarts: int = 3,
    sample_size: int = 20_000,
) -> BootstrapStability:
    """Refit to resampled customers and see how much of each segment returns.

    Parameters
    ----------
    values : array-like of shape (n, d)
        Coordinates, in an order that the caller keeps (sorted by key).
    centroids : array-like of shape (k, d)
        Of the model.
    seed : int
    n_bootstraps, n_restarts : int
        Refits, and k-means++ starts of each.
    sample_size : int
        Most customers resampled from; more add cost and no insight.

    Returns
    -------
    BootstrapStability

    Raises
    ------
    ValueError
        If ``values`` is malformed or ``n_bootstraps`` is below 1.

    References
    ----------
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    """
    matrix = validate_values(values, minimum_rows=1)
    if n_bootstraps < 1:
        raise ValueError(f"n_bootstraps must be at least 1, got {n_bootstraps}")
    matrix = draw_rows(matrix, size=sample_size, seed=seed)
    own = assign(matrix, centroids).labels
    k = len(np.asarray(centroids))
    result = np.full((n_bootstraps, k), np.nan)
    for index, generator in enumerate(np.random.default_rng(seed).spawn(n_bootstraps)):
        drawn = generator.integers(0, len(matrix), len(matrix))
        distinct = np.unique(drawn)
        n_clusters = min(k, len(np.unique(matrix[distinct], axis=0)))
        refit = fit_kmeans(
            matrix[drawn], k=n_clusters, seed=int(generator.integers(2**31)), n_restarts=n_restarts
        )
        found = assign(matrix[distinct], refit.centroids).labels
        result[index] = best_overlaps(own[distinct], found, k)
    return BootstrapStability(result)


def agreement_of_halves(
    features: Columns,
    catalogue: pd.DataFrame,
    labels: ArrayLike,
    *,
    k: int,
    seed: int,
) -> HalvesAgreement:
    """Fit representation and segments on two disjoint halves and compare them on everyone.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        The fit population, sorted by key.
    catalogue : DataFrame
    labels : array-like of shape (n,), int
        The model's own segments.
    k, seed : int

    Returns
    -------
    HalvesAgreement

    Raises
    ------
    ValueError
        If a half has fewer distinct customers than ``k``.
    """
    own = np.asarray(labels)
    n_rows = len(own)
    shuffled = np.random.default_rng(seed).permutation(n_rows)
    partitions = []
    for half in (shuffled[: n_rows // 2], shuffled[n_rows // 2 :]):
        rows = np.sort(half)
        representation = fit_representation(take(features, rows), catalogue)
        fit = fit_kmeans(representation.transform(take(features, rows)), k=k, seed=seed)
        partitions.append(assign(representation.transform(features), fit.centroids).labels)
    overlaps = [best_overlaps(own, partition, k) for partition in partitions]
    return HalvesAgreement(
        adjusted_rand_index=float(adjusted_rand_score(*partitions)),
        jaccard=np.mean(overlaps, axis=0),
    )


def best_overlaps(labels: ArrayLike, found: ArrayLike, k: int) -> NDArray[np.float64]:
    """Return the Jaccard index of each segment with its best match in another partition.

    Parameters
    ----------
    labels, found : array-like of shape (n,), int
        From 0.
    k : int
        Segments in ``labels``.

    Returns
    -------
    ndarray of shape (k,)
        nan for a segment with no customer.
    """
    own, other = np.asarray(labels, dtype=np.int64), np.asarray(found, dtype=np.int64)
    shared = np.zeros((k, int(other.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(shared, (own, other), 1)
    sizes = shared.sum(axis=1)
    union = sizes[:, None] + shared.sum(axis=0)[None, :] - shared
    overlap = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    return np.where(sizes > 0, overlap.max(axis=1), np.nan)


def take(features: Columns, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Return the same rows of every column.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
    rows : ndarray of int
        Positions.

    Returns
    -------
    dict of str to array
    """
    chosen: dict[str, Any] = {}
    for name in map(str, features):
        column = features[name]
        chosen[name] = column.iloc[rows] if isinstance(column, pd.Series) else column[rows]
    return chosen
