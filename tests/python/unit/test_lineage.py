"""Segment ids across versions, on overlaps that can be counted by hand."""

import numpy as np
import pytest

from customer_segmentation.lineage import first_lineage, match_segments, new_segment_ids

CENTRES = np.array([[0.0], [10.0], [20.0]])


def match(previous, labels, **changes):
    """Match with three previous segments; every test has enough shared customers."""
    settings = {
        "previous_ids": ["S01", "S02", "S03"],
        "previous_centroids": CENTRES,
        "centroids": CENTRES,
        "minimum_shared": 10,
        **changes,
    }
    return match_segments(np.array(previous), np.array(labels), **settings)


def test_renumbered_clusters_get_their_ids_back():
    previous = [0] * 10 + [1] * 10 + [2] * 10
    labels = [2] * 10 + [0] * 10 + [1] * 10
    matched = match(previous, labels, centroids=CENTRES[[1, 2, 0]])
    assert matched.segment_ids == ("S02", "S03", "S01")
    assert [row.event for row in matched.rows] == ["kept"] * 3
    assert [row.overlap_ratio for row in matched.rows] == [1.0] * 3


def test_overlap_is_jaccard():
    # S01: ten customers, eight of them in new segment 0, which has two others.
    previous = [0] * 10 + [1] * 10 + [2] * 10
    labels = [0] * 8 + [1] * 2 + [0] * 2 + [1] * 8 + [2] * 10
    rows = match(previous, labels).rows
    assert rows[0].overlap_ratio == pytest.approx(8 / 12)
    assert (rows[0].shared_customers_count, rows[0].customers_count) == (8, 10)


def test_assignment_is_optimal_and_not_greedy():
    # Overlaps 0.6 for (S01, 0) would leave S02 alone with 0; the total decides.
    previous = [0] * 10 + [1] * 10
    labels = [0] * 10 + [1] * 10
    matched = match(
        previous, labels, previous_ids=["S07", "S09"], previous_centroids=CENTRES[:2],
        centroids=CENTRES[:2],
    )  # fmt: skip
    assert matched.segment_ids == ("S07", "S09")


def test_segment_that_splits_in_two_keeps_its_id_for_the_larger_part():
    previous = [0] * 30 + [1] * 10 + [2] * 10
    labels = [0] * 20 + [3] * 10 + [1] * 10 + [2] * 10
    matched = match(previous, labels, centroids=np.array([[0.0], [10.0], [20.0], [1.0]]))
    assert matched.segment_ids == ("S01", "S02", "S03", "S04")
    new = matched.rows[3]
    assert (new.event, new.segment_id, new.previous_segment_id) == ("new", "S04", "S01")


def test_half_an_overlap_is_not_enough():
    previous = [0] * 20 + [1] * 10 + [2] * 10
    labels = [0] * 10 + [1] * 20 + [2] * 10
    matched = match(previous, labels)
    assert matched.segment_ids[0] == "S04"  # 10 of 20: a Jaccard index of exactly one half
    assert [row.event for row in matched.rows].count("retired") == 2
    assert {row.previous_segment_id for row in matched.rows if row.event == "retired"} == {
        "S01", "S02",
    }  # fmt: skip


def test_ids_of_earlier_versions_are_never_used_again():
    previous = [0] * 20 + [1] * 20 + [2] * 20
    labels = [0] * 60
    matched = match(previous, labels, centroids=[[10.0]], used_ids=["S01", "S17"])
    assert matched.segment_ids == ("S18",)
    assert [row.event for row in matched.rows] == ["new", "retired", "retired", "retired"]


def test_centroids_break_ties():
    # Both new segments share exactly half of each previous one.
    previous = [0, 0, 1, 1] * 5
    labels = [0, 1, 0, 1] * 5
    matched = match(
        previous, labels, previous_ids=["S01", "S02"], previous_centroids=[[0.0], [10.0]],
        centroids=[[10.0], [0.0]], minimum_overlap=0.1,
    )  # fmt: skip
    assert matched.segment_ids == ("S02", "S01")


def test_centroids_decide_where_few_customers_are_shared():
    matched = match([], [], centroids=np.array([[19.0], [1.0], [500.0]]))
    assert matched.segment_ids == ("S03", "S01", "S04")
    assert {row.matched_on for row in matched.rows} == {"centroids"}
    assert matched.rows[0].overlap_ratio is None


def test_first_fit_has_only_new_segments():
    rows = first_lineage(["S01", "S02"], [7, 3])
    assert [(row.event, row.segment_id, row.customers_count) for row in rows] == [
        ("new", "S01", 7), ("new", "S02", 3),
    ]  # fmt: skip


def test_ids_go_on_from_the_highest_and_grow_past_two_digits():
    assert new_segment_ids(2, []) == ("S01", "S02")
    assert new_segment_ids(2, ["S03", "S98"]) == ("S99", "S100")
    with pytest.raises(ValueError, match="segment id X1"):
        new_segment_ids(1, ["X1"])


def test_malformed_input_is_refused():
    with pytest.raises(ValueError, match="equally long"):
        match([0, 1], [0])
    with pytest.raises(ValueError, match="same columns"):
        match([0], [0], centroids=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="labels must lie from 0 to 2"):
        match([0], [3])
    with pytest.raises(ValueError, match="2 previous ids for 3 centroids"):
        match([0], [0], previous_ids=["S01", "S02"])
