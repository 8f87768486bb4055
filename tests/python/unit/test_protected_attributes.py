"""Protected attributes are read by the governance group alone, whatever path a model takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROTECTED = re.compile(r"\b(birth_on|sex|marital_status|dependants_count|region)\b")
STAGED = re.compile(r"ref\(\s*'(stg|base)_")
READERS = [
    path
    for folder in ("models/features", "models/segmentation", "models/marts")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".sql", ".py"} and path.parent.name != "governance"
]


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.stem)
def test_no_other_model_names_a_protected_column_or_reads_staging(path):
    text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    assert PROTECTED.findall(text) == []
    assert not STAGED.search(text), "read the canonical entities in models/lender instead"


def test_models_with_protected_columns_are_private_to_governance():
    path = ROOT / "models/marts/governance/_governance__models.yml"
    models = {model["name"]: model for model in yaml.safe_load(path.read_text("utf-8"))["models"]}
    for name in (
        "int_protected_members",
        "int_protected_attribute_audit",
        "rejected_rows",
    ):
        assert models[name]["config"]["access"] == "private", name
        assert models[name]["config"]["group"] == "governance", name


def test_lender_entities_keep_protected_columns_in_one_private_table():
    path = ROOT / "models/lender/_lender__models.yml"
    models = yaml.safe_load(path.read_text("utf-8"))["models"]
    holders = {
        model["name"]: model["config"].get("access")
        for model in models
        if any(PROTECTED.fullmatch(column["name"]) for column in model["columns"])
    }
    assert holders == {"customer_protected_attributes": "private"}


def test_no_published_mart_elsewhere_has_a_protected_column():
    for path in (ROOT / "models/marts").rglob("_*.yml"):
        if path.parent.name == "governance":
            continue
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", []):
            names = [column["name"] for column in model.get("columns", [])]
            assert [name for name in names if PROTECTED.fullmatch(name)] == [], model["name"]
