"""Measures of separation by hand, and honest halves."""

import math

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.baselines import compare_baselines, gini, information_value
from customer_segmentation.projection import project

CATALOGUE = pd.DataFrame(
    [
        ("bureau_score", "bureau", "unknown", "median", "none", True, False),
        ("usage", "utilisation", "unknown", "median", "none", True, False),
        ("age_years", "tenure", "unknown", "median", "none", False, True),
    ],
    columns=[
        "feature", "family", "null_meaning", "imputation", "transform", "is_clustering",
        "is_protected",
    ],
)  # fmt: skip


def lender(n_rows=2_000, seed=0):
    """Default depends on the score; age, a protected attribute, gives it away entirely."""
    generator = np.random.default_rng(seed)
    score = generator.normal(600, 50, n_rows)
    chance = 1 / (1 + np.exp((score - 530) / 25))
    outcome = generator.random(n_rows) < chance
    features = pd.DataFrame(
        {
            "bureau_score": score,
            "usage": generator.normal(size=n_rows),
            "age_years": np.where(outcome, 70.0, 30.0),
        }
    )
    return features, outcome


def test_gini_by_hand():
    assert gini([True, True, False, False], [4, 3, 2, 1]) == 1.0
    assert gini([True, True, False, False], [1, 2, 3, 4]) == -1.0
    assert gini([True, False, True, False], [1, 1, 1, 1]) == 0.0
    # Of four pairs three are in order: an area of 0.75.
    assert gini([True, False, True, False], [4, 3, 2, 1]) == pytest.approx(0.5)
    assert math.isnan(gini([True, True], [1, 2]))


def test_information_value_by_hand():
    # 30.5 and 10.5 of 41 defaults against 10.5 and 30.5 of 41 others.
    outcome = np.array([True] * 30 + [False] * 10 + [True] * 10 + [False] * 30)
    groups = np.repeat(["a", "b"], 40)
    expected = 2 * (20 / 41) * math.log(30.5 / 10.5)
    assert information_value(outcome, groups) == pytest.approx(expected)
    assert information_value([True, False] * 50, [1] * 100) == pytest.approx(0.0)
    assert math.isnan(information_value([True, True], [1, 2]))


def test_every_method_is_measured_on_the_same_held_out_half():
    features, outcome = lender()
    table = compare_baselines(features, outcome, CATALOGUE, k=3, seed=1, n_bootstraps=20)
    assert table["method"].tolist() == [
        "segments", "score bands", "bands of the best feature", "supervised tree",
        "logistic regression",
    ]  # fmt: skip
    assert (table["fit_customers_count"] == 1_000).all()
    assert (table["held_out_customers_count"] == 1_000).all()
    assert table["held_out_defaults_count"].nunique() == 1
    assert table["gini_standard_error"].between(0.005, 0.1).all()
    width = table["gini_upper"] - table["gini_lower"]
    assert width.to_numpy() == pytest.approx(2 * 1.959964 * table["gini_standard_error"].to_numpy())
    by_method = table.set_index("method")
    assert by_method.loc["score bands", "detail"] == "bureau_score"
    assert by_method.loc["score bands", "groups_count"] == 3
    assert by_method.loc["logistic regression", "gini"] == by_method["gini"].max()


def test_protected_attribute_is_never_banded():
    features, outcome = lender()
    table = compare_baselines(features, outcome, CATALOGUE, k=3, seed=1, n_bootstraps=2)
    assert table["gini"].max() < 0.95
    assert "age_years" not in set(table["detail"])


def test_outcome_without_pattern_gives_no_gini_on_the_held_out_half():
    features, _ = lender()
    outcome = np.random.default_rng(9).random(len(features)) < 0.2
    table = compare_baselines(features, outcome, CATALOGUE, k=4, seed=1, n_bootstraps=50)
    assert (table["gini"].abs() < 4 * table["gini_standard_error"]).all()


def test_customer_is_in_one_half_with_all_dates():
    features, outcome = lender(600)
    twice = pd.concat([features, features], ignore_index=True)
    ids = np.tile(np.arange(600), 2)
    table = compare_baselines(
        twice, np.tile(outcome, 2), CATALOGUE, k=3, seed=1, customer_ids=ids, n_bootstraps=2
    )
    assert (table["fit_customers_count"] == 300).all()
    assert (table["held_out_customers_count"] == 300).all()
    assert (table["held_out_defaults_count"] % 2 == 0).all()


def test_standard_error_counts_customers_and_not_rows():
    features, outcome = lender(1_200)
    once = compare_baselines(features, outcome, CATALOGUE, k=3, seed=1, n_bootstraps=200)
    five = compare_baselines(
        pd.concat([features] * 5, ignore_index=True), np.tile(outcome, 5), CATALOGUE, k=3,
        seed=1, customer_ids=np.tile(np.arange(1_200), 5), n_bootstraps=200,
    )  # fmt: skip
    ratio = five["gini_standard_error"] / once["gini_standard_error"]
    assert ratio.between(0.7, 1.4).all()  # rows alone would make it 0.45


def test_too_few_defaults_say_nothing():
    features, _ = lender(200)
    outcome = np.zeros(200, dtype=bool)
    outcome[:8] = True
    assert compare_baselines(features, outcome, CATALOGUE, k=3, seed=1).empty


def test_unequal_lengths_are_refused():
    features, outcome = lender(100)
    with pytest.raises(ValueError, match="equally long"):
        compare_baselines(features, outcome, CATALOGUE, k=2, seed=1, customer_ids=[1, 2])


def test_projection_shows_the_longest_axis_first():
    x = np.linspace(-3, 3, 101)
    values = np.column_stack([x, 0.5 * np.cos(x * 7), np.zeros(101)])
    projection = project(values)
    assert abs(projection.loadings[0, 0]) == pytest.approx(1.0, abs=0.01)
    assert projection.loadings[0, 0] > 0
    shares = projection.explained_variance_ratio
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] == pytest.approx(values.var(axis=0)[0] / values.var(axis=0).sum(), abs=0.01)
    np.testing.assert_allclose(projection.points.mean(axis=0), 0.0, atol=1e-12)


def test_projection_of_one_column_and_of_one_point():
    assert project([[1.0], [3.0]]).points[:, 1].tolist() == [0.0, 0.0]
    single = project([[1.0, 2.0]])
    assert single.points.tolist() == [[0.0, 0.0]]
    assert single.explained_variance_ratio.tolist() == [0.0, 0.0]


def test_loadings_table_names_dimensions():
    table = project(np.random.default_rng(0).normal(size=(50, 3))).loadings_table(["a", "b", "c"])
    assert table["dimension"].tolist() == ["a", "b", "c", "a", "b", "c"]
    assert (
        table.groupby("component")["loading"].apply(lambda one: (one**2).sum()) - 1 < 1e-9
    ).all()
