"""The choice of k and its verdict: right where there is an answer, quiet where there is none."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.benchmarks.known_k import draw_structureless
from customer_segmentation.selection import _choose, _judge_fixed, scan_k

CRITERIA = {
    "inertia",
    "simplified_silhouette",
    "calinski_harabasz",
    "davies_bouldin",
    "gap",
    "silhouette_excess",
    "border_density",
    "prediction_strength",
    "bootstrap_jaccard",
    "smallest_share",
}


def corners(n_rows=600, seed=0, spread=0.3):
    """Four clusters at alternate corners of a cube, which no column shows alone."""
    generator = np.random.default_rng(seed)
    centres = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)
    return centres[np.arange(n_rows) % 4] + generator.normal(0, spread, (n_rows, 3))


@pytest.fixture(scope="module")
def found():
    return scan_k(corners(), candidates=range(2, 7), seed=0)


def measures(**changes):
    """Three candidates of which 3 is natural; each test spoils one thing."""
    frame = pd.DataFrame(
        {
            "k": [2, 3, 4],
            "silhouette_excess": [0.05, 0.20, 0.10],
            "silhouette_excess_error": 0.01,
            "border_density": [0.5, 0.1, 0.9],
            "prediction_strength": [0.9, 0.95, 0.5],
            "prediction_strength_error": 0.0,
            "bootstrap_jaccard": [0.9, 0.95, 0.5],
            "smallest_share": [0.4, 0.3, 0.1],
        }
    )
    return frame.assign(**changes)


def test_separate_clusters_are_counted_and_called_natural(found):
    assert found.k == 4
    assert found.verdict == "natural clusters"
    assert found.scan_k_choice == 4
    assert not found.is_fixed
    assert "4 clusters" in found.reason


def test_scores_hold_every_candidate_and_criterion_once(found):
    assert list(found.scores.columns) == [
        "k",
        "criterion",
        "value",
        "standard_error",
        "reference_value",
        "is_own_choice",
    ]
    assert set(found.scores["criterion"]) == CRITERIA == set(found.own_choices)
    assert not found.scores.duplicated(["k", "criterion"]).any()
    assert len(found.scores) == 5 * len(CRITERIA)
    assert found.scores["value"].notna().all()


def test_own_choices_are_marked_in_scores(found):
    marked = found.scores[found.scores["is_own_choice"]].set_index("criterion")["k"]

    assert marked.to_dict() == {
        criterion: k for criterion, k in found.own_choices.items() if k is not None
    }
    assert found.own_choices["silhouette_excess"] == 4


def test_excess_is_what_the_silhouette_has_beyond_its_reference(found):
    scores = found.scores.set_index(["criterion", "k"])
    silhouette = scores.loc[("simplified_silhouette", 4)]

    assert scores.loc[("silhouette_excess", 4), "value"] == pytest.approx(
        silhouette["value"] - silhouette["reference_value"]
    )
    assert scores.loc[("silhouette_excess", 4), "standard_error"] > 0


def test_a_second_sample_agrees(found):
    assert found.sample_agreement.second_k == 4
    assert found.sample_agreement.score > 0.95


def test_row_order_does_not_matter(found):
    shuffled = np.random.default_rng(1).permutation(corners())

    again = scan_k(shuffled, candidates=[6, 2, 3, 5, 4, 4], seed=0)

    pd.testing.assert_frame_equal(again.scores, found.scores, check_exact=True)
    assert again.reason == found.reason


def test_threads_do_not_matter():
    script = (
        "import os, numpy as np\n"
        "from customer_segmentation.selection import scan_k\n"
        "os.cpu_count = lambda: int(os.environ['OMP_NUM_THREADS'])\n"
        "values = np.random.default_rng(0).normal(size=(200, 3))\n"
        "scores = scan_k(values, candidates=[2, 3], seed=0).scores\n"
        "print([value.hex() for value in scores['value']])\n"
    )
    outputs = set()
    for threads in ("1", "3"):
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


@pytest.mark.parametrize("kind", ["uniform_2d", "normal_8d", "lognormal", "ring"])
def test_a_continuum_is_never_called_natural(kind):
    values = draw_structureless(kind, seed=3, n_rows=800)

    assert scan_k(values, candidates=range(2, 5), seed=0).verdict != "natural clusters"


def test_a_spherical_cloud_in_many_dimensions_has_no_structure():
    result = scan_k(draw_structureless("normal_30d", seed=0, n_rows=800), candidates=[2, 3], seed=0)

    assert (result.k, result.verdict) == (None, "no structure")
    assert np.isnan(result.sample_agreement.score)


def test_a_sample_smaller_than_the_data_still_finds_the_clusters():
    result = scan_k(corners(6_000), candidates=range(2, 6), seed=0, sample_size=1_000)

    assert result.k == 4


def test_minimum_share_excludes_small_clusters():
    small = np.vstack([corners(), np.random.default_rng(0).normal(8, 0.1, (12, 3))])

    free = scan_k(small, candidates=range(3, 7), seed=0)
    bound = scan_k(small, candidates=range(3, 7), seed=0, minimum_share=0.05)
    shares = bound.scores.query("criterion == 'smallest_share'").set_index("k")["value"]

    assert free.k == 5
    assert bound.k is None or shares[bound.k] >= 0.05


def test_fixed_k_is_used_and_the_scan_still_has_its_say():
    result = scan_k(corners(), candidates=range(2, 6), seed=0, fixed_k=3)

    assert (result.k, result.is_fixed, result.scan_k_choice) == (3, True, 4)
    assert result.verdict != "natural clusters"
    assert "fixed at 3" in result.reason
    assert "chosen 4" in result.reason


def test_fixed_k_that_the_scan_agrees_with_keeps_its_verdict():
    result = scan_k(corners(), candidates=[2, 3], seed=0, fixed_k=4)

    assert (result.k, result.verdict, result.scan_k_choice) == (4, "natural clusters", 4)


def test_rule_calls_three_natural():
    choice = _choose(measures(), 0.0)

    assert (choice.k, choice.verdict) == (3, "natural clusters")


def test_rule_needs_an_excess_of_some_size():
    assert _choose(measures(silhouette_excess=0.049), 0.0).verdict == "stable partition"


def test_rule_needs_an_excess_beyond_its_error():
    assert _choose(measures(silhouette_excess_error=0.07), 0.0).verdict == "stable partition"


def test_rule_needs_empty_borders():
    choice = _choose(measures(border_density=[0.5, 0.61, 0.9]), 0.0)

    assert (choice.k, choice.verdict) == (3, "stable partition")
    assert "no clear valley" in choice.reason


def test_rule_takes_no_cluster_that_is_not_found_again_for_natural():
    doubtful = measures(prediction_strength=0.5, bootstrap_jaccard=0.7)
    outlier = measures(prediction_strength=0.5, bootstrap_jaccard=0.5)

    assert (_choose(doubtful, 0.0).k, _choose(doubtful, 0.0).verdict) == (3, "stable partition")
    assert "not found again reliably" in _choose(doubtful, 0.0).reason
    assert _choose(outlier, 0.0).verdict == "no structure"


def test_outliers_of_a_skewed_continuum_are_not_natural_clusters():
    values = draw_structureless("lognormal", seed=31, n_rows=2_500)  # an outlier 20 sd away

    assert scan_k(values, candidates=[2, 3], seed=31).verdict != "natural clusters"


def test_rule_prefers_the_larger_of_near_ties_that_are_found_again():
    choice = _choose(
        measures(
            silhouette_excess=[0.05, 0.2, 0.17],
            prediction_strength=0.9,
            bootstrap_jaccard=0.9,
            border_density=0.2,
        ),
        0.0,
    )

    assert choice.k == 4


def test_rule_prefers_emptier_borders_where_no_near_tie_is_found_again():
    choice = _choose(
        measures(
            silhouette_excess=[0.19, 0.2, 0.17],
            prediction_strength=0.5,
            border_density=[0.3, 0.2, 0.4],
        ),
        0.0,
    )

    assert choice.k == 3


def test_rule_offers_the_largest_stable_number_on_a_continuum():
    choice = _choose(measures(silhouette_excess=0.0, bootstrap_jaccard=[0.9, 0.8, 0.7]), 0.0)

    assert (choice.k, choice.verdict) == (3, "stable partition")
    assert "largest" in choice.reason


def test_rule_claims_nothing_where_nothing_is_found_again():
    choice = _choose(
        measures(silhouette_excess=0.0, bootstrap_jaccard=0.5, prediction_strength=0.5), 0.0
    )

    assert (choice.k, choice.verdict) == (None, "no structure")


def test_rule_ignores_candidates_with_too_small_clusters():
    assert _choose(measures(), 0.35).k == 2
    assert _choose(measures(), 0.9).verdict == "no structure"


def test_a_fixed_k_that_is_not_found_again_is_kept_but_named():
    scanned = _choose(measures(), 0.0)

    fixed = _judge_fixed(measures(), scanned, 4)

    assert (fixed.k, fixed.verdict) == (4, "no structure")
    assert "are not all found again" in fixed.reason


def test_identical_rows_have_no_structure():
    result = scan_k(np.ones((50, 3)), candidates=[2, 3], seed=0)

    assert (result.k, result.verdict) == (None, "no structure")
    assert result.scores.empty
    assert "identical" in result.reason


def test_a_constant_column_changes_no_choice():
    values = np.column_stack([corners(), np.full(600, 4.0)])

    assert scan_k(values, candidates=range(2, 6), seed=0).k == 4


def test_few_rows_are_scanned_without_a_second_sample():
    result = scan_k([[0.0], [0.1], [5.0], [5.1], [5.2]], candidates=[2], seed=0)

    assert result.own_choices["simplified_silhouette"] == 2
    assert result.sample_agreement.second_k is None


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        (np.zeros(4), {}, "two-dimensional"),
        ([[0.0, 1.0]], {}, "1 rows; at least 2"),
        ([[0.0], [np.inf], [1.0]], {}, "column 0 of values has 1 non-finite"),
        (np.eye(5), {"candidates": [2, 9]}, "candidate 9 is out of range"),
        (np.eye(5), {"candidates": [1, 2]}, "candidate 1 is out of range"),
        (np.eye(5), {"candidates": []}, "candidates is empty"),
        (np.eye(5), {"fixed_k": 5}, "candidate 5 is out of range"),
        (np.eye(5), {"minimum_share": 1.0}, "minimum_share"),
        (np.eye(5), {"sample_size": 4}, "sample_size is 4; candidate 2"),
        (np.repeat(np.eye(2), 5, axis=0), {"candidates": [2, 3]}, "candidate 3 exceeds the 2"),
        (np.ones((5, 2)), {"fixed_k": 2}, "candidate 2 exceeds the 1"),
    ],
)
def test_scan_says_what_is_wrong(values, arguments, message):
    with pytest.raises(ValueError, match=message):
        scan_k(values, **{"candidates": [2], "seed": 0, **arguments})
