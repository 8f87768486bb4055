"""A picture of the segments in two dimensions, and how much of them it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from customer_segmentation.kmeans import single_threaded_libraries, validate_values


@dataclass(frozen=True)
class Projection:
    """Principal components of the coordinates that distances rest on.

    Attributes
    ----------
    points : ndarray of shape (n, n_components)
        In weighted standard deviations.
    loadings : ndarray of shape (n_components, d)
        Unit vectors; the largest entry of each is positive.
    explained_variance_ratio : ndarray of shape (n_components,)
        Share of the total variance, 0 to 1.
    """

    points: NDArray[np.float64]
    loadings: NDArray[np.float64]
    explained_variance_ratio: NDArray[np.float64]

    def loadings_table(self, dimensions: list[str]) -> pd.DataFrame:
        """Return one row per component and dimension.

        Parameters
        ----------
        dimensions : list of str
            Names of the d columns.

        Returns
        -------
        DataFrame
            ``component`` (from 1), ``dimension``, ``loading`` (-1 to 1) and
            ``explained_variance_ratio``.
        """
        rows = [
            (component + 1, name, float(value), float(self.explained_variance_ratio[component]))
            for component, vector in enumerate(self.loadings)
            for name, value in zip(dimensions, vector, strict=True)
        ]
        return pd.DataFrame(
            rows, columns=["component", "dimension", "loading", "explained_variance_ratio"]
        )


def project(values: ArrayLike, *, n_components: int = 2) -> Projection:
    """Project the coordinates onto their principal components.

    Parameters
    ----------
    values : array-like of shape (n, d)
    n_components : int
        With fewer columns than this, the last components are zero.

    Returns
    -------
    Projection

    Raises
    ------
    ValueError
        If ``values`` is malformed or ``n_components`` is below 1.
    """
    matrix = validate_values(values, minimum_rows=1)
    if n_components < 1:
        raise ValueError(f"n_components must be at least 1, got {n_components}")
    centred = matrix - matrix.mean(axis=0)
    with single_threaded_libraries():
        covariance = centred.T @ centred / len(centred)
        variances, vectors = np.linalg.eigh(covariance)
    variances, vectors = np.clip(variances[::-1], 0.0, None), vectors[:, ::-1].T
    strongest = np.abs(vectors).argmax(axis=1)
    signs = np.sign(vectors[np.arange(len(vectors)), strongest])
    vectors = vectors * np.where(signs == 0, 1.0, signs)[:, None]
    available = min(n_components, len(vectors))
    loadings = np.zeros((n_components, matrix.shape[1]))
    loadings[:available] = vectors[:available]
    total = variances.sum()
    ratio = np.zeros(n_components)
    if total > 0:
        ratio[:available] = variances[:available] / total
    with single_threaded_libraries():
        points = centred @ loadings.T
    return Projection(points=points, loadings=loadings, explained_variance_ratio=ratio)
