"""The maths of the representation, on inputs that can be checked by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_segmentation.representation import (
    fit_representation,
    sorted_quantile,
    validate_catalogue,
)


def catalogue_of(*rows):
    """Return a catalogue from (feature, family, null_meaning, imputation, transform)."""
    names = ["feature", "family", "null_meaning", "imputation", "transform"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(is_clustering=True, is_protected=False, weight=1.0)


def one_feature(transform="none", imputation="median", null_meaning="unknown"):
    return catalogue_of(("amount", "capacity", null_meaning, imputation, transform))


def treatment_of(representation, feature):
    table = representation.treatment().set_index("feature")
    return table.loc[feature]


def test_untransformed_feature_is_standardised_by_population_mean_and_deviation():
    fitted = fit_representation({"amount": [2.0, 4.0, 6.0, 8.0]}, one_feature())
    dimension = fitted.dimensions[0]
    assert dimension.centre == 5.0
    assert dimension.scale == pytest.approx(math.sqrt(5.0), abs=1e-11)
    coordinates = fitted.transform({"amount": [5.0, 5.0 + math.sqrt(5.0)]})
    # Four different values of a quarter each: a variance of 1 - 4 / 4 ** 3.
    np.testing.assert_allclose(coordinates[:, 0], [0.0, math.sqrt(15 / 16)], atol=1e-11)


def test_log_counts_in_the_lowest_decile_of_absolute_values():
    values = [0.0, 10.0, 10.0, 10.0, 1000.0, -10.0]
    fitted = fit_representation({"amount": values}, one_feature("log"))
    dimension = fitted.dimensions[0]
    assert dimension.unit == 10.0
    # ln(1 + 1000 / 10) would be 4.6; the fence at 3 (third quartile) is beyond it.
    expected = np.array([0.0, math.log(2), math.log(101), -math.log(2)])
    z = (np.clip(expected, dimension.lower_cap, dimension.upper_cap) - dimension.centre) / (
        dimension.scale
    )
    got = fitted.transform({"amount": [0.0, 10.0, 1000.0, -10.0]})[:, 0]
    np.testing.assert_allclose(got, dimension.weight * z, atol=1e-12)


def test_power_makes_lognormal_values_nearly_normal():
    values = np.exp(np.random.default_rng(0).normal(0, 1, 4_000))
    fitted = fit_representation({"amount": values}, one_feature("power"))
    z = fitted.transform({"amount": values})[:, 0]
    assert abs(np.mean(z**3)) < 0.2  # the raw values' skewness is above 4
    assert -1.0 <= fitted.dimensions[0].power <= 0.5


def test_logit_keeps_shares_within_its_margin():
    fitted = fit_representation({"amount": [0.0, 0.25, 0.5, 0.75, 1.0]}, one_feature("logit"))
    dimension = fitted.dimensions[0]
    assert dimension.centre == pytest.approx(0.0, abs=1e-12)
    at_zero, at_margin = fitted.transform({"amount": [0.0, 0.01]})[:, 0]
    assert at_zero == at_margin


def test_caps_pull_in_only_what_is_beyond_fence_and_tail_and_count_it():
    values = np.concatenate([np.linspace(0.0, 1.0, 999), [1_000.0]])
    fitted = fit_representation({"amount": values}, one_feature())
    treatment = treatment_of(fitted, "amount")
    assert treatment["capped_high_count"] == 1
    assert treatment["capped_low_count"] == 0
    assert treatment["customers_count"] == 1_000
    # Third quartile 0.75 plus three ranges of 0.5.
    assert treatment["upper_cap_value"] == pytest.approx(2.25, abs=0.01)
    capped, beyond = fitted.transform({"amount": [1e6, 1e9]})[:, 0]
    assert capped == beyond


def test_mostly_zero_feature_is_not_flattened_by_the_fence():
    values = np.concatenate([np.zeros(80), np.arange(1.0, 21.0)])
    treatment = treatment_of(fit_representation({"amount": values}, one_feature()), "amount")
    assert treatment["capped_high_count"] <= 1
    assert treatment["upper_cap_value"] >= 19.0


@pytest.mark.parametrize(
    ("imputation", "expected"), [("zero", 0.0), ("median", 3.0), ("7.5", 7.5), (4, 4.0)]
)
def test_null_takes_the_value_of_the_catalogue(imputation, expected):
    values = [1.0, 3.0, 100.0, np.nan]
    fitted = fit_representation({"amount": values}, one_feature("none", imputation))
    assert fitted.dimensions[0].imputed_value == expected
    missing, known = fitted.transform({"amount": [np.nan, expected]})[:, 0]
    assert missing == known
    assert treatment_of(fitted, "amount")["imputed_count"] == 1


def test_meaningful_missingness_is_a_dimension_and_unknown_is_not():
    values = np.where(np.arange(100) % 4 == 0, np.nan, np.arange(100) % 7)
    meaningful = fit_representation(
        {"amount": values}, one_feature("none", "median", "not_a_holder")
    )
    assert [row.dimension for row in meaningful.dimensions] == ["amount", "amount__missing"]
    indicator = meaningful.dimensions[1]
    assert indicator.centre == 0.25
    assert indicator.scale == pytest.approx(math.sqrt(0.25 * 0.75), abs=1e-11)
    unknown = fit_representation({"amount": values}, one_feature())
    assert [row.dimension for row in unknown.dimensions] == ["amount"]


def test_missingness_that_is_rare_gets_no_dimension_and_a_reason():
    values = np.arange(100.0)
    values[:2] = np.nan
    fitted = fit_representation({"amount": values}, one_feature("none", "zero", "nothing_due"))
    treatment = treatment_of(fitted, "amount")
    assert not treatment["has_missing_dimension"]
    assert treatment["missing_reason"] == "missing for too few or too many"


def test_rare_indicator_is_scaled_as_a_ten_percent_one():
    values = np.arange(100.0)
    values[:5] = np.nan
    fitted = fit_representation({"amount": values}, one_feature("none", "zero", "nothing_due"))
    assert fitted.dimensions[1].scale == pytest.approx(0.3)


def test_same_missingness_of_two_families_is_one_dimension():
    generator = np.random.default_rng(0)
    missing = np.arange(200) % 5 == 0
    features = {
        name: np.where(missing, np.nan, generator.normal(size=200)) for name in ("limit", "usage")
    }
    catalogue = catalogue_of(
        ("limit", "capacity", "not_a_holder", "median", "none"),
        ("usage", "utilisation", "not_a_holder", "median", "none"),
    )
    fitted = fit_representation(features, catalogue)
    assert [row.dimension for row in fitted.dimensions] == ["limit", "limit__missing", "usage"]
    assert treatment_of(fitted, "usage")["missing_reason"] == "told by limit__missing"


def test_near_constant_feature_is_dropped_with_its_reason():
    features = {"amount": np.arange(200.0), "flat": np.where(np.arange(200) < 1, 9.0, 1.0)}
    catalogue = catalogue_of(
        ("amount", "capacity", "unknown", "median", "none"),
        ("flat", "tenure", "unknown", "median", "none"),
    )
    fitted = fit_representation(features, catalogue)
    assert fitted.features == ("amount",)
    assert treatment_of(fitted, "flat")["reason"] == "nearly the same for every customer"


def test_monotone_copy_is_dropped_as_near_duplicate():
    amount = np.random.default_rng(0).normal(size=300)
    catalogue = catalogue_of(
        ("amount", "capacity", "unknown", "median", "none"),
        ("copied", "capacity", "unknown", "median", "none"),
    )
    fitted = fit_representation({"amount": amount, "copied": np.exp(amount)}, catalogue)
    assert fitted.features == ("amount",)
    treatment = treatment_of(fitted, "copied")
    assert treatment["near_duplicate_of"] == "amount"
    assert treatment["rank_correlation"] > 0.98


def test_near_duplicate_known_for_more_customers_stays():
    amount = np.random.default_rng(0).normal(size=300)
    holed = amount.copy()
    holed[0] = np.nan
    catalogue = catalogue_of(
        ("amount", "capacity", "unknown", "median", "none"),
        ("whole", "capacity", "unknown", "median", "none"),
    )
    fitted = fit_representation({"amount": holed, "whole": amount}, catalogue)
    assert fitted.features == ("whole",)


def test_row_order_does_not_decide_which_customers_are_compared():
    generator = np.random.default_rng(0)
    amount = generator.normal(size=25_000)  # more than the correlation looks at
    features = {"amount": amount, "copied": amount + 0.1 * generator.normal(size=25_000)}
    catalogue = catalogue_of(
        ("amount", "capacity", "unknown", "median", "none"),
        ("copied", "capacity", "unknown", "median", "none"),
    )
    fitted = fit_representation(features, catalogue)
    assert fitted.treatment()["rank_correlation"].notna().sum() == 1
    shuffled = {name: values[::-1] for name, values in features.items()}
    assert fit_representation(shuffled, catalogue) == fitted


def test_shared_zeros_alone_do_not_make_near_duplicates():
    generator = np.random.default_rng(0)
    late = np.arange(2_000) < 300
    features = {
        "days": np.where(late, generator.integers(1, 90, 2_000), 0.0),
        "months": np.where(late, generator.integers(1, 12, 2_000), 0.0),
    }
    catalogue = catalogue_of(
        ("days", "repayment", "unknown", "zero", "none"),
        ("months", "repayment", "unknown", "zero", "none"),
    )
    assert len(fit_representation(features, catalogue).dimensions) == 2


def test_correlated_features_of_a_family_share_a_vote():
    generator = np.random.default_rng(0)
    base = generator.normal(size=5_000)
    features = {f"balance_{i}": base + 0.3 * generator.normal(size=5_000) for i in range(5)}
    features["tenure"] = generator.normal(size=5_000)
    rows = [(name, "utilisation", "unknown", "median", "none") for name in features]
    rows[-1] = ("tenure", "tenure", "unknown", "median", "none")
    table = fit_representation(features, catalogue_of(*rows)).treatment().set_index("feature")
    shares = table["variance_share_ratio"]
    # Squared correlations near 0.84: five balances count as 5 / (1 + 4 * 0.84), about 1.15.
    assert shares.drop("tenure").sum() / shares["tenure"] == pytest.approx(1.15, abs=0.05)


def test_uncorrelated_features_of_a_family_have_a_vote_each():
    generator = np.random.default_rng(0)
    features = {name: generator.normal(size=20_000) for name in ("a", "b", "c")}
    rows = [(name, "repayment", "unknown", "median", "none") for name in features]
    shares = fit_representation(features, catalogue_of(*rows)).treatment()["variance_share_ratio"]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.001)


def test_feature_that_is_mostly_one_value_weighs_less():
    # Nine in ten are zero: 1 - 0.9 ** 3 - 0.1 ** 3 = 0.27.
    fitted = fit_representation({"amount": [0.0] * 18 + [5.0] * 2}, one_feature())
    coordinates = fitted.transform({"amount": [0.0] * 18 + [5.0] * 2})
    assert coordinates.var() == pytest.approx(0.27, abs=1e-9)


def test_catalogue_weight_multiplies_the_variance():
    generator = np.random.default_rng(0)
    features = {name: generator.normal(size=5_000) for name in ("a", "b")}
    catalogue = catalogue_of(
        ("a", "repayment", "unknown", "median", "none"),
        ("b", "capacity", "unknown", "median", "none"),
    ).assign(weight=[3.0, 1.0])
    shares = fit_representation(features, catalogue).treatment().set_index("feature")
    assert shares.loc["a", "variance_share_ratio"] == pytest.approx(0.75, abs=1e-9)


def test_nominal_feature_has_half_the_variance_of_a_numeric_one():
    generator = np.random.default_rng(0)
    features = {
        "home": generator.choice(["own", "rent", "family"], size=6_000, p=[0.5, 0.3, 0.2]),
        "amount": generator.normal(size=6_000),
    }
    catalogue = catalogue_of(
        ("home", "holdings", "unknown", "median", "nominal"),
        ("amount", "capacity", "unknown", "median", "none"),
    )
    fitted = fit_representation(features, catalogue)
    assert [row.category for row in fitted.dimensions if row.kind == "category"] == [
        "family",
        "own",
        "rent",
    ]
    coordinates = fitted.transform(features)
    columns = [row.kind == "category" for row in fitted.dimensions]
    assert coordinates[:, columns].var(axis=0).sum() == pytest.approx(0.5, abs=0.01)
    # Pages 2004: categories count in inverse proportion to their share.
    by_name = {row.category: row for row in fitted.dimensions}
    contrast = {name: (row.weight / row.scale) ** 2 for name, row in by_name.items()}
    assert contrast["family"] / contrast["own"] == pytest.approx(0.5 / 0.2, rel=0.05)


def test_unseen_and_rare_categories_have_no_dimension_of_their_own():
    home = np.array(["own"] * 600 + ["rent"] * 397 + ["boat"] * 3, dtype=object)
    catalogue = catalogue_of(("home", "holdings", "unknown", "median", "nominal"))
    fitted = fit_representation({"home": home}, catalogue)
    assert [row.category for row in fitted.dimensions] == ["own", "rent"]
    boat, new = fitted.transform({"home": ["boat", "houseboat"]})
    np.testing.assert_array_equal(boat, new)


def test_null_is_a_category_of_a_nominal_feature():
    home = np.array(["own"] * 60 + ["rent"] * 20 + [None] * 20, dtype=object)
    catalogue = catalogue_of(("home", "holdings", "unknown", "median", "nominal"))
    fitted = fit_representation({"home": home}, catalogue)
    assert [row.kind for row in fitted.dimensions] == ["category", "category", "missing"]


def test_absent_feature_is_dropped_as_not_available():
    catalogue = catalogue_of(
        ("amount", "capacity", "unknown", "median", "none"),
        ("score", "bureau", "unknown", "median", "none"),
    )
    for features in (
        {"amount": np.arange(9.0)},
        {"amount": np.arange(9.0), "score": np.full(9, np.nan)},
    ):
        treatment = treatment_of(fit_representation(features, catalogue), "score")
        assert treatment["reason"] == "not available in this source"


def test_protected_feature_must_not_cluster():
    catalogue = one_feature().assign(is_protected=True)
    with pytest.raises(ValueError, match="amount is protected"):
        fit_representation({"amount": [1.0, 2.0]}, catalogue)


def test_infinity_is_refused_by_name_at_fit_and_at_scoring():
    with pytest.raises(ValueError, match="amount holds 1 infinite"):
        fit_representation({"amount": [1.0, np.inf, 3.0]}, one_feature())
    fitted = fit_representation({"amount": [1.0, 2.0, 3.0]}, one_feature())
    with pytest.raises(ValueError, match="amount holds 1 infinite"):
        fitted.transform({"amount": [-np.inf]})


def test_text_and_absent_columns_are_refused_by_name():
    with pytest.raises(ValueError, match="amount holds values that aren't numbers"):
        fit_representation({"amount": ["a", "b"]}, one_feature())
    fitted = fit_representation({"amount": [1.0, 2.0, 3.0]}, one_feature())
    with pytest.raises(ValueError, match="no column amount"):
        fitted.transform({"other": [1.0]})


@pytest.mark.parametrize("values", [[5.0], [5.0] * 50, [np.nan] * 50])
def test_nothing_to_tell_customers_apart_by_is_a_clear_error(values):
    with pytest.raises(ValueError, match=r"no clustering feature can be used.*amount"):
        fit_representation({"amount": values}, one_feature())


def test_no_customer_is_a_clear_error():
    with pytest.raises(ValueError, match="no customer"):
        fit_representation({"amount": []}, one_feature())


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("transform", "square", "amount: transform square"),
        ("null_meaning", "maybe", "amount: null_meaning maybe"),
        ("imputation", "mean", "amount: imputation"),
        ("weight", 0.0, "amount: weight"),
        ("is_clustering", "perhaps", "amount: is_clustering"),
    ],
)
def test_invalid_catalogue_is_refused_by_feature(column, value, message):
    catalogue = one_feature().astype(object)
    catalogue.loc[0, column] = value
    with pytest.raises(ValueError, match=message):
        validate_catalogue(catalogue)


def test_catalogue_without_a_column_or_with_a_feature_twice_is_refused():
    with pytest.raises(ValueError, match="no column family"):
        validate_catalogue(one_feature().drop(columns="family"))
    with pytest.raises(ValueError, match="amount is in the catalogue twice"):
        validate_catalogue(pd.concat([one_feature(), one_feature()]))


def test_quantile_is_a_value_that_occurs():
    assert sorted_quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert sorted_quantile([1.0, 2.0, 3.0, 4.0], 0.51) == 3.0
    assert sorted_quantile([1.0], 0.01) == 1.0


TWO_FEATURES = catalogue_of(
    ("amount", "capacity", "not_a_holder", "median", "log"),
    ("ratio", "utilisation", "unknown", "median", "power"),
)


@st.composite
def populations(draw):
    """Draw a small population with nulls, ties, zeros and heavy tails."""
    n_rows = draw(st.integers(12, 60))
    values = st.one_of(st.none(), st.just(0.0), st.floats(-1e6, 1e6, allow_nan=False, width=32))
    columns = {
        name: np.array(
            [np.nan if value is None else value for value in draw(
                st.lists(values, min_size=n_rows, max_size=n_rows)
            )]
        )
        for name in ("amount", "ratio")
    }  # fmt: skip
    columns["amount"][:6] = [1.0, 2.0, 3.0, 5.0, 8.0, 13.0]  # enough to tell customers apart
    return columns


@settings(max_examples=30, deadline=None)
@given(populations(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(columns, random):
    fitted = fit_representation(columns, TWO_FEATURES)
    order = list(range(len(columns["amount"])))
    random.shuffle(order)
    shuffled = {name: values[order] for name, values in columns.items()}
    again = fit_representation(shuffled, TWO_FEATURES)
    assert again == fitted
    np.testing.assert_array_equal(again.transform(shuffled), fitted.transform(columns)[order])


@settings(max_examples=30, deadline=None)
@given(populations())
def test_customers_there_twice_change_nothing(columns):
    fitted = fit_representation(columns, TWO_FEATURES)
    twice = {name: np.concatenate([values, values]) for name, values in columns.items()}
    again = fit_representation(twice, TWO_FEATURES)
    np.testing.assert_allclose(again.transform(columns), fitted.transform(columns), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(populations(), st.sampled_from([0.01, 0.5, 100.0, 1024.0]))
def test_unit_of_a_column_changes_nothing(columns, factor):
    fitted = fit_representation(columns, TWO_FEATURES)
    scaled = {name: values * factor for name, values in columns.items()}
    again = fit_representation(scaled, TWO_FEATURES)
    np.testing.assert_allclose(again.transform(scaled), fitted.transform(columns), atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(populations())
def test_coordinates_are_finite_and_capped_counts_stay_within_the_tail(columns):
    fitted = fit_representation(columns, TWO_FEATURES)
    assert np.isfinite(fitted.transform(columns)).all()
    table = fitted.treatment()
    n_rows = len(columns["amount"])
    assert (table["capped_low_count"] <= max(1, 0.01 * n_rows)).all()
    assert (table["capped_high_count"] <= max(1, 0.01 * n_rows)).all()
    used = table[table["treatment"] == "used"]
    assert used["variance_share_ratio"].sum() == pytest.approx(1.0)
