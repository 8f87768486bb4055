"""Build the Evidence site: packages from the lock file, data from the published database."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from customer_segmentation.reporting.evidence import render_evidence
from customer_segmentation.runner.errors import UserError

#: Nothing is reported to anyone, and npm asks for nothing but the packages of the lock file.
QUIET = {
    "SEND_ANONYMOUS_USAGE_STATS": "no",
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}
_LAST_LINES = 30


def build_evidence_site(
    database: Path, *, templates: Path, project_dir: Path, out_dir: Path
) -> Path:
    """Render the Evidence project of a published database and build its static site.

    The project's packages are installed by ``npm ci`` where they are missing or older than the
    lock file. ``out_dir`` is replaced only after a strict build, in which a query that fails
    ends the build.

    Parameters
    ----------
    database : Path
        A published DuckDB file.
    templates : Path
        Folder of the page templates.
    project_dir : Path
        The Evidence project: the folder of ``package.json``. One build at a time.
    out_dir : Path
        Folder of the site; replaced.

    Returns
    -------
    Path
        The first page, ``index.html``.

    Raises
    ------
    UserError
        Where Node.js is missing, or npm or Evidence fails; the text ends in what they said last.
    """
    if not database.exists():
        raise UserError(f"Nothing to render: {database} is missing. Run `make build` first.")
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise UserError(
                f"'{program}' is missing: the Evidence site needs Node.js 18.13 or newer with npm "
                "(on Debian: apt-get install nodejs npm). The HTML report needs neither."
            )
    render_evidence(database, templates=templates, project_dir=project_dir)
    lock, installed = (
        project_dir / "package-lock.json",
        project_dir / "node_modules" / ".package-lock.json",
    )
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _npm(project_dir, "ci")
    # What an earlier source left would become part of this site.
    for left in (".evidence", "build"):
        shutil.rmtree(project_dir / left, ignore_errors=True)
    _npm(project_dir, "run", "sources")
    _npm(project_dir, "run", "build:strict")
    if out_dir.exists():
        shutil.rmtree(out_dir)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    (project_dir / "build").rename(out_dir)
    return out_dir / "index.html"


def _npm(project_dir: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["npm", *arguments],
        cwd=project_dir,
        env={**os.environ, **QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join(done.stdout.rstrip().splitlines()[-_LAST_LINES:])
        raise UserError(f"`npm {' '.join(arguments)}` failed in {project_dir}:\n{said}")
