"""Data sets that look like the real one but hold no clusters.

K-means returns k clusters from anything, so a criterion means little until one knows what
it would be without structure. "Without structure" has to keep what isn't in question:
skewed, discrete or heavy-tailed columns, and columns that move together, lift a silhouette
with no cluster in sight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from customer_segmentation.kmeans import validate_values

FloatArray = NDArray[np.float64]


def draw_copula_reference(values: ArrayLike, *, seed: int) -> FloatArray:
    """Draw a data set with the same columns and rank correlations and nothing else.

    Normal variables with the correlation of the data's normal scores (a Gaussian copula)
    are replaced, column by column, by the data's own values of the same rank. Each column
    is therefore a permutation of the original one: its skew, ties and outliers stay, and a
    valley in one column alone is not counted as clustering.

    Parameters
    ----------
    values : array-like of shape (n, d)
        In any units; constant columns stay constant.
    seed : int
        Seeds the draw.

    Returns
    -------
    ndarray of shape (n, d), float64
        In the units of ``values``.

    Raises
    ------
    ValueError
        If ``values`` is malformed or has fewer than two rows.

    References
    ----------
    Iman and Conover (1982), doi:10.1080/03610918208812265, for the reordering.
    Tibshirani, Walther and Hastie (2001), doi:10.1111/1467-9868.00293, for the idea of a
    reference; theirs is uniform, which takes any skew for a cluster.
    """
    matrix = validate_values(values)
    n, d = matrix.shape
    scores = ndtri((rankdata(matrix, axis=0) - 0.5) / n)
    varies = np.ptp(scores, axis=0) > 0
    correlation = np.eye(d)
    if varies.any():
        correlation[np.ix_(varies, varies)] = np.corrcoef(scores[:, varies], rowvar=False)
    eigenvalues, eigenvectors = np.linalg.eigh(correlation)
    root = eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    normal = np.random.default_rng(seed).normal(size=(n, d)) @ root.T
    ranks = normal.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(np.sort(matrix, axis=0), ranks, axis=0)


def draw_uniform_reference(values: ArrayLike, *, seed: int) -> FloatArray:
    """Draw uniformly from the box that the data's principal axes span.

    The reference of the published gap statistic. Only the benchmark of other rules uses
    it: see :func:`draw_copula_reference` for what is wrong with it on customers.

    Parameters
    ----------
    values : array-like of shape (n, d)
    seed : int

    Returns
    -------
    ndarray of shape (n, d), float64
        In the units of ``values``.

    Raises
    ------
    ValueError
        If ``values`` is malformed or has fewer than two rows.

    References
    ----------
    Tibshirani, Walther and Hastie (2001), section 3, choice b.
    """
    matrix = validate_values(values)
    centre = matrix.mean(axis=0)
    axes = np.linalg.svd(matrix - centre, full_matrices=False)[2]
    rotated = (matrix - centre) @ axes.T
    box = np.random.default_rng(seed).uniform(
        rotated.min(axis=0), rotated.max(axis=0), size=rotated.shape
    )
    return np.asarray(box @ axes + centre)
