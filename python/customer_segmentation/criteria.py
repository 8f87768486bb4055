"""What can be said of one partition: how compact, how separate, how reproducible.

Everything here is linear in the number of rows. Each function measures one thing of one
partition; weighing them is the business of :mod:`customer_segmentation.selection`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import davies_bouldin_score

from customer_segmentation.kmeans import Assignment, assign, fit_sample

FloatArray = NDArray[np.float64]

BORDER_WIDTH = 0.2
"""Width of the bands in :func:`border_density`, as a share of the way between centroids.

Wide enough to hold some fifty rows of a small cluster, narrow enough to tell the border
from the middle of a cluster."""


def resample_restarts(k: int) -> int:
    """Return the k-means++ starts that each resample or reference deserves.

    A poor optimum there looks like instability, and it is more likely with many clusters.

    Parameters
    ----------
    k : int

    Returns
    -------
    int
        A third of k, and 3 or more.
    """
    return max(3, k // 3)


def inertia(assignment: Assignment) -> float:
    """Return the sum over rows of the squared distance to the own centroid.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    float
        In squared units of the input.
    """
    return float(np.sum(assignment.distance**2))


def simplified_silhouette(assignment: Assignment) -> float:
    """Return the mean over rows of ``(b - a) / b``.

    ``a`` is the distance to the own centroid and ``b`` to the next one. The classical
    silhouette averages distances to all rows of a cluster, which is quadratic; distances
    to centroids rank partitions nearly the same at linear cost.

    Parameters
    ----------
    assignment : Assignment
        Of two clusters or more.

    Returns
    -------
    float
        From 0 (every row on a border) to 1 (every row at its centroid).

    Raises
    ------
    ValueError
        If there is one cluster only.

    References
    ----------
    Rousseeuw (1987), doi:10.1016/0377-0427(87)90125-7
    Hruschka, de Castro and Campello (2004), doi:10.1109/ICDM.2004.10073
    """
    _require_runner_up(assignment)
    return float(assignment.margin.mean())


def calinski_harabasz(values: ArrayLike, assignment: Assignment, *, k: int) -> float:
    """Return the variance between clusters over the variance within them.

    Parameters
    ----------
    values : array-like of shape (n, d)
    assignment : Assignment
        Of the same rows to the means of their clusters.
    k : int
        From 2 to n - 1.

    Returns
    -------
    float
        Infinite where no row differs from its centroid.

    References
    ----------
    Calinski and Harabasz (1974), doi:10.1080/03610927408827101
    """
    matrix = np.asarray(values, dtype=np.float64)
    within = inertia(assignment)
    total = float(np.sum((matrix - matrix.mean(axis=0)) ** 2))
    if within == 0:
        return np.inf
    return ((total - within) / (k - 1)) / (within / (len(matrix) - k))


def davies_bouldin(values: ArrayLike, assignment: Assignment) -> float:
    """Return the mean over clusters of the worst ratio of spread to separation.

    Parameters
    ----------
    values : array-like of shape (n, d)
    assignment : Assignment
        Of the same rows, with two clusters or more that hold a row.

    Returns
    -------
    float
        From 0; lower is better.

    References
    ----------
    Davies and Bouldin (1979), doi:10.1109/TPAMI.1979.4766909
    """
    return float(davies_bouldin_score(np.asarray(values, dtype=np.float64), assignment.labels))


def smallest_share(assignment: Assignment, *, k: int) -> float:
    """Return the share of rows in the smallest cluster, from 0 to 1 / k.

    Parameters
    ----------
    assignment : Assignment
    k : int

    Returns
    -------
    float
    """
    return float(np.bincount(assignment.labels, minlength=k).min() / len(assignment.labels))


def border_density(values: ArrayLike, centroids: ArrayLike, assignment: Assignment) -> float:
    """Return how crowded the borders between clusters are, relative to their insides.

    A cut through a continuum runs through a crowd; a border between natural clusters runs
    through a valley. For each pair of clusters, the rows nearest to one whose next centroid
    is the other are placed on the line from centroid to centroid (0 to 1). The rows in a
    band about the middle are counted, and those in the most crowded band on either side;
    the side with fewer is taken, as a saddle is judged from the lower peak. Counts are
    added over pairs, so that each counts by its rows.

    The rows whose two nearest centroids are this pair form a wedge that widens up to the
    border. A constant density thus gives 1 on a line and more than 1 in higher dimensions,
    and so do a cut normal, a cut ring and a cut ball. Less than 1 takes a real valley.

    Parameters
    ----------
    values : array-like of shape (n, d)
    centroids : array-like of shape (k, d)
        With k of 2 or more.
    assignment : Assignment
        Of ``values`` to ``centroids``.

    Returns
    -------
    float
        0 where borders are empty, about 1 or more where they cut a crowd; nan where no
        side of any border has a row.

    Raises
    ------
    ValueError
        If there is one cluster only.

    References
    ----------
    The valley between two modes as the mark of a cluster: Hartigan (1975), Clustering
    Algorithms, chapter 11; as a test of splits: Kalogeratos and Likas (2012), Dip-means.
    """
    _require_runner_up(assignment)
    matrix, centres = np.asarray(values, dtype=np.float64), np.asarray(centroids, dtype=np.float64)
    k = len(centres)
    low = np.minimum(assignment.labels, assignment.runner_up)
    high = np.maximum(assignment.labels, assignment.runner_up)
    direction = centres[high] - centres[low]
    length = np.einsum("ij,ij->i", direction, direction)
    apart = length > 0
    position = np.einsum("ij,ij->i", matrix[apart] - centres[low[apart]], direction[apart])
    position /= length[apart]
    pair = (low * k + high)[apart]

    # Bands half as far apart as they are wide, centred at -0.3, -0.2, ..., 1.3.
    half = BORDER_WIDTH / 2
    cell = np.floor(position / half).astype(np.int64)
    first_cell, n_cells = -4, 18
    inside = (cell >= first_cell) & (cell < first_cell + n_cells)
    counts = np.bincount(
        pair[inside] * n_cells + cell[inside] - first_cell, minlength=k * k * n_cells
    ).reshape(k * k, n_cells)
    bands = counts[:, :-1] + counts[:, 1:]
    middle = bands[:, 8]
    peak = np.minimum(bands[:, :7].max(axis=1), bands[:, 10:].max(axis=1))
    return float(middle.sum() / peak.sum()) if peak.sum() else np.nan


def prediction_strength(
    rows: FloatArray, *, k: int, seed: int, n_splits: int
) -> tuple[float, float]:
    """Return how well one half of the rows predicts the clusters of the other half.

    Each half is clustered. Within each cluster of one half, the share of pairs of rows that
    the other half's centroids also put together is taken, and the lowest share over
    clusters is kept; this is averaged over random splits and both roles of the halves.

    Parameters
    ----------
    rows : ndarray of shape (n, d), float64
        In canonical order.
    k : int
    seed : int
        Seeds the splits and the fits.
    n_splits : int
        Two or more, for the standard error.

    Returns
    -------
    strength : float
        From 0 to 1; the authors call 0.8 or more strong. A cluster with one row counts 0,
        since nothing predicts it, and so does a half with fewer than k rows.
    standard_error : float
        Of the mean over splits.

    References
    ----------
    Tibshirani and Walther (2005), doi:10.1198/106186005X59243
    """
    if len(rows) // 2 < k:
        return 0.0, 0.0
    strengths = []
    for index in range(n_splits):
        order = np.random.default_rng((seed, index)).permutation(len(rows))
        halves = [rows[np.sort(part)] for part in np.array_split(order, 2)]
        centroids = [
            fit_sample(half, k=k, seed=seed, n_restarts=resample_restarts(k)) for half in halves
        ]
        strengths.append(
            np.mean(
                [
                    _lowest_pair_share(
                        assign(halves[own], centroids[own]).labels,
                        assign(halves[own], centroids[1 - own]).labels,
                        k,
                    )
                    for own in (0, 1)
                ]
            )
        )
    return float(np.mean(strengths)), float(np.std(strengths, ddof=1) / np.sqrt(n_splits))


def bootstrap_jaccard(
    rows: FloatArray, centroids: FloatArray, *, seed: int, n_resamples: int
) -> float:
    """Return how well the least stable cluster is found again in resampled rows.

    Each resample (with replacement) is clustered and all rows are assigned to its
    centroids. For each original cluster the largest Jaccard similarity with a new one is
    averaged over resamples; the lowest average over clusters is returned.

    Parameters
    ----------
    rows : ndarray of shape (n, d), float64
        In canonical order.
    centroids : ndarray of shape (k, d), float64
        Fitted to ``rows``.
    seed : int
    n_resamples : int

    Returns
    -------
    float
        From 0 to 1; below 0.6 a cluster is not to be trusted, from 0.75 it is valid.

    References
    ----------
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    """
    k = len(centroids)
    labels = assign(rows, centroids).labels

    similarity = np.zeros(k)
    for index in range(n_resamples):
        drawn = np.random.default_rng((seed, index)).integers(len(rows), size=len(rows))
        refitted = fit_sample(rows[np.sort(drawn)], k=k, seed=seed, n_restarts=resample_restarts(k))
        common = _contingency(labels, assign(rows, refitted).labels, k)
        either = common.sum(axis=1)[:, None] + common.sum(axis=0)[None, :] - common
        similarity += (common / np.maximum(either, 1)).max(axis=1)
    return float(similarity.min() / n_resamples)


def _contingency(first: NDArray[np.int32], second: NDArray[np.int32], k: int) -> FloatArray:
    pairs = first.astype(np.int64) * k + second
    return np.bincount(pairs, minlength=k * k).reshape(k, k).astype(np.float64)


def _lowest_pair_share(own: NDArray[np.int32], predicted: NDArray[np.int32], k: int) -> float:
    counts = _contingency(own, predicted, k)
    sizes = counts.sum(axis=1)
    together = (counts * (counts - 1)).sum(axis=1)
    return float(np.min(together / np.maximum(sizes * (sizes - 1), 1)))


def _require_runner_up(assignment: Assignment) -> None:
    if (assignment.runner_up < 0).any():
        raise ValueError("the partition has one cluster; this criterion needs two or more")
