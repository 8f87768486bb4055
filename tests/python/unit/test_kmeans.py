"""K-means: hand-solved partitions, and the same answer in any order and on any machine."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans

from customer_segmentation.kmeans import (
    CHUNK_ROWS,
    _updated_centroids,
    assign,
    canonical_rows,
    fit_kmeans,
    validate_values,
)

FINITE = st.floats(-1e6, 1e6, allow_nan=False, width=32)


def three_blobs(n_rows=3_000, seed=0):
    generator = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    kind = generator.choice(3, n_rows, p=[0.5, 0.3, 0.2])
    return centres[kind] + generator.normal(size=(n_rows, 2))


def test_fit_finds_the_hand_solved_partition():
    fit = fit_kmeans([[0.0], [1.0], [10.0], [11.0], [12.0]], k=2, seed=0)

    np.testing.assert_allclose(fit.centroids, [[11.0], [0.5]])  # the larger cluster first
    np.testing.assert_array_equal(fit.counts, [3, 2])
    assert fit.inertia == pytest.approx(2.0 + 0.5)


def test_centroids_of_equal_size_come_in_lexicographic_order():
    fit = fit_kmeans([[5.0, 1.0], [-5.0, 2.0], [5.0, -1.0]], k=3, seed=0)

    np.testing.assert_allclose(fit.centroids, [[-5.0, 2.0], [5.0, -1.0], [5.0, 1.0]])


def test_fit_is_the_same_to_the_bit_in_any_row_order():
    values = three_blobs(2 * CHUNK_ROWS + 7)
    shuffled = values[np.random.default_rng(1).permutation(len(values))]

    one = fit_kmeans(values, k=4, seed=3, sample_size=2_000)
    other = fit_kmeans(shuffled, k=4, seed=3, sample_size=2_000)

    np.testing.assert_array_equal(one.centroids, other.centroids)
    assert one.inertia == other.inertia


def test_fit_is_the_same_to_the_bit_on_one_thread_and_on_four():
    script = (
        "import os, numpy as np\n"
        "from customer_segmentation.kmeans import fit_kmeans\n"
        "os.cpu_count = lambda: int(os.environ['OMP_NUM_THREADS'])\n"
        "values = np.random.default_rng(0).normal(size=(80_000, 5))\n"
        "fit = fit_kmeans(values, k=5, seed=0, n_restarts=1, max_iterations=4)\n"
        "print(fit.centroids.tobytes().hex(), fit.inertia.hex())\n"
    )
    outputs = set()
    for threads in ("1", "4"):
        environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        outputs.add(
            subprocess.run(
                [sys.executable, "-c", script],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )

    assert len(outputs) == 1


def test_inertia_is_within_a_thousandth_of_a_full_search():
    values = three_blobs(40_000)

    ours = fit_kmeans(values, k=4, seed=0, sample_size=5_000)  # one more than there are
    full = KMeans(4, n_init=10, random_state=0).fit(values)

    assert ours.inertia <= full.inertia_ * 1.001


def test_centroids_are_the_means_of_their_rows():
    values = three_blobs()

    fit = fit_kmeans(values, k=3, seed=0, tolerance=0.0)
    labels = assign(values, fit.centroids).labels

    for index, centroid in enumerate(fit.centroids):
        np.testing.assert_allclose(centroid, values[labels == index].mean(axis=0), atol=1e-9)


def test_every_cluster_has_a_row_when_a_few_rows_are_far_from_many_equal_ones():
    values = np.vstack([np.zeros((5_000, 2)), [[1.0, 0.0], [0.0, 1.0], [9.0, 9.0]]])

    fit = fit_kmeans(values, k=4, seed=0, sample_size=50)

    np.testing.assert_array_equal(np.sort(fit.counts), [1, 1, 1, 5_000])
    assert fit.inertia == 0.0


def test_an_empty_cluster_moves_to_the_row_farthest_from_its_centroid():
    rows = np.array([[0.0], [1.0], [8.0]])

    moved = _updated_centroids(
        rows, np.array([[3.0], [99.0]]), sums=np.array([[9.0], [0.0]]), counts=np.array([3, 0])
    )

    np.testing.assert_array_equal(moved, [[3.0], [8.0]])


def test_assign_matches_plain_arithmetic_far_from_the_origin():
    generator = np.random.default_rng(0)
    values = 1e6 + generator.normal(size=(500, 3))
    centroids = 1e6 + generator.normal(size=(4, 3))

    result = assign(values, centroids)
    plain = np.sort(np.sqrt(((values[:, None] - centroids[None]) ** 2).sum(axis=2)), axis=1)

    np.testing.assert_allclose(result.distance, plain[:, 0], rtol=1e-12)
    np.testing.assert_allclose(result.runner_up_distance, plain[:, 1], rtol=1e-12)


def test_assign_gives_hand_solved_margins_and_breaks_ties_downwards():
    result = assign([[0.0], [1.0], [2.0], [5.0]], [[0.0], [4.0], [4.0]])

    np.testing.assert_array_equal(result.labels, [0, 0, 0, 1])
    np.testing.assert_array_equal(result.runner_up, [1, 1, 1, 2])
    np.testing.assert_allclose(result.distance, [0.0, 1.0, 2.0, 1.0])
    np.testing.assert_allclose(result.runner_up_distance, [4.0, 3.0, 2.0, 1.0])
    np.testing.assert_allclose(result.margin, [1.0, 2 / 3, 0.0, 0.0])


def test_margin_is_zero_where_a_row_lies_on_two_equal_centroids():
    assert assign([[4.0]], [[4.0], [4.0]]).margin[0] == 0.0


def test_assign_with_one_centroid_has_no_runner_up():
    result = assign([[3.0, 4.0]], [[0.0, 0.0]])

    assert result.runner_up[0] == -1
    assert np.isnan(result.runner_up_distance[0])
    assert result.margin[0] == 0.0
    assert result.distance[0] == 5.0


def test_assign_is_the_same_in_chunks_and_on_threads():
    values = np.random.default_rng(0).normal(size=(5 * CHUNK_ROWS + 1, 2))
    centroids = values[:6]

    whole = assign(values, centroids)
    last = assign(values[-10:], centroids)

    np.testing.assert_array_equal(whole.labels[-10:], last.labels)
    np.testing.assert_array_equal(whole.distance[-10:], last.distance)


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (12, 2), elements=FINITE), st.integers(0, 2**32 - 1))
def test_canonical_rows_are_a_permutation_that_ignores_order(values, seed):
    shuffled = values[np.random.default_rng(seed).permutation(len(values))]

    ordered = canonical_rows(values)

    np.testing.assert_array_equal(ordered, canonical_rows(shuffled))
    np.testing.assert_array_equal(
        ordered[np.lexsort(ordered.T)], (values + 0.0)[np.lexsort((values + 0.0).T)]
    )


def test_negative_zero_counts_as_zero():
    one = canonical_rows(np.array([[-0.0, 1.0], [2.0, 0.0], [0.0, 3.0]]))
    other = canonical_rows(np.array([[0.0, 3.0], [2.0, -0.0], [0.0, 1.0]]))

    np.testing.assert_array_equal(one, other)
    assert not np.signbit(one).any()


@settings(max_examples=25, deadline=None)
@given(arrays(np.float64, (15, 2), elements=FINITE, unique=True), st.integers(1, 5))
def test_fit_partitions_any_rows(values, k):
    fit = fit_kmeans(values, k=k, seed=0, n_restarts=2)
    result = assign(values, fit.centroids)

    assert fit.counts.sum() == len(values)
    assert (np.diff(fit.counts) <= 0).all()
    assert fit.inertia == pytest.approx((result.distance**2).sum(), rel=1e-9)
    assert (result.distance <= result.runner_up_distance).all() or k == 1
    assert ((result.margin >= 0) & (result.margin <= 1)).all()


@pytest.mark.parametrize(
    ("values", "k", "message"),
    [
        ([1.0, 2.0, 3.0], 2, "two-dimensional"),
        ([[0.0, np.nan], [1.0, np.inf], [2.0, 1.0]], 2, "column 1 of values has 2 non-finite"),
        ([[0.0], [1.0]], 3, "k is 3, but values has 2 rows"),
        ([[0.0], [1.0]], 0, "k must be a whole number from 1"),
        ([[0.0], [1.0]], None, "k must be a whole number from 1"),
        ([[1.0], [1.0], [1.0]], 2, "only 1 distinct rows"),
        (np.empty((3, 0)), 2, "no columns"),
        (np.empty((0, 2)), 1, "0 rows"),
    ],
)
def test_fit_says_what_is_wrong(values, k, message):
    with pytest.raises(ValueError, match=message):
        fit_kmeans(values, k=k, seed=0)


def test_one_row_is_its_own_cluster():
    fit = fit_kmeans([[2.0, 3.0]], k=1, seed=0)

    np.testing.assert_array_equal(fit.centroids, [[2.0, 3.0]])
    assert fit.inertia == 0.0


def test_assign_rejects_centroids_of_another_width():
    with pytest.raises(ValueError, match="2 columns, but centroids has 1"):
        assign([[0.0, 0.0]], [[0.0]])


def test_large_finite_values_are_accepted():
    huge = np.full((2, 2), 1e308)

    np.testing.assert_array_equal(validate_values(huge), huge)
