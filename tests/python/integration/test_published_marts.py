"""What a reader does with the published marts: first queries, next questions, looking for gaps."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest
import yaml

ROOT = Path(__file__).parents[3]
ANALYSES = sorted((ROOT / "analyses").glob("*.sql"))
SOURCES = ("sample", "taiwan", "berka")
# They say of themselves and of the others what is missing, so they aren't looked through.
AVAILABILITY = {"column_availability", "data_availability"}
# Model folders whose tables people query.
READ_FOLDERS = ("models/segmentation", "models/marts")


def documented_models():
    """Yield every documented model of the folders that people query."""
    for folder in READ_FOLDERS:
        for path in sorted((ROOT / folder).rglob("_*__models.yml")):
            yield from yaml.safe_load(path.read_text("utf-8")).get("models") or []


FIRST_QUERIES = {
    model["name"]: model["config"]["meta"]["first_query"]
    for model in documented_models()
    if "first_query" in model.get("config", {}).get("meta", {})
}


@pytest.fixture(scope="module", params=SOURCES)
def source(request):
    """Return each source's name in turn."""
    return request.param


@pytest.fixture(scope="module")
def project(source, request):
    """Return the copy of the project in which the source is built."""
    return request.getfixturevalue(f"{source}_project")


@pytest.fixture(scope="module")
def published(project, source):
    """Return a reader of the source's published database."""
    with duckdb.connect(str(project.published(source)), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def compiled(project, source, tmp_path_factory):
    """Return the folder of analyses compiled for the source."""
    target = tmp_path_factory.mktemp("compiled")
    project.dbt(
        "compile",
        "--select",
        "resource_type:analysis",
        "--target-path",
        str(target),
        "--vars",
        f"{{source: {source}}}",
    )
    return target / "compiled" / "customer_segmentation" / "analyses"


@pytest.fixture(scope="module")
def working(project, source, compiled):
    """Return a reader of the source's working database, which also has what isn't published.

    It is opened after dbt has compiled, because dbt wants the database for itself.
    """
    with duckdb.connect(str(project.working(source)), read_only=True) as connection:
        yield connection


def tables_of(connection):
    """Return the names of the published tables."""
    return {
        name
        for (name,) in connection.sql(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    }


def test_every_published_mart_has_a_first_query(published):
    assert tables_of(published) - set(FIRST_QUERIES) == set()


@pytest.mark.parametrize("mart", FIRST_QUERIES)
def test_first_query_runs(published, working, mart):
    connection = published if mart in tables_of(published) else working
    assert connection.sql(FIRST_QUERIES[mart]).columns
    connection.sql(FIRST_QUERIES[mart]).fetchall()


def test_there_are_eight_questions_or_more():
    assert len(ANALYSES) >= 8


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_analysis_runs(working, compiled, source, path):
    rows = working.sql((compiled / path.name).read_text("utf-8")).fetchall()
    assert rows or source != "sample", "the sample has an answer to every question"


def test_every_group_that_a_screen_finds_is_listed(working, compiled):
    found = working.sql(
        """
        select attribute, group_value, segment_id from marts.protected_attribute_audit
        where screen_result = 'worth a look'
        union all
        select attribute, group_value, null from marts.protected_attribute_prediction
        where screen_result = 'worth a look'
        """
    ).fetchall()
    analysis = compiled / "could_segments_stand_in_for_a_protected_attribute.sql"
    for query in (
        FIRST_QUERIES["protected_attribute_audit"],
        analysis.read_text("utf-8").strip().rstrip(";"),
    ):
        listed = working.sql(
            f"select attribute, group_value, segment_id from ({query}) as listed"
        ).fetchall()
        groups = {row[:2] for row in listed}
        assert {row for row in found if row[2] is not None} <= {*listed}
        assert {row[:2] for row in found} == groups


def test_nothing_published_holds_raw_rows_or_protected_attributes(published):
    assert tables_of(published) & {"rejected_rows", "customer_protected_attributes"} == set()
    columns = published.sql(
        """
        select distinct column_name from duckdb_columns()
        where schema_name = 'marts' and column_name in (
            'birth_on', 'sex', 'marital_status', 'dependants_count', 'region', 'raw_row'
        )
        """
    ).fetchall()
    assert columns == []


def test_every_published_column_is_looked_through(published):
    columns = published.sql(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
    ).fetchall()
    listed = published.sql("select mart, column_name from marts.column_availability").fetchall()
    assert {column for column in columns if column[0] not in AVAILABILITY} == set(listed)


def test_columns_without_a_value_are_said_to_be_unavailable(published):
    for mart in sorted(tables_of(published) - AVAILABILITY):
        relation = published.table(f"marts.{mart}")
        counts = ", ".join(f'count("{column}")' for column in relation.columns)
        row_count, *known = relation.aggregate(f"count(*), {counts}").fetchone()
        said = published.execute(
            "select column_name, known_count, status, reason from marts.column_availability"
            " where mart = ?",
            [mart],
        ).fetchall()
        for column, known_count, status, reason in said:
            assert known_count == known[relation.columns.index(column)], (mart, column)
            expected = "partly"
            if known_count == 0:
                expected = "not available"
            elif known_count == row_count:
                expected = "available"
            assert (status, reason is None) == (expected, expected == "available"), (mart, column)


def test_columns_tell_the_hidden_from_the_unknown(published):
    for mart in sorted(tables_of(published) - AVAILABILITY):
        relation = published.table(f"marts.{mart}")
        flags = [column for column in relation.columns if column.endswith("suppressed")]
        hidden = [0] * len(relation.columns)
        if flags:
            nulls = ", ".join(f'count(*) - count("{column}")' for column in relation.columns)
            hidden = relation.filter(" or ".join(flags)).aggregate(nulls).fetchone()
        said = published.execute(
            "select column_name, suppressed_count from marts.column_availability where mart = ?",
            [mart],
        ).fetchall()
        assert dict(said) == dict(zip(relation.columns, hidden, strict=True)), mart


def test_marts_that_lack_something_say_what(published):
    status = {}
    for mart, requirement, found, reason in published.sql(
        "select subject, requirement, status, reason from marts.data_availability"
        " where subject_type = 'mart'"
    ).fetchall():
        assert (found == "available") == (reason is None), (mart, requirement)
        status.setdefault(mart, set()).add(found)
    assert set(status) == tables_of(published) - AVAILABILITY
    for mart, found in status.items():
        (row_count,) = published.sql(f"select count(*) from marts.{mart}").fetchone()
        assert (found == {"not available"}) == (row_count == 0), mart


def test_availability_is_what_was_found_in_the_data(published, source):
    """Every line; read a difference against the source before you change the file."""
    if source == "sample":
        pytest.skip("the sample has everything")
    said = published.sql(
        """
        select subject, requirement, status, reason from marts.data_availability
        where subject_type = 'mart' order by subject, requirement
        """
    ).fetchall()
    written = (Path(__file__).parent / f"availability_{source}.csv").read_text("utf-8")
    found = io.StringIO()
    csv.writer(found, lineterminator="\n").writerows(
        [("mart", "requirement", "status", "reason"), *said]
    )
    assert found.getvalue() == written


def test_the_sample_lacks_nothing_that_a_mart_needs(published, source):
    if source != "sample":
        pytest.skip("real sources lack something")
    gaps = published.sql(
        """
        select subject, requirement, reason from marts.data_availability
        where subject_type = 'mart' and (status = 'not available' or reason like 'Needs %')
        """
    ).fetchall()
    assert gaps == []


def test_no_lifetime_value_is_made_up(published, working, source):
    valued, borrowers_without_rate = published.sql(
        """
        select
            count(lifetime_value_amount),
            count(*) filter (
                where lifetime_value_amount is not null
                and credit_balance_amount <> 0
                and annual_default_rate is null
            )
        from marts.customer_lifetime_value
        """
    ).fetchone()
    assert borrowers_without_rate == 0
    assert (valued == 0) == (source == "taiwan"), "one month of outcomes gives no yearly loss"

    owing_unknown, made_up = working.sql(
        """
        select count(*), count(*) filter (
            where credit_balance_amount is not null or annual_margin_amount is not null
            or annual_expected_loss_amount is not null or lifetime_value_amount is not null
        )
        from marts.customer_lifetime_value
        where customer_id in (
            select exposures.customer_id
            from internal.int_credit_exposures as exposures
            inner join features.observation_dates as dates using (observation_date)
            where dates.is_latest and exposures.balance_amount is null
        )
        """
    ).fetchone()
    assert made_up == 0, "an unknown credit balance is not nothing"
    assert owing_unknown > 0 or source == "taiwan", "nobody was tried"

    counted = working.sql(
        """
        select sum(customers_count), sum(valued_count), (
            select count(*) from marts.customer_lifetime_value where lifetime_value_amount is null
        )
        from internal.int_segment_lifetime_value
        """
    ).fetchone()
    assert counted[0] - counted[1] == counted[2]


def test_dates_are_mature_only_where_someone_can_be_scored(published):
    rows = published.sql(
        """
        select observation_date, bool_or(is_mature), sum(scored_count), bool_or(is_suppressed)
        from marts.segment_risk group by observation_date
        """
    ).fetchall()
    for date, is_mature, scored, has_hidden in rows:
        assert is_mature == (bool(scored) or (is_mature and has_hidden)), date


def test_bounds_of_nothing_and_everything_are_exact(published):
    for mart in sorted(tables_of(published)):
        columns = published.table(f"marts.{mart}").columns
        for column in columns:
            lower, upper = f"{column}_lower", f"{column}_upper"
            if not column.endswith("_rate") or lower not in columns:
                continue
            if column in ("incremental_response_rate", "indicative_rate"):
                continue  # no proportions
            (off,) = published.sql(
                f"select count(*) from marts.{mart} where ({column} = 0 and {lower} <> 0)"
                f" or ({column} = 1 and {upper} <> 1)"
            ).fetchone()
            assert off == 0, (mart, column)
