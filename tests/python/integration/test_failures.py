"""Every failure that a user can cause: one clear message, exit code 1, nothing published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from tests.python.conftest import Project, copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    copy = copy_project(tmp_path_factory.mktemp("failures") / "project")
    duckdb.connect(str(copy.published())).close()
    shutil.copyfile(copy.published(), before(copy))
    return copy


def before(project: Project) -> Path:
    """A copy of what was published before."""
    return project.folder / "published_before.duckdb"


def refusal(project: Project, *options: str) -> str:
    """The message of a build that must fail, with everything that a failure must leave alone."""
    done = project.run("customer-segmentation", "build", *options)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("Stopped.")
    assert "Traceback" not in done.stderr
    assert project.published().read_bytes() == before(project).read_bytes()
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
    assert "(raw table 'accounts') has no column 'product_type'. Its columns are" in message


def test_all_missing_columns_of_a_file_are_named_once(project: Project, tmp_path: Path) -> None:
    copy_raw(project, tmp_path)
    rewrite(tmp_path, "accounts", "select * exclude (product_type, opened_on)")
    message = refusal(project, "--data-dir", str(tmp_path))
    assert message.count("has no column 'product_type', 'opened_on'.") == 1


def test_an_empty_file_is_said_to_be_empty(project: Project, tmp_path: Path) -> None:
    copy_raw(project, tmp_path)
    part = tmp_path / "loans" / "part-00000.parquet"
    part.unlink()
    part.touch()
    message = refusal(project, "--data-dir", str(tmp_path))
    assert "(raw table 'loans') is empty" in message


def test_a_folder_that_was_not_given_is_asked_for(project: Project) -> None:
    message = refusal(project, "--source", "taiwan")
    assert "Its folder was not given: pass DATA_DIR" in message


def test_a_folder_may_have_a_space_and_an_apostrophe(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "the lender's files"
    folder.mkdir()
    copy_raw(project, folder)
    (folder / "campaigns" / "part-00000.parquet").unlink()
    message = refusal(project, "--data-dir", str(folder))
    assert f"no file matches '{folder}/campaigns/*.parquet'" in message
    assert message.count("no file matches") == 1


def test_a_history_that_is_too_short_for_any_date_is_explained(project: Project) -> None:
    message = refusal(project, "--vars", json.dumps({"minimum_history_months": 1000}))
    assert "nobody can be segmented: no observation date has the history" in message
    assert "Traceback" not in message


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
        ({"minimum_history_months": -1}, "var 'minimum_history_months' is -1"),
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
