"""Population stability, by hand and against what chance alone makes of it."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_segmentation.drift import bin_counts, fit_bins, stability_index


def test_index_by_hand():
    # Half a customer is added to each bin: 100.5 and 300.5 of 401, then 200.5 twice.
    p, q = np.array([100.5, 300.5]) / 401, np.array([0.5, 0.5])
    expected = sum((q - p) * np.log(q / p))
    index = stability_index([100, 300], [200, 200])
    assert index.value == pytest.approx(expected)
    assert index.value == pytest.approx(0.273, abs=0.001)
    assert index.verdict == "large"


def test_sampling_error_by_hand():
    index = stability_index([500, 500], [100, 100])
    assert index.degrees_of_freedom == 1
    assert index.expected_value == pytest.approx(1 / 1000 + 1 / 200)
    assert index.upper_bound == pytest.approx(3.841459 * (1 / 1000 + 1 / 200), rel=1e-6)
    assert index.value == pytest.approx(0.0, abs=1e-9)
    assert index.verdict == "within sampling error"


def test_bound_holds_about_95_times_in_100_when_nothing_changes():
    generator = np.random.default_rng(0)
    shares = np.full(10, 0.1)
    indices = [
        stability_index(generator.multinomial(3_000, shares), generator.multinomial(800, shares))
        for _ in range(2_000)
    ]
    within = np.mean([index.value <= index.upper_bound for index in indices])
    assert within == pytest.approx(0.95, abs=0.015)
    mean = np.mean([index.value for index in indices])
    assert mean == pytest.approx(indices[0].expected_value, rel=0.05)


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([50_500, 49_500], "within sampling error"),
        ([52_000, 48_000], "small"),
        ([60_000, 40_000], "moderate"),
        ([80_000, 20_000], "large"),
    ],
)
def test_verdicts(counts, verdict):
    scaled = [2_000, 2_000] if verdict == "within sampling error" else [50_000, 50_000]
    if verdict == "moderate":
        counts = [67_000, 33_000]
    assert stability_index(scaled, counts).verdict == verdict


def test_bins_empty_in_both_do_not_count_and_an_empty_one_is_finite():
    index = stability_index([10, 0, 10], [10, 0, 10])
    assert index.degrees_of_freedom == 1
    assert math.isfinite(stability_index([10, 0], [0, 10]).value)


def test_empty_population_has_no_index():
    index = stability_index([0, 0], [3, 4])
    assert math.isnan(index.value)
    assert index.verdict == "no customers"


def test_malformed_counts_are_refused():
    with pytest.raises(ValueError, match="same bins"):
        stability_index([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="negative"):
        stability_index([1, -2], [1, 2])


def test_bins_are_deciles_with_null_apart():
    values = np.append(np.arange(1.0, 101.0), [np.nan] * 5)
    (bins,) = fit_bins({"amount": values}, ["amount"])
    assert bins.edges == tuple(float(edge) for edge in range(10, 100, 10))
    assert bins.counts == (10,) * 10 + (5,)


def test_frozen_bins_take_values_beyond_those_at_fit():
    (bins,) = fit_bins({"amount": np.arange(1.0, 101.0)}, ["amount"])
    counts = bin_counts({"amount": [-1e9, 10.0, 10.1, 1e9, np.nan]}, bins)
    assert counts.tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]


def test_mostly_zero_feature_has_fewer_bins():
    values = np.append(np.zeros(80), np.arange(1.0, 21.0))
    (bins,) = fit_bins({"amount": values}, ["amount"])
    assert bins.edges == (0.0, 10.0)
    assert bins.counts == (80, 10, 10, 0)


def test_categories_share_a_bin_where_they_came_later():
    frame = pd.DataFrame({"home": ["own", "own", "rent", None]})
    (bins,) = fit_bins(frame, ["home"])
    assert bins.categories == ("own", "rent")
    assert bins.counts == (2, 1, 0, 1)
    later = pd.DataFrame({"home": ["boat", "own", None, None]})
    assert bin_counts(later, bins).tolist() == [1, 0, 1, 2]


def test_features_without_values_have_no_bins():
    assert fit_bins({"amount": [np.nan, np.nan]}, ["amount", "absent"]) == ()


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=12))
def test_index_is_never_negative_and_zero_for_equal_shares(pairs):
    before, after = zip(*pairs, strict=True)
    index = stability_index(before, after)
    if index.verdict != "no customers":
        assert index.value >= 0.0
        assert stability_index(before, before).value == 0.0
