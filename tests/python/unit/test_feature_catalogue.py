"""The catalogue is the one list of features; what SQL builds and documents must agree with it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
KEYS = {"customer_id", "observation_date", "history_months"}
PROTECTED_WORDS = ("birth", "age_", "sex", "gender", "marital", "dependant", "region", "district")
FAMILIES = {
    "capacity",
    "utilisation",
    "repayment",
    "liquidity",
    "engagement",
    "holdings",
    "tenure",
    "bureau",
}


@pytest.fixture(scope="module")
def catalogue() -> dict[str, dict[str, str]]:
    """Return the catalogue's rows by feature."""
    with (ROOT / "seeds/feature_catalogue.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["feature"] for row in rows}) == len(rows), "a feature is declared twice"
    return {row["feature"]: row for row in rows}


@pytest.fixture(scope="module")
def columns() -> dict[str, dict[str, str]]:
    """Return the contracted columns of customer_features by name."""
    text = (ROOT / "models/features/_features__models.yml").read_text(encoding="utf-8")
    models = {model["name"]: model for model in yaml.safe_load(text)["models"]}
    model = models["customer_features"]
    assert model["config"]["contract"]["enforced"] is True
    return {column["name"]: column for column in model["columns"]}


def test_columns_are_the_catalogue_in_its_order(catalogue, columns):
    assert [name for name in columns if name not in KEYS] == list(catalogue)


def test_column_descriptions_repeat_the_catalogue(catalogue, columns):
    differing = [
        feature
        for feature, row in catalogue.items()
        if not columns[feature]["description"].startswith(row["description"])
    ]
    assert differing == []


def test_null_is_explained_as_the_catalogue_says(catalogue, columns):
    words = {
        "unknown": "unknown to the lender",
        "not_a_holder": "the customer holds nothing",
        "nothing_due": "nothing was due",
    }
    differing = [
        feature
        for feature, row in catalogue.items()
        if words[row["null_meaning"]] not in columns[feature]["description"]
    ]
    assert differing == []


def test_no_protected_attribute_is_a_clustering_feature(catalogue):
    clustering = [row for row in catalogue.values() if row["is_clustering"] == "true"]
    assert clustering, "nothing to cluster on"
    assert [row["feature"] for row in clustering if row["is_protected"] == "true"] == []
    assert [
        row["feature"]
        for row in clustering
        if any(word in f"{row['feature']}_" for word in PROTECTED_WORDS)
    ] == []


def test_features_cover_the_eight_families(catalogue):
    assert {row["family"] for row in catalogue.values()} == FAMILIES
    assert len(catalogue) >= 25


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("null_meaning", {"unknown", "not_a_holder", "nothing_due"}),
        ("imputation", {"median", "zero", "mode"}),
        ("transform", {"none", "log", "power", "quantile", "logit"}),
        ("is_clustering", {"true", "false"}),
        ("is_protected", {"true", "false"}),
    ],
)
def test_settings_are_spelt_as_the_package_reads_them(catalogue, setting, allowed):
    assert {row[setting] for row in catalogue.values()} <= allowed


def test_labels_are_short_and_distinct(catalogue):
    labels = [row["label"] for row in catalogue.values()]
    assert len(set(labels)) == len(labels)
    assert [label for label in labels if not 4 <= len(label) <= 32 or "_" in label] == []
