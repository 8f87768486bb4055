"""Protected attributes stay in governance: dbt refuses other readers, no list of people has one."""

from __future__ import annotations

import duckdb
import pytest
from tests.python.conftest import copy_project

READERS = {
    "models/marts/marketing/offers_by_sex.sql": """
        select sex, count(*) as customers_count
        from {{ ref('customer_protected_attributes') }}
        group by sex
        """,
    "models/features/region_features.py": """
def model(dbt, session):
    return dbt.ref("customer_protected_attributes")
""",
    "analyses/who_is_old.sql": "select * from {{ ref('int_protected_members') }}",
    "models/features/ages.sql": "select birth_on from {{ ref('stg_sample__customers') }}",
    "models/marts/risk/raw_regions.sql": "select region from {{ ref('base_sample__customers') }}",
}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    """Return a copy of the project that dbt has parsed without complaint."""
    copy = copy_project(tmp_path_factory.mktemp("readers") / "project")
    copy.dbt("parse")
    return copy


@pytest.mark.parametrize("path", READERS)
def test_dbt_refuses_a_reader_outside_governance(parsed, path):
    reader = parsed.folder / path
    reader.write_text(READERS[path], encoding="utf-8")
    done = parsed.run("dbt", "parse")
    reader.unlink()
    message = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert f"'{reader.stem}'" in message or f".{reader.stem}" in message
    assert "not allowed because the referenced node is private to the 'governance' group" in message


@pytest.fixture(scope="module", params=["sample", "taiwan", "berka"])
def working(request):
    """Return a reader of each source's working database."""
    project = request.getfixturevalue(f"{request.param}_project")
    with duckdb.connect(str(project.working(request.param)), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def protected(working):
    """Return the names of the protected attributes."""
    columns = working.sql("select * from lender.customer_protected_attributes").columns
    return {*columns} - {"customer_id"}


def test_no_table_outside_governance_has_a_protected_attribute(working, protected):
    holders = working.sql(
        """
        select distinct schema_name, table_name, column_name
        from duckdb_columns()
        where schema_name not in ('staging', 'governance')
        """
    ).fetchall()
    assert {f"{schema}.{table}" for schema, table, column in holders if column in protected} == {
        "lender.customer_protected_attributes"
    }


def test_no_list_of_people_carries_a_protected_attribute(working, protected):
    lists = working.sql(
        """
        select table_name, list(column_name)
        from duckdb_columns()
        where schema_name = 'marts'
        group by table_name
        having list_contains(list(column_name), 'customer_id')
        """
    ).fetchall()
    assert {name for name, _ in lists} >= {
        "audience_card_upgrade",
        "audience_loan_top_up",
        "audience_savings_growth",
        "next_best_actions",
        "customer_lifetime_value",
        "segments",
    }
    assert {name: {*columns} & protected for name, columns in lists if {*columns} & protected} == {}


def test_no_segment_rests_on_a_protected_attribute(working, protected):
    features = working.sql(
        """
        select feature from marts.segment_model_dimensions
        union
        select feature from marts.segment_feature_treatment where is_clustering
        """
    ).fetchall()
    forbidden = working.sql("select feature from reference.feature_catalogue where is_protected")
    assert features
    assert {*features} & {*forbidden.fetchall(), *((name,) for name in protected)} == set()
