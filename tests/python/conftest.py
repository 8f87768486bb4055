"""Fixtures that several kinds of tests share: copies of the project, and builds in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL_DATA = Path(os.environ.get("CUSTOMER_SEGMENTATION_TEST_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Project:
    """A copy of the repository's files in which a test may build and break things."""

    folder: Path

    def run(
        self, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the virtual environment in the copy."""
        return subprocess.run(
            [str(Path(sys.executable).parent / arguments[0]), *arguments[1:]],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, source: str = "sample", *options: str) -> subprocess.CompletedProcess[str]:
        """Run what `make build` runs, which must succeed."""
        done = self.run("customer-segmentation", "build", "--source", source, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def dbt(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a dbt command, which must succeed."""
        done = self.run("dbt", *arguments, environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def published(self, source: str = "sample") -> Path:
        """The database that a build publishes."""
        return self.folder / "warehouse" / f"{source}.duckdb"

    def working(self, source: str = "sample") -> Path:
        """The database that a build works in."""
        return self.folder / "warehouse" / "build" / f"{source}.duckdb"


def copy_project(folder: Path) -> Project:
    """Copy every file that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        original, copy = ROOT / name, folder / name
        if original.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, copy)
    return Project(folder)


def real_data(source: str) -> Path:
    """Folder of a real data set, or a skip that says what is missing."""
    folder = REAL_DATA / source
    if not folder.exists():
        pytest.skip(f"{source} is not at {folder}; set CUSTOMER_SEGMENTATION_TEST_DATA")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy of the project with nothing built."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def sample_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which the sample is built and published; read only."""
    copy = copy_project(tmp_path_factory.mktemp("sample") / "project")
    copy.build()
    return copy


@pytest.fixture(scope="session")
def built_sample(sample_project: Project) -> Path:
    """The published database of the sample."""
    return sample_project.published()


@pytest.fixture(scope="session")
def taiwan_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which taiwan is built and published; read only."""
    data = real_data("taiwan")
    copy = copy_project(tmp_path_factory.mktemp("taiwan") / "project")
    copy.build("taiwan", "--data-dir", str(data))
    return copy


@pytest.fixture(scope="session")
def berka_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which berka is built and published; read only."""
    data = real_data("berka")
    copy = copy_project(tmp_path_factory.mktemp("berka") / "project")
    copy.build("berka", "--data-dir", str(data))
    return copy
