"""Effects, rules and names, on segments whose description is known."""

import math

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.explain import feature_effects, name_segments, rule_list, sets_apart
from customer_segmentation.reporting.formats import Formatter
from customer_segmentation.representation import fit_representation

CATALOGUE = pd.DataFrame(
    [
        ("payment_ratio", "share paid", "repayment", "nothing_due", True, False, "percent"),
        ("income_amount", "yearly income", "capacity", "unknown", True, False, "currency"),
        ("visits_count", "visits", "engagement", "unknown", False, False, "decimal"),
        ("age_years", "age", "tenure", "unknown", False, True, "integer"),
    ],
    columns=[
        "feature", "label", "family", "null_meaning", "is_clustering", "is_protected",
        "display_format",
    ],
).assign(imputation="median", transform="none")  # fmt: skip
PLAYBOOK = pd.DataFrame(
    [
        ("Full payers", 10, "payment_ratio >= 0.5", "Pay in full."),
        ("Good earners", 20, "income_amount >= 0.2; payment_ratio <= 0.2", "Earn well."),
    ],
    columns=["name", "priority", "conditions", "description"],
)


def explained(n_rows=400):
    """Three segments: payers, earners and the rest."""
    generator = np.random.default_rng(0)
    labels = np.arange(n_rows) % 3
    frame = pd.DataFrame(
        {
            "payment_ratio": np.where(labels == 0, 0.9, 0.1) + generator.normal(0, 0.05, n_rows),
            "income_amount": np.where(labels == 1, 90_000, 30_000)
            + generator.normal(0, 3_000, n_rows),
            "visits_count": generator.normal(5, 1, n_rows),
            "age_years": generator.normal(45, 10, n_rows),
        }
    )
    representation = fit_representation(frame, CATALOGUE)
    ids = ["S01", "S02", "S03"]
    return frame, labels, ids, representation


def effects_of(*args):
    frame, labels, ids, representation = args or explained()
    return feature_effects(frame, labels, ids, CATALOGUE, representation)


def test_effect_is_cohens_d_by_hand():
    catalogue = CATALOGUE.iloc[[0]]
    frame = pd.DataFrame({"payment_ratio": [1.0, 2.0, 3.0, 7.0, 8.0, 9.0]})
    representation = fit_representation(frame, catalogue)
    effects = feature_effects(frame, [0, 0, 0, 1, 1, 1], ["S01", "S02"], catalogue, representation)
    first = effects.iloc[0]
    # Means 2 and 8, pooled deviation 1; standardising cancels in the ratio.
    assert first["standardised_difference"] == pytest.approx(-6.0)
    assert (first["mean_value"], first["rest_mean_value"]) == (2.0, 8.0)
    assert (first["median_value"], first["rest_median_value"]) == (2.0, 8.0)
    assert first["mean_z"] == pytest.approx(-3.0 / math.sqrt(29 / 3), rel=1e-9)


def test_null_is_left_out_and_counted():
    catalogue = CATALOGUE.iloc[[0]]
    frame = pd.DataFrame({"payment_ratio": [1.0, np.nan, 3.0, 7.0, 8.0, 9.0]})
    representation = fit_representation(frame, catalogue)
    effects = feature_effects(frame, [0, 0, 0, 1, 1, 1], ["S01", "S02"], catalogue, representation)
    assert effects["known_count"].tolist() == [2, 3]
    assert effects["missing_ratio"].tolist() == [pytest.approx(1 / 3), 0.0]
    assert effects["mean_value"][0] == 2.0


def test_protected_attributes_are_not_explained_and_unused_features_have_no_rank():
    effects = effects_of()
    assert set(effects["feature"]) == {"payment_ratio", "income_amount", "visits_count"}
    visits = effects[effects["feature"] == "visits_count"]
    assert visits["effect_rank"].isna().all()
    assert visits["mean_z"].abs().max() < 0.2
    assert not visits["is_clustering"].any()


def test_strongest_feature_ranks_first():
    effects = effects_of()
    first = effects[effects["effect_rank"] == 1].set_index("segment_id")["feature"]
    assert first["S01"] == "payment_ratio"
    assert first["S02"] == "income_amount"


def test_one_segment_has_nobody_to_differ_from():
    frame, labels, _, representation = explained()
    effects = feature_effects(frame, labels * 0, ["S01"], CATALOGUE, representation)
    assert effects["standardised_difference"].isna().all()
    assert effects["rest_mean_value"].isna().all()


def test_rules_find_segments_that_two_thresholds_part():
    frame, labels, ids, representation = explained()
    listed = rule_list(frame, labels, ids, representation, seed=1)
    assert listed.is_held_out
    assert (listed.rules["fidelity_ratio"] > 0.98).all()
    assert (listed.rules["segment_recall_ratio"] > 0.95).all()
    payers = listed.rules[listed.rules["segment_id"] == "S01"].iloc[0]
    assert payers["rule_text"].startswith("payment_ratio > ")
    assert payers["customers_count"] == pytest.approx(200 / 3, abs=15)


def test_rules_put_every_customer_into_exactly_one():
    frame, labels, ids, representation = explained()
    listed = rule_list(frame, labels, ids, representation, seed=1)
    assert listed.rules["customers_count"].sum() == 200  # the half held out
    recall = listed.rules.groupby("segment_id")["recall_ratio"].sum()
    together = listed.rules.groupby("segment_id")["segment_recall_ratio"].first()
    pd.testing.assert_series_equal(recall, together, check_names=False)


def test_printed_rule_is_the_rule_that_was_measured():
    frame, labels, ids, representation = explained()
    for row in rule_list(frame, labels, ids, representation, seed=1).rules.to_dict("records"):
        half = np.sort(np.random.default_rng(1).permutation(len(frame))[200:])
        met = frame.iloc[half].query(row["rule_text"])
        assert len(met) == row["customers_count"]


def test_few_customers_are_measured_on_themselves():
    frame, labels, ids, representation = explained(60)
    assert not rule_list(frame, labels, ids, representation, seed=1).is_held_out


def test_playbook_names_by_conditions_and_the_rest_by_profile():
    names = name_segments(effects_of(), CATALOGUE, PLAYBOOK).set_index("segment_id")
    assert names.loc["S01", "segment_name"] == "Full payers"
    assert names.loc["S02", "segment_name"] == "Good earners"
    assert names.loc["S03", "name_source"] == "profile"
    assert names["segment_name"].is_unique


def test_description_tells_natural_units():
    text = sets_apart(effects_of(), CATALOGUE, "S01")
    assert text.startswith("share paid 89% (others 10%)")


def test_description_takes_medians_and_means_where_medians_are_the_same():
    effects = pd.DataFrame(
        {
            "segment_id": "S01",
            "feature": ["income_amount", "payment_ratio"],
            "effect_rank": [1, 2],
            "standardised_difference": [2.0, 1.0],
            "median_value": [50_000.0, 0.0],
            "rest_median_value": [30_000.0, 0.0],
            "mean_value": [90_000.0, 0.2],
            "rest_mean_value": [31_000.0, 0.01],
        }
    )
    assert sets_apart(effects, CATALOGUE, "S01") == (
        "yearly income 50,000 (others 30,000); average share paid 20% (others 1.0%)"
    )
    unlabelled = CATALOGUE.drop(columns="label")
    assert sets_apart(effects, unlabelled, "S01").startswith("income amount 50,000")


def test_description_writes_money_and_nothing_as_readers_do():
    effects = pd.DataFrame(
        {
            "segment_id": "S01",
            "feature": ["income_amount", "payment_ratio"],
            "effect_rank": [1, 2],
            "standardised_difference": [2.0, 1.0],
            "median_value": [66_675.0, 0.0],
            "rest_median_value": [1_234_567.0, 0.004],
            "mean_value": [70_000.0, 0.0],
            "rest_mean_value": [1_300_000.0, 0.1],
        }
    )
    assert sets_apart(effects, CATALOGUE, "S01", formatter=Formatter("de-DE", "EUR")) == (
        "yearly income 66.700\u00a0\u20ac (others 1.230.000\u00a0\u20ac); "
        "share paid 0\u00a0% (others 0,4\u00a0%)"
    )


def test_median_is_that_of_the_profiles():
    frame = pd.DataFrame({"income_amount": [1.0, 2.0, 4.0, 8.0, 9.0, 9.0]})
    labels = np.array([0, 0, 0, 0, 1, 1])
    catalogue = CATALOGUE[CATALOGUE["feature"] == "income_amount"]
    representation = fit_representation(frame, catalogue)
    effects = feature_effects(frame, labels, ["S01", "S02"], catalogue, representation)
    assert effects.set_index("segment_id").loc["S01", "median_value"] == 3.0


def test_label_of_the_catalogue_comes_first():
    labelled = CATALOGUE.assign(label=["card bill paid", "income", "visits", "age"])
    assert sets_apart(effects_of(), labelled, "S01").startswith("card bill paid 89%")
    names = name_segments(effects_of(), labelled, PLAYBOOK).set_index("segment_id")
    assert names.loc["S03", "segment_name"] == "Low income, low card bill paid"


def test_name_follows_the_id_even_if_the_profile_changes():
    names = name_segments(
        effects_of(), CATALOGUE, PLAYBOOK, previous_names={"S02": ("Full payers", "Before.")}
    ).set_index("segment_id")
    assert names.loc["S02", ["segment_name", "name_source"]].tolist() == ["Full payers", "carried"]
    assert names.loc["S01", "segment_name"] != "Full payers"
    assert names["segment_name"].is_unique


def test_people_have_the_last_word():
    overrides = pd.DataFrame(
        [("S03", "Full payers", "So we say.")],
        columns=["segment_id", "segment_name", "segment_description"],
    )
    names = name_segments(
        effects_of(), CATALOGUE, PLAYBOOK, overrides=overrides,
        previous_names={"S01": ("Full payers", "Before."), "S03": ("Old name", "Old.")},
    ).set_index("segment_id")  # fmt: skip
    assert names.loc["S03", ["segment_name", "name_source"]].tolist() == ["Full payers", "override"]
    assert names["segment_name"].is_unique


def test_feature_that_the_source_lacks_fails_its_condition():
    playbook = PLAYBOOK.assign(conditions="bureau_score >= -9")
    names = name_segments(effects_of(), CATALOGUE, playbook)
    assert (names["name_source"] == "profile").all()


def test_one_segment_is_all_customers():
    frame, labels, _, representation = explained()
    effects = feature_effects(frame, labels * 0, ["S01"], CATALOGUE, representation)
    names = name_segments(effects, CATALOGUE, PLAYBOOK)
    assert names["segment_name"].tolist() == ["All customers"]


def test_unreadable_playbooks_and_overrides_are_refused():
    effects = effects_of()
    with pytest.raises(ValueError, match="Full payers: condition 'payment is high'"):
        name_segments(effects, CATALOGUE, PLAYBOOK.assign(conditions="payment is high"))
    with pytest.raises(ValueError, match="full payers is there twice"):
        name_segments(effects, CATALOGUE, pd.concat([PLAYBOOK, PLAYBOOK]))
    columns = ["segment_id", "segment_name", "segment_description"]
    twice = pd.DataFrame([("S01", "A", ""), ("S01", "B", "")], columns=columns)
    with pytest.raises(ValueError, match="S01 is in the name overrides twice"):
        name_segments(effects, CATALOGUE, PLAYBOOK, overrides=twice)
    same = pd.DataFrame([("S01", "A", ""), ("S02", "a", "")], columns=columns)
    with pytest.raises(ValueError, match="'a' to two segments"):
        name_segments(effects, CATALOGUE, PLAYBOOK, overrides=same)
