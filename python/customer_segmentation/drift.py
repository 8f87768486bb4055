"""Population stability, with the sampling error of the index.

The customary limits of 0.1 and 0.25 ignore sample size: among 300 customers an index of 0.1
is luck, among a million 0.01 is a change. Under no change the index times
``n m / (n + m)`` follows approximately a chi-square distribution with one degree of
freedom less than there are bins, so each index comes with its expectation and 95% bound.
The bound treats the two populations as independent samples; where most customers are
in both, chance moves the index less, so the bound errs on the side of not crying wolf.

References
----------
Yurdakul and Naranjo (2020), Statistical properties of the population stability index,
Journal of Risk Model Validation 14(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from customer_segmentation.representation import Columns, read_number, read_text, sorted_quantile

N_BINS = 10
CONFIDENCE = 0.95
MODERATE, LARGE = 0.1, 0.25
"""The customary limits (Siddiqi 2006, Credit risk scorecards)."""
_HALF = 0.5  # a customer added to every bin, so that an empty one doesn't make infinity
_MOST_CATEGORIES = 20


@dataclass(frozen=True)
class FeatureBins:
    """How one feature was distributed at fit.

    Attributes
    ----------
    feature : str
    edges : tuple of float
        Upper ends of all bins but the last, each included; natural units.
    categories : tuple of str
        For text; everything else, later categories included, shares one bin.
    counts : tuple of int
        Customers per bin at fit; the last bin is null.
    """

    feature: str
    edges: tuple[float, ...]
    categories: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class StabilityIndex:
    """A population stability index and what chance alone would make of it.

    Attributes
    ----------
    value : float
        0 for equal shares.
    expected_value : float
        Its mean if nothing changed.
    upper_bound : float
        What it stays below 95 times in 100 if nothing changed.
    degrees_of_freedom : int
        Bins with customers, less one.
    verdict : str
        ``within sampling error``, ``small``, ``moderate`` or ``large``; ``no customers``
        where either population is empty.
    """

    value: float
    expected_value: float
    upper_bound: float
    degrees_of_freedom: int
    verdict: str


def fit_bins(features: Columns, names: list[str]) -> tuple[FeatureBins, ...]:
    """Freeze the bins of each feature: deciles of its known values, and null.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        The fit population, natural units.
    names : list of str
        Features to bin; those absent or null throughout are left out.

    Returns
    -------
    tuple of FeatureBins
    """
    frozen = []
    for name in names:
        if name not in features:
            continue
        if _is_text(features[name]):
            text = read_text(features, name)
            known = pd.Series(text, dtype=object).dropna()
            if known.empty:
                continue
            shares = known.value_counts()
            ranked = sorted(shares.index, key=lambda category: (-shares[category], category))
            bins = FeatureBins(name, (), tuple(ranked[:_MOST_CATEGORIES]), ())
        else:
            values = read_number(features, name)
            ordered = np.sort(values[~np.isnan(values)])
            if len(ordered) == 0:
                continue
            deciles = (sorted_quantile(ordered, step / N_BINS) for step in range(1, N_BINS))
            edges = sorted({edge for edge in deciles if edge < ordered[-1]})
            bins = FeatureBins(name, tuple(edges), (), ())
        counts = tuple(int(count) for count in bin_counts(features, bins))
        frozen.append(FeatureBins(bins.feature, bins.edges, bins.categories, counts))
    return tuple(frozen)


def bin_counts(features: Columns, bins: FeatureBins) -> NDArray[np.int64]:
    """Count customers per frozen bin; the last bin is null.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        Natural units.
    bins : FeatureBins

    Returns
    -------
    ndarray of shape (n_bins,), int64
    """
    if bins.categories:
        text = pd.Series(read_text(features, bins.feature), dtype=object)
        position = {category: index for index, category in enumerate(bins.categories)}
        other = len(bins.categories)
        codes = text.map(lambda value: position.get(value, other), na_action="ignore")
        codes = codes.fillna(other + 1)
        return np.bincount(codes.to_numpy(dtype=np.int64), minlength=other + 2)
    values = read_number(features, bins.feature)
    missing = np.isnan(values)
    index = np.searchsorted(np.asarray(bins.edges, dtype=np.float64), values[~missing], side="left")
    counts = np.bincount(index, minlength=len(bins.edges) + 1)
    return np.append(counts, missing.sum()).astype(np.int64)


def stability_index(fit_counts: ArrayLike, counts: ArrayLike) -> StabilityIndex:
    """Compare two distributions over the same bins.

    The index sums ``(p - q) ln(p / q)`` over bins; half a customer is added to every
    bin first. Bins that are empty in both populations don't count.

    Parameters
    ----------
    fit_counts, counts : array-like of shape (n_bins,)
        Customers per bin at fit and now.

    Returns
    -------
    StabilityIndex

    Raises
    ------
    ValueError
        If the numbers of bins differ or a count is negative.
    """
    before = np.asarray(fit_counts, dtype=np.float64)
    after = np.asarray(counts, dtype=np.float64)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError("fit_counts and counts must have the same bins")
    if (before < 0).any() or (after < 0).any():
        raise ValueError("counts must not be negative")
    filled = (before + after) > 0
    before, after = before[filled], after[filled]
    if before.sum() == 0 or after.sum() == 0:
        return StabilityIndex(float("nan"), float("nan"), float("nan"), 0, "no customers")
    expected = (before + _HALF) / (before + _HALF).sum()
    actual = (after + _HALF) / (after + _HALF).sum()
    value = float(np.sum((actual - expected) * np.log(actual / expected)))
    freedom = len(before) - 1
    error = 1.0 / before.sum() + 1.0 / after.sum()
    bound = float(chi2.ppf(CONFIDENCE, freedom)) * error if freedom else 0.0
    if value <= bound:
        verdict = "within sampling error"
    else:
        verdict = "small" if value < MODERATE else "moderate" if value < LARGE else "large"
    return StabilityIndex(value, freedom * error, bound, freedom, verdict)


def _is_text(column: Any) -> bool:
    if isinstance(column, pd.Series):
        return not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return np.asarray(column).dtype.kind not in "fiub"
