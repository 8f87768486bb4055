"""Features rest on nothing dated after their observation date, and so on no outcome."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
from tests.python.conftest import ROOT, Project

CUT = "2024-12-31"
DATES = ["2024-06-30", CUT]

# What an extract taken on the cut date would have held. Rows are dropped by the date on which they
# came to exist; later ends of what existed then are blanked.
EXISTS_BY = {
    "accounts": "opened_on",
    "account_months": "month_end_on",
    "transactions": "posted_at",
    "loan_applications": "applied_on",
    "loans": "originated_on",
    "bureau_reports": "report_on",
    "campaigns": "started_on",
    "campaign_contacts": "contacted_at",
    "customers": "customer_since",
}
BLANKED = {
    "accounts": ["closed_on"],
    "loans": ["charged_off_on"],
    "instalments": ["paid_on"],
    "campaign_contacts": ["responded_at"],
}


def features(project: Project, data_dir: Path) -> pd.DataFrame:
    settings = {"observation_dates": DATES, "data_dir": str(data_dir), "maximum_rejected_share": 1}
    for entity in EXISTS_BY:
        assert (data_dir / entity).exists()
    project.dbt("seed", "--quiet", "--vars", json.dumps(settings))
    project.dbt("run", "--quiet", "-s", "+customer_features", "--vars", json.dumps(settings))
    with duckdb.connect(str(project.working()), read_only=True) as connection:
        return connection.sql(
            "from features.customer_features order by customer_id, observation_date"
        ).df()


def test_the_future_changes_no_feature(project: Project, tmp_path: Path) -> None:
    raw = ROOT / "data" / "sample"
    past = tmp_path / "past"
    for entity in [*EXISTS_BY, "instalments"]:
        (past / entity).mkdir(parents=True)
        replaced = "".join(
            f" replace (case when try_cast({column} as date) > date '{CUT}' then null"
            f" else {column} end as {column})"
            for column in BLANKED.get(entity, [])
        )
        kept = EXISTS_BY.get(entity)
        condition = (
            f"where not coalesce(try_cast({kept} as date) > date '{CUT}', false)" if kept else ""
        )
        duckdb.sql(
            f"copy (select *{replaced} from read_parquet('{raw}/{entity}/*.parquet') {condition})"
            f" to '{past}/{entity}/part-00000.parquet'"
        )
    pd.testing.assert_frame_equal(features(project, past), features(project, raw))
