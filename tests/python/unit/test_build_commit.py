"""A build says which commit of the code it ran."""

from __future__ import annotations

import subprocess
from pathlib import Path

from customer_segmentation.runner import build


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it says."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@lender.example"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_commit_is_the_head_and_says_where_files_differ(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "model.sql").write_text("select 1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "First")
    git(tmp_path, "tag", "--annotate", "--message", "one", "v1")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert build.commit_of(tmp_path) == head
    (tmp_path / "model.sql").write_text("select 2")
    assert build.commit_of(tmp_path) == f"{head}-dirty"


def test_no_repository_has_no_commit(tmp_path: Path) -> None:
    assert build.commit_of(tmp_path) == ""


def test_no_git_is_no_commit(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build.commit_of(tmp_path) == ""
