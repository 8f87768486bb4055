"""Stability: perfect where groups are apart, poor where a blob is cut at random."""

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.kmeans import assign, fit_kmeans
from customer_segmentation.stability import (
    BootstrapStability,
    agreement_of_halves,
    best_overlaps,
    bootstrap_jaccard,
    take,
)

CATALOGUE = pd.DataFrame(
    [
        ("x", "capacity", "unknown", "median", "none", True, False),
        ("y", "utilisation", "unknown", "median", "none", True, False),
    ],
    columns=[
        "feature", "family", "null_meaning", "imputation", "transform", "is_clustering",
        "is_protected",
    ],
)  # fmt: skip


def apart(n_rows=300, seed=0):
    generator = np.random.default_rng(seed)
    corners = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    return corners[np.arange(n_rows) % 3] + generator.normal(size=(n_rows, 2))


def test_best_overlap_by_hand():
    # Segment 0 (3 customers) and cluster 1 (3 customers) share two of four.
    overlaps = best_overlaps([0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 1], 2)
    np.testing.assert_allclose(overlaps, [2 / 4, 2 / 4])
    assert np.isnan(best_overlaps([0, 0], [0, 0], 2)[1])


def test_groups_apart_are_found_again():
    values = apart()
    centroids = fit_kmeans(values, k=3, seed=1).centroids
    summary = bootstrap_jaccard(values, centroids, seed=1, n_bootstraps=8).summary()
    assert (summary["bootstrap_jaccard_mean"] > 0.99).all()
    assert (summary["recovered_ratio"] == 1.0).all()
    assert (summary["dissolved_ratio"] == 0.0).all()
    assert (summary["bootstraps_count"] == 8).all()


def test_arbitrary_cuts_of_a_blob_are_not():
    values = np.random.default_rng(0).normal(size=(400, 6))
    centroids = fit_kmeans(values, k=6, seed=1).centroids
    summary = bootstrap_jaccard(values, centroids, seed=1, n_bootstraps=8).summary()
    assert summary["bootstrap_jaccard_mean"].mean() < 0.75


def test_bootstraps_repeat_with_their_seed():
    values = apart(90)
    centroids = fit_kmeans(values, k=3, seed=1).centroids
    first = bootstrap_jaccard(values, centroids, seed=5, n_bootstraps=3)
    second = bootstrap_jaccard(values, centroids, seed=5, n_bootstraps=3)
    np.testing.assert_array_equal(first.jaccard, second.jaccard)


def test_summary_counts_hennigs_limits_and_skips_the_unknown():
    summary = BootstrapStability(
        np.array([[0.4, 1.0], [0.8, 1.0], [np.nan, 1.0], [0.5, 0.7]])
    ).summary()
    assert summary["bootstraps_count"].tolist() == [3, 4]
    assert summary["bootstrap_jaccard_mean"][0] == pytest.approx(1.7 / 3)
    assert summary["bootstrap_jaccard_minimum"].tolist() == [0.4, 0.7]
    assert summary["dissolved_ratio"].tolist() == [pytest.approx(2 / 3), 0.0]
    assert summary["recovered_ratio"].tolist() == [pytest.approx(1 / 3), 0.75]


def test_halves_agree_where_groups_are_apart():
    frame = pd.DataFrame(apart(), columns=["x", "y"])
    labels = np.arange(300) % 3
    halves = agreement_of_halves(frame, CATALOGUE, labels, k=3, seed=1)
    assert halves.adjusted_rand_index > 0.99
    assert (halves.jaccard > 0.99).all()


def test_halves_disagree_about_a_blob():
    frame = pd.DataFrame(np.random.default_rng(3).normal(size=(300, 2)), columns=["x", "y"])
    labels = assign(frame.to_numpy(), fit_kmeans(frame, k=7, seed=1).centroids).labels
    halves = agreement_of_halves(frame, CATALOGUE, labels, k=7, seed=1)
    assert halves.adjusted_rand_index < 0.8


def test_halves_with_too_few_customers_are_refused():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [4.0, 1.0, 3.0, 2.0]})
    with pytest.raises(ValueError, match="k is 3"):
        agreement_of_halves(frame, CATALOGUE, np.zeros(4, dtype=int), k=3, seed=1)


def test_at_least_one_bootstrap():
    with pytest.raises(ValueError, match="n_bootstraps"):
        bootstrap_jaccard(apart(30), apart(3), seed=1, n_bootstraps=0)


def test_take_keeps_columns_together():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": ["a", "b", "c"]}, index=[9, 8, 7])
    chosen = take(frame, np.array([2, 0]))
    assert list(chosen["x"]) == [3.0, 1.0]
    assert list(chosen["y"]) == ["c", "a"]
