"""A browser, and rendered sites of the three sources."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from customer_segmentation.reporting.site import render_site

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "reports" / "templates"
SCREENSHOTS = ROOT / "build" / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SOURCES = ("sample", "taiwan", "berka")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, or a skip that says what is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    with playwright.sync_playwright() as driver:
        if path is None and not Path(driver.chromium.executable_path).exists():
            pytest.skip("no chromium found; install it or set CHROMIUM to its path")
        running = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


def published(request: pytest.FixtureRequest, source: str) -> Path:
    """A published database; a folder of ready ones saves the build."""
    ready = os.environ.get("CUSTOMER_SEGMENTATION_PUBLISHED")
    if ready:
        path = Path(ready) / f"{source}.duckdb"
        if not path.exists():
            pytest.skip(f"{path} is missing")
        return path
    return request.getfixturevalue(f"{source}_project").published(source)


@pytest.fixture(scope="session", params=SOURCES)
def database(request: pytest.FixtureRequest) -> Path:
    """The published database of a source; the file's stem is the source's name."""
    return published(request, request.param)


@pytest.fixture(scope="session")
def site(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a rendered HTML site; its name is the source's."""
    folder = tmp_path_factory.mktemp("html") / database.stem
    render_site(database, templates=TEMPLATES, out_dir=folder)
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder and give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session", params=SOURCES)
def evidence_site(request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """Folder of a built Evidence site and the database that it shows, or a skip."""
    folder = ROOT / "reports" / "evidence" / request.param
    shown = ROOT / "warehouse" / f"{request.param}.duckdb"
    if not (folder / "index.html").exists() or not shown.exists():
        pytest.skip(f"{folder} is not built; run `make build site SOURCE={request.param}`")
    if (folder / "index.html").stat().st_mtime < shown.stat().st_mtime:
        pytest.skip(f"{folder} is older than {shown}; run `make site SOURCE={request.param}`")
    return folder, shown
