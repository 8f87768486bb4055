"""A model is frozen, repeats itself and survives the way to JSON and back."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_segmentation.segment_model import (
    SegmentModel,
    data_snapshot_hash,
    feature_list_hash,
    fit_segments,
    used_segment_ids,
)

CATALOGUE = pd.DataFrame(
    [
        ("income", "capacity", "unknown", "median", "log", True, False, 1.0),
        ("usage", "utilisation", "not_a_holder", "median", "none", True, False, 1.0),
        ("home", "holdings", "unknown", "median", "nominal", True, False, 1.0),
        ("age", "tenure", "unknown", "median", "none", False, True, 1.0),
    ],
    columns=[
        "feature", "family", "null_meaning", "imputation", "transform", "is_clustering",
        "is_protected", "weight",
    ],
)  # fmt: skip


def customers(n_rows=300, seed=0):
    """Three groups that differ in income and usage, with nulls and categories."""
    generator = np.random.default_rng(seed)
    group = np.arange(n_rows) % 3
    usage = np.array([0.1, 0.5, 0.9])[group] + generator.normal(0, 0.03, n_rows)
    return pd.DataFrame(
        {
            "income": np.exp(np.array([9.0, 10.0, 11.0])[group] + generator.normal(0, 0.1, n_rows)),
            "usage": np.where(generator.random(n_rows) < 0.1, np.nan, usage),
            "home": np.where(generator.random(n_rows) < 0.4, "own", "rent"),
            "age": generator.uniform(20, 70, n_rows),
        }
    )


def test_json_keeps_every_bit():
    model = fit_segments(customers(), CATALOGUE, k=3, seed=1, observation_date="2025-12-31")
    again = SegmentModel.from_json(model.to_json())
    assert again == model
    assert again.to_json() == model.to_json()
    pd.testing.assert_frame_equal(again.score(customers()), model.score(customers()))


def test_text_that_is_no_model_is_refused():
    for text in ("{}", "[]", "nonsense"):
        with pytest.raises(ValueError, match="not a segment model"):
            SegmentModel.from_json(text)


def test_scores_are_distances_to_the_nearest_and_second_nearest_centroid():
    frame = customers()
    model = fit_segments(frame, CATALOGUE, k=3, seed=1)
    scores = model.score(frame)
    coordinates = model.representation.transform(frame)
    for row in (0, 7, 123):
        distances = [math.dist(coordinates[row], centroid) for centroid in model.centroids]
        first, second = np.argsort(distances)[:2]
        assert scores["segment_id"][row] == model.segment_ids[first]
        assert scores["runner_up_segment_id"][row] == model.segment_ids[second]
        assert scores["distance_to_centroid"][row] == pytest.approx(distances[first])
        assert scores["assignment_margin"][row] == pytest.approx(
            (distances[second] - distances[first]) / distances[second]
        )


def test_scoring_uses_the_fitted_scale_and_not_that_of_the_customers_scored():
    frame = customers()
    model = fit_segments(frame, CATALOGUE, k=3, seed=1)
    everyone = model.score(frame)
    alone = model.score(frame.iloc[[5]])
    pd.testing.assert_frame_equal(alone, everyone.iloc[[5]])


def test_planted_groups_are_found_and_counts_add_up():
    frame = customers()
    model = fit_segments(frame, CATALOGUE, k=3, seed=1)
    found = (
        model.score(frame)
        .groupby(np.arange(len(frame)) % 3)["segment_id"]
        .agg(lambda ids: ids.value_counts(normalize=True).iloc[0])
    )
    assert (found > 0.9).all()
    assert sum(model.counts) == model.population_count == 300
    assert model.segment_ids == ("S01", "S02", "S03")


def test_outlier_is_farther_than_the_limit_frozen_for_its_segment():
    frame = customers()
    model = fit_segments(frame, CATALOGUE, k=3, seed=1)
    nearest = model.assign(frame)
    own = nearest.labels == 0
    at_the_limit = float(np.sort(nearest.distance[own])[-3])
    stricter = dataclasses.replace(model, outlier_limits=(at_the_limit, *model.outlier_limits[1:]))
    assert stricter.is_outlier(nearest)[own].sum() == 2


def test_outlier_limit_is_the_far_fence_rounded_up():
    frame = customers()
    model = fit_segments(frame, CATALOGUE, k=3, seed=1)
    nearest = model.assign(frame)
    ordered = np.sort(nearest.distance[nearest.labels == 1])
    n_rows = len(ordered)
    first, third = ordered[math.ceil(n_rows / 4) - 1], ordered[math.ceil(3 * n_rows / 4) - 1]
    fence = third + 3 * (third - first)
    assert fence < model.outlier_limits[1] <= fence * (1 + 1e-4)
    assert float(f"{model.outlier_limits[1]:.6g}") == model.outlier_limits[1]


def test_one_segment_has_no_runner_up():
    model = fit_segments(customers(), CATALOGUE, k=1, seed=1)
    scores = model.score(customers())
    assert set(scores["segment_id"]) == {"S01"}
    assert scores["runner_up_segment_id"].isna().all()
    assert (scores["assignment_margin"] == 0.0).all()


def test_refit_on_the_same_customers_keeps_every_id():
    frame = customers()
    first = fit_segments(frame, CATALOGUE, k=3, seed=1)
    second = fit_segments(frame, CATALOGUE, k=3, seed=99, version=2, previous=first)
    assert set(second.segment_ids) == set(first.segment_ids)
    assert {row.event for row in second.lineage} == {"kept"}
    assert (second.score(frame)["segment_id"] == first.score(frame)["segment_id"]).all()


def test_refit_with_another_k_gives_new_ids_that_no_version_had():
    frame = customers()
    first = fit_segments(frame, CATALOGUE, k=3, seed=1)
    one = fit_segments(frame, CATALOGUE, k=1, seed=1, version=2, previous=first)
    assert one.segment_ids == ("S04",)
    assert sorted(row.previous_segment_id for row in one.lineage if row.event == "retired") == [
        "S01", "S02", "S03",
    ]  # fmt: skip
    third = fit_segments(
        frame, CATALOGUE, k=3, seed=1, version=3, previous=one,
        used_ids=used_segment_ids([first, one]),
    )  # fmt: skip
    assert third.segment_ids == ("S05", "S06", "S07")


def test_feature_list_hash_follows_clustering_and_not_words():
    words = CATALOGUE.assign(description="changed")
    assert feature_list_hash(words) == feature_list_hash(CATALOGUE)
    assert feature_list_hash(CATALOGUE.sample(frac=1, random_state=1)) == feature_list_hash(
        CATALOGUE
    )
    protected = CATALOGUE.copy()
    protected.loc[3, "null_meaning"] = "not_a_holder"
    assert feature_list_hash(protected) == feature_list_hash(CATALOGUE)
    weighed = CATALOGUE.copy()
    weighed.loc[0, "weight"] = 2.0
    assert feature_list_hash(weighed) != feature_list_hash(CATALOGUE)


def test_snapshot_hash_sees_values_and_not_row_order():
    frame = customers()
    model = fit_segments(frame, CATALOGUE, k=3, seed=1)
    shuffled = frame.sample(frac=1, random_state=3)
    assert data_snapshot_hash(shuffled, model.representation) == model.data_snapshot_hash
    changed = frame.copy()
    changed.loc[4, "income"] += 0.01
    assert data_snapshot_hash(changed, model.representation) != model.data_snapshot_hash
    renamed = frame.assign(home=frame["home"].replace("own", "owner"))
    assert data_snapshot_hash(renamed, model.representation) != model.data_snapshot_hash


def test_model_names_the_libraries_that_made_it():
    versions = fit_segments(customers(), CATALOGUE, k=2, seed=1).library_versions
    assert versions["numpy"] == np.__version__
    assert json.loads(json.dumps(versions)) == versions


def test_too_few_customers_for_k_is_a_clear_error():
    frame = customers(4)
    with pytest.raises(ValueError, match="k is 9, but values has 4 rows"):
        fit_segments(frame, CATALOGUE, k=9, seed=1)
    same = pd.concat([customers(3)] * 4, ignore_index=True)
    with pytest.raises(ValueError, match="only 3 distinct rows"):
        fit_segments(same, CATALOGUE, k=5, seed=1)


def test_one_customer_cannot_be_told_apart():
    with pytest.raises(ValueError, match="no clustering feature can be used"):
        fit_segments(customers(1), CATALOGUE, k=1, seed=1)


def test_version_starts_at_one():
    with pytest.raises(ValueError, match="version must be at least 1"):
        fit_segments(customers(), CATALOGUE, k=2, seed=1, version=0)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_labels_do_not_depend_on_row_order(seed, k):
    frame = customers(90, seed)
    order = np.random.default_rng(seed).permutation(len(frame))
    model = fit_segments(frame, CATALOGUE, k=k, seed=1)
    shuffled = fit_segments(frame.iloc[order], CATALOGUE, k=k, seed=1)
    assert shuffled.to_json() == model.to_json()
    pd.testing.assert_frame_equal(
        shuffled.score(frame.iloc[order]).sort_index(), model.score(frame)
    )


INCOME_ALONE = CATALOGUE[CATALOGUE["feature"] == "income"]  # three groups far apart


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_customers_there_twice_are_segmented_alike(seed):
    frame = customers(120, seed)
    twice = pd.concat([frame, frame], ignore_index=True)
    model = fit_segments(frame, INCOME_ALONE, k=3, seed=1)
    again = fit_segments(twice, INCOME_ALONE, k=3, seed=1, version=2, previous=model)
    assert (again.score(frame)["segment_id"] == model.score(frame)["segment_id"]).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.01, 1000.0]))
def test_currency_does_not_matter(seed, factor):
    frame = customers(120, seed)
    model = fit_segments(frame, INCOME_ALONE, k=3, seed=1)
    scaled = frame.assign(income=frame["income"] * factor)
    again = fit_segments(scaled, INCOME_ALONE, k=3, seed=1)
    pd.testing.assert_frame_equal(again.score(scaled), model.score(frame), atol=1e-6)
