"""The sample in the repository is what the generator makes, and is small enough to travel."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from customer_segmentation.sample_lender import generate
from customer_segmentation.sample_lender.parameters import parameters_hash
from customer_segmentation.sample_lender.simulate import ENTITIES

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
MANIFEST = json.loads((SAMPLE / "_truth" / "generation.json").read_text())
LARGEST_BYTES = 12_000_000


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    generate(
        folder,
        customers=MANIFEST["customers"],
        seed=MANIFEST["seed"],
        chunk_customers=MANIFEST["chunk_customers"],
        progress=False,
    )
    return folder


@pytest.mark.parametrize("entity", ENTITIES)
def test_entity_is_what_the_generator_makes(remade, entity):
    stored = pq.read_table(SAMPLE / entity / "part-00000.parquet")
    assert stored.equals(pq.read_table(remade / entity / "part-00000.parquet"))
    assert stored.num_rows == MANIFEST["row_counts"][entity]


def test_planted_dirt_is_what_the_generator_makes(remade):
    name = Path("_truth") / "planted_dirt.parquet"
    assert pq.read_table(SAMPLE / name).equals(pq.read_table(remade / name))


def test_planted_types_are_what_the_generator_makes(remade):
    name = Path("_truth") / "customer_types.parquet"
    columns = ["customer_id", "as_of_on", "planted_type", "bayes_type"]
    stored = pq.read_table(SAMPLE / name, columns=columns)
    assert stored.equals(pq.read_table(remade / name, columns=columns))


def test_manifest_names_the_parameters_in_the_code():
    assert MANIFEST["parameters_sha256"] == parameters_hash()


def test_sample_is_small_enough_to_travel():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*.parquet")) <= LARGEST_BYTES
