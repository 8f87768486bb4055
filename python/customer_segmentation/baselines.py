"""What segments add to simpler ways of telling risks apart.

Everything is fitted on one half of the customers, the segmentation included, and measured
on the other half. A segmentation isn't made to predict default, so a supervised model
ought to win; where even a plain score band wins, the report has to say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from customer_segmentation.kmeans import single_threaded_libraries
from customer_segmentation.representation import Columns, read_number, validate_catalogue
from customer_segmentation.segment_model import fit_segments
from customer_segmentation.stability import Z_95, take

MINIMUM_EVENTS = 10
"""Fewest defaults, and fewest others, that each half must have."""
_HALF = 0.5  # an event added to every cell of an information value


def gini(outcome: ArrayLike, score: ArrayLike) -> float:
    """Return twice the area under the ROC curve less one; ties count half.

    Parameters
    ----------
    outcome : array-like of shape (n,), bool
    score : array-like of shape (n,)
        Higher where the outcome is likelier.

    Returns
    -------
    float
        -1 to 1; nan where all outcomes are alike.
    """
    is_event = np.asarray(outcome, dtype=bool)
    n_events = int(is_event.sum())
    n_others = len(is_event) - n_events
    if n_events == 0 or n_others == 0:
        return float("nan")
    ranks = rankdata(np.asarray(score, dtype=np.float64))
    area = (ranks[is_event].sum() - n_events * (n_events + 1) / 2) / (n_events * n_others)
    return float(2.0 * area - 1.0)


def information_value(outcome: ArrayLike, groups: ArrayLike) -> float:
    """Return the information value of a grouping; half a customer is added to each cell.

    Parameters
    ----------
    outcome : array-like of shape (n,), bool
    groups : array-like of shape (n,)
        Labels.

    Returns
    -------
    float
        0 for a grouping that says nothing; nan where all outcomes are alike.

    References
    ----------
    Siddiqi (2006), Credit risk scorecards.
    """
    is_event = np.asarray(outcome, dtype=bool)
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    events = np.bincount(codes, weights=is_event) + _HALF
    others = np.bincount(codes, weights=~is_event) + _HALF
    if is_event.all() or not is_event.any():
        return float("nan")
    event_share, other_share = events / events.sum(), others / others.sum()
    return float(np.sum((event_share - other_share) * np.log(event_share / other_share)))


def compare_baselines(
    features: Columns,
    outcome: ArrayLike,
    catalogue: pd.DataFrame,
    *,
    k: int,
    seed: int,
    customer_ids: ArrayLike | None = None,
    score_features: Sequence[str] = ("bureau_score", "current_dpd", "max_dpd"),
    n_bootstraps: int = 100,
) -> pd.DataFrame:
    """Measure segments and simpler alternatives on customers that none was fitted to.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        Natural units, known at the observation date; sorted by key.
    outcome : array-like of shape (n,), bool
        Whether the customer defaulted afterwards; scorable customers only.
    catalogue : DataFrame
    k : int
        Segments, bands and leaves.
    seed : int
        Draws the halves and the bootstraps.
    customer_ids : array-like of shape (n,), optional
        Where a customer has several rows: a customer is in one half with all of them.
    score_features : sequence of str
        The first that has values is the score or status to band.
    n_bootstraps : int
        Resamples of held-out customers for the standard error.

    Returns
    -------
    DataFrame
        ``method`` (``segments``, ``score bands``, ``bands of the best feature``,
        ``supervised tree``, ``logistic regression``), ``detail`` (the feature banded, say),
        ``groups_count``, ``gini`` with ``gini_lower`` and ``gini_upper`` (95% interval) and
        ``gini_standard_error``, ``information_value``,
        ``smallest_group_ratio``, ``fit_customers_count``, ``held_out_customers_count`` and
        ``held_out_defaults_count``. Logistic regression is a score: its Gini is
        ungrouped, its information value that of k bands. Empty where a half has too few
        defaults or others to say anything.

    Raises
    ------
    ValueError
        If the lengths disagree.
    """
    is_event = np.asarray(outcome, dtype=bool)
    ids = np.arange(len(is_event)) if customer_ids is None else np.asarray(customer_ids)
    if len(ids) != len(is_event):
        raise ValueError("outcome and customer_ids must be equally long")
    people, codes = np.unique(ids, return_inverse=True)
    in_fit_half = np.random.default_rng(seed).permutation(len(people)) < len(people) // 2
    is_fit = in_fit_half[codes]
    columns = [
        "method", "detail", "groups_count", "gini", "gini_lower", "gini_upper",
        "gini_standard_error", "information_value", "smallest_group_ratio",
        "fit_customers_count", "held_out_customers_count", "held_out_defaults_count",
    ]  # fmt: skip
    halves = (is_event[is_fit], is_event[~is_fit])
    if any(min(int(half.sum()), int((~half).sum())) < MINIMUM_EVENTS for half in halves):
        return pd.DataFrame(columns=columns)

    fit_rows, held_rows = np.flatnonzero(is_fit), np.flatnonzero(~is_fit)
    fit_features, held_features = take(features, fit_rows), take(features, held_rows)
    y = is_event[fit_rows]
    candidates: list[tuple[str, str, NDArray[Any], NDArray[np.float64]]] = []

    model = fit_segments(fit_features, catalogue, k=k, seed=seed)
    fit_labels = model.assign(fit_features).labels
    held_labels = model.assign(held_features).labels
    rates = _rates(y, fit_labels, k)
    candidates.append(("segments", f"{k} segments", held_labels, rates[held_labels]))

    usable = _usable(fit_features, catalogue)
    score_feature = next((name for name in score_features if name in usable), None)
    strengths = {name: abs(gini(y, usable[name][0])) for name in usable}
    best = max(strengths, key=lambda name: (strengths[name], name))
    for method, name in (("score bands", score_feature), ("bands of the best feature", best)):
        if name is not None:
            values, fill = usable[name]
            edges = np.unique(np.quantile(values, np.arange(1, k) / k, method="inverted_cdf"))
            held = read_number(held_features, name)
            fit_bands = np.searchsorted(edges, values, side="left")
            bands = np.searchsorted(edges, np.where(np.isnan(held), fill, held), side="left")
            band_rates = _rates(y, fit_bands, len(edges) + 1)
            candidates.append((method, name, bands, band_rates[bands]))

    x = model.representation.transform(fit_features)
    x_held = model.representation.transform(held_features)
    scale = np.array([row.weight for row in model.representation.dimensions])
    tree = DecisionTreeClassifier(
        max_leaf_nodes=max(k, 2), min_samples_leaf=max(1, len(y) // 20), random_state=seed
    ).fit(x, y)
    candidates.append(
        ("supervised tree", f"{tree.get_n_leaves()} leaves", tree.apply(x_held),
         tree.predict_proba(x_held)[:, 1])
    )  # fmt: skip
    with single_threaded_libraries():
        regression = LogisticRegression(max_iter=1_000).fit(x / scale, y)
        score = regression.decision_function(x_held / scale)
        edges = np.quantile(regression.decision_function(x / scale), np.arange(1, k) / k)
    candidates.append(
        ("logistic regression", "ungrouped score", np.searchsorted(edges, score), score)
    )

    y_held, held_codes = is_event[held_rows], codes[held_rows]
    rows = []
    for method, detail, groups, ranking in candidates:
        value = gini(y_held, ranking)
        error = _standard_error(y_held, ranking, held_codes, n_bootstraps, seed)
        rows.append(
            {
                "method": method,
                "detail": detail,
                "groups_count": len(np.unique(groups)),
                "gini": value,
                "gini_lower": max(value - Z_95 * error, -1.0),
                "gini_upper": min(value + Z_95 * error, 1.0),
                "gini_standard_error": error,
                "information_value": information_value(y_held, groups),
                "smallest_group_ratio": float(np.unique(groups, return_counts=True)[1].min())
                / len(groups),
                "fit_customers_count": len(np.unique(codes[fit_rows])),
                "held_out_customers_count": len(np.unique(held_codes)),
                "held_out_defaults_count": int(y_held.sum()),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def _usable(
    features: Columns, catalogue: pd.DataFrame
) -> dict[str, tuple[NDArray[np.float64], float]]:
    """Return the known, unprotected numeric features with nulls at the median, and that."""
    usable = {}
    for row in validate_catalogue(catalogue):
        name = row["feature"]
        if row["is_protected"] or row["transform"] == "nominal" or name not in features:
            continue
        values = read_number(features, name)
        known = values[~np.isnan(values)]
        if len(known) and known.min() < known.max():
            median = float(np.median(known))
            fill = median if row["imputation"] == "median" else float(row["imputation"])
            usable[name] = (np.where(np.isnan(values), fill, values), fill)
    return usable


def _rates(outcome: NDArray[np.bool_], groups: NDArray[Any], n_groups: int) -> NDArray[np.float64]:
    """Return each group's rate; the overall rate for a group with no customer."""
    counts = np.bincount(groups, minlength=n_groups)
    events = np.bincount(groups, weights=outcome, minlength=n_groups)
    overall = np.full(n_groups, float(outcome.mean()))
    rates: NDArray[np.float64] = np.divide(events, counts, out=overall, where=counts > 0)
    return rates


def _standard_error(
    outcome: NDArray[np.bool_],
    ranking: NDArray[np.float64],
    people: NDArray[np.int64],
    n_bootstraps: int,
    seed: int,
) -> float:
    """Return the Gini's standard error by resampling customers with all their rows."""
    generator = np.random.default_rng(seed)
    order = np.argsort(people, kind="stable")
    _, starts, sizes = np.unique(people[order], return_index=True, return_counts=True)
    values = []
    for _ in range(n_bootstraps):
        drawn = generator.integers(0, len(starts), len(starts))
        offsets = np.repeat(np.cumsum(sizes[drawn]) - sizes[drawn], sizes[drawn])
        within = np.arange(int(sizes[drawn].sum())) - offsets
        rows = order[np.repeat(starts[drawn], sizes[drawn]) + within]
        values.append(gini(outcome[rows], ranking[rows]))
    known = np.array(values)[~np.isnan(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else float("nan")
