"""On the sample, segments find the planted types and keep their ids; no model reads the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
import pytest
from tests.python.conftest import ROOT, Project

from customer_segmentation.benchmarks.sample import count_types, measure_recovery, measure_refits

TRUTH = ROOT / "data" / "sample" / "_truth"
TYPES = TRUTH / "customer_types.parquet"


@pytest.fixture(scope="module")
def working(sample_project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(sample_project.working()), read_only=True) as connection:
        yield connection


def test_task_is_neither_trivial_nor_hopeless(working: duckdb.DuckDBPyConnection) -> None:
    planted = json.loads((TRUTH / "generation.json").read_text("utf-8"))
    assert 0.75 <= planted["bayes_adjusted_rand_index"] <= 0.95
    assert measure_recovery(working, TYPES)["bayes_ari"].between(0.75, 0.95).all()


def test_segments_reach_nine_tenths_of_the_bayes_rule(working: duckdb.DuckDBPyConnection) -> None:
    latest = measure_recovery(working, TYPES).iloc[-1]
    assert latest["segments_count"] == 6
    assert latest["ratio"] >= 0.9


def test_each_type_has_a_segment_of_its_own(working: duckdb.DuckDBPyConnection) -> None:
    counts = count_types(working, TYPES)
    assert counts.idxmax(axis=1).nunique() == len(counts)
    assert (counts.max(axis=1) / counts.sum(axis=1) > 0.85).all()


def test_a_refit_keeps_ids(working: duckdb.DuckDBPyConnection) -> None:
    refits = measure_refits(working, TYPES, k=6, seed=20260101)
    quarters = refits[refits["months"] == 3]
    assert len(quarters) == 3
    assert (quarters["kept_ratio"] >= 0.95).all()
    assert (refits["same_data_kept_ratio"] == 1.0).all()
