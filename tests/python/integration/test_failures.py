"""Every failure that a user can cause: one clear message, exit code 1, nothing published."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from tests.python.conftest import Project, copy_project

PUBLISHED = b"what was published before"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    copy = copy_project(tmp_path_factory.mktemp("failures") / "project")
    copy.published().write_bytes(PUBLISHED)
    return copy


def refusal(project: Project, *options: str) -> str:
    """The message of a build that must fail, with everything that a failure must leave alone."""
    done = project.run("customer-segmentation", "build", *options)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("Stopped.")
    assert "Traceback" not in done.stderr
    assert project.published().read_bytes() == PUBLISHED
    return " ".join(done.stderr.split())


def test_unknown_source_names_the_known_ones(project: Project) -> None:
    message = refusal(project, "--source", "atlantis")
    assert "Unknown source 'atlantis'" in message
    assert "berka, sample, taiwan" in message


def test_missing_file_is_named_with_what_to_do(project: Project, tmp_path: Path) -> None:
    message = refusal(project, "--data-dir", str(tmp_path))
    assert f"no file matches '{tmp_path}/customers/*.parquet'" in message
    assert "data_dir" in message


def test_missing_column_is_named(project: Project, tmp_path: Path) -> None:
    copy_raw(project, tmp_path)
    rewrite(tmp_path, "accounts", "select * exclude (product_type)")
    message = refusal(project, "--data-dir", str(tmp_path))
    assert "has no column 'product_type' (raw table 'accounts')" in message


def test_dates_in_an_unread_format_stop_the_build(project: Project, tmp_path: Path) -> None:
    copy_raw(project, tmp_path)
    rewrite(
        tmp_path,
        "loans",
        "select * replace (strftime(try_cast(originated_on as date), '%d.%m.%Y') as originated_on)",
    )
    message = refusal(project, "--data-dir", str(tmp_path))
    assert "loans" in message
    assert "unreadable date" in message
    assert "originated_on" in message


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"observation_dates": ["2024-13-01"]}, "'2024-13-01', which is no date"),
        ({"window_months": 0}, "var 'window_months' is 0"),
        ({"performance_months": "a year"}, "var 'performance_months' is a year"),
    ],
)
def test_settings_are_checked(
    project: Project, variables: dict[str, object], expected: str
) -> None:
    assert expected in refusal(project, "--vars", json.dumps(variables))


def test_vars_that_are_no_json_are_refused(project: Project) -> None:
    assert "--vars is no JSON" in refusal(project, "--vars", "{window_months")


def copy_raw(project: Project, folder: Path) -> None:
    """Link the sample's raw files into a folder in which a test replaces some."""
    for entity in (project.folder / "data" / "sample").iterdir():
        (folder / entity.name).mkdir()
        for part in entity.iterdir():
            (folder / entity.name / part.name).symlink_to(part)


def rewrite(folder: Path, entity: str, query: str) -> None:
    """Replace an entity's raw file by a query over it."""
    part = folder / entity / "part-00000.parquet"
    original = part.resolve()
    part.unlink()
    duckdb.sql(f"copy ({query} from read_parquet('{original}')) to '{part}'")
