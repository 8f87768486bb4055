"""Run `dbt build` for one source, with progress, and turn its failures into messages."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventMsg

from customer_segmentation.runner.errors import UserError

Progress = Callable[[int, int, str], None]
# The environment variable that run_manifest reads.
COMMIT_VARIABLE = "CUSTOMER_SEGMENTATION_COMMIT"
# Rows that a failed test shows of those it found.
SHOWN_BREACHES = 3


def known_sources(project_dir: Path) -> list[str]:
    """Names of the sources that the project can read: the folders of models/staging."""
    return sorted(
        path.name for path in (project_dir / "models" / "staging").iterdir() if path.is_dir()
    )


def build(
    project_dir: Path,
    *,
    source: str,
    variables: dict[str, Any],
    target_path: Path,
    database: Path,
    progress: Progress,
) -> None:
    """Build and test every model of one source.

    Parameters
    ----------
    project_dir : Path
        Folder of dbt_project.yml.
    source : str
        A folder of models/staging.
    variables : dict
        dbt vars besides `source`.
    target_path : Path
        Where dbt keeps its artefacts.
    database : Path
        The working database, to show rows that failed a test.
    progress : callable
        Called with nodes done, nodes in all and the name of the node that has just ended.

    Raises
    ------
    UserError
        Where anything failed: settings, raw files, a model or a test. The text holds every failure.
    """
    sources = known_sources(project_dir)
    if source not in sources:
        raise UserError(
            f"Unknown source '{source}'. Known are: {', '.join(sources)}. "
            "CONTRIBUTING.md walks through adding one."
        )
    if COMMIT_VARIABLE not in os.environ:
        os.environ[COMMIT_VARIABLE] = commit_of(project_dir)
    failures: list[str] = []

    def on_event(event: EventMsg) -> None:
        if event.info.name == "LogStartLine":
            progress(event.data.index, event.data.total, event.data.description)

    settings = {"source": source, **variables}
    outcome = invoke(["build"], project_dir, settings, target_path, callbacks=[on_event])
    if outcome.exception is not None:
        failures.append(readable(str(outcome.exception)))
    elif not outcome.success:
        failures.extend(node_failures(outcome.result, database))  # type: ignore[arg-type]
    if failures:
        raise UserError("\n".join(failures))


def document(
    project_dir: Path, *, source: str, variables: dict[str, Any], target_path: Path
) -> Path:
    """Write dbt's documentation of what `build` has just built as one HTML file.

    Nothing is compiled again, so the results of the build's tests stay as they are.

    Raises
    ------
    UserError
        Where dbt can't write it.
    """
    outcome = invoke(
        ["docs", "generate", "--static", "--no-compile"],
        project_dir,
        {"source": source, **variables},
        target_path,
    )
    if not outcome.success:
        reason = readable(str(outcome.exception or "dbt docs generate failed"))
        raise UserError(f"The documentation can't be written: {reason}")
    return target_path / "static_index.html"


def invoke(
    command: list[str],
    project_dir: Path,
    variables: dict[str, Any],
    target_path: Path,
    *,
    callbacks: Sequence[Callable[[EventMsg], None]] = (),
) -> dbtRunnerResult:
    """Run a dbt command in this process and let go of the database."""
    arguments = [
        *command,
        # What failed is told once, at the end; dbt's log file has the rest.
        "--log-level",
        "none",
        "--project-dir",
        str(project_dir),
        "--profiles-dir",
        str(project_dir),
        "--target-path",
        str(target_path),
        "--vars",
        json.dumps(variables),
    ]
    outcome: dbtRunnerResult = dbtRunner(callbacks=list(callbacks)).invoke(arguments)
    # dbt keeps its connection for a next command in this process; publishing needs the file.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    return outcome


def commit_of(folder: Path) -> str:
    """Commit of the code in a folder, with `-dirty` where tracked files differ from it.

    Empty where the folder is in no repository, or git isn't installed.
    """
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        done = subprocess.run(
            [*command, "--exclude=*"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def node_failures(results: Sequence[Any], database: Path) -> list[str]:
    """One message for each model, seed, hook or test that did not succeed.

    Parameters
    ----------
    results : sequence of dbt's run results
    database : Path
        The working database, which nobody uses any more.
    """
    messages = []
    for result in results:
        if result.status in ("error", "fail"):
            kind = result.node.resource_type
            message = f"{kind} {result.node.name}: {readable(result.message or '')}"
            if kind == "test" and result.status == "fail":
                message += breaches(result.node.compiled_code, database)
            messages.append(message)
    return messages


def breaches(query: str, database: Path) -> str:
    """Write the first rows that a failed test returns, each on a line of its own."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            found = connection.execute(query)
            names = [column[0] for column in found.description or ()]
            rows = found.fetchmany(SHOWN_BREACHES)
    except duckdb.Error:
        # The rows are a help; that the test failed is said already.
        return ""
    shown = [
        ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True)) for row in rows
    ]
    return "".join(f"\n  {line}" for line in shown)


def readable(message: str) -> str:
    """Give a dbt message without the lines that only its developers need."""
    noise = ("compiled code at", "> in macro", "> called by", "> in model")
    text = re.sub(
        r"Python model failed:\s*Traceback .*\n\s*(?:\w+\.)*(?:UserError|ValueError): ",
        "",
        message,
        flags=re.DOTALL,
    )
    lines = [line.strip() for line in text.splitlines()]
    return "\n  ".join(line for line in lines if line and not line.startswith(noise))
