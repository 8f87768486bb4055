"""Hostile text in the data is text in both kinds of site and in their downloads."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from customer_segmentation.reporting.site import render_site
from customer_segmentation.runner.evidence import build_evidence_site
from tests.python.browser import test_evidence_pages as evidence
from tests.python.browser import test_report_pages as report
from tests.python.browser.conftest import ROOT, TEMPLATES, published, served

HOSTILE = [
    "<script>window.ran=1</script>",
    "{{7*7}} ${x} <%= 1 %> {@html 'x'}",
    "\u202eabc\u05d0 \"q\" 'a' `b`",
    "=1+1",
    "x" * 300,
]
#: Tables whose texts come from a lender's data or from people who name segments.
COLUMNS = [
    ("segment_overview", "segment_name"),
    ("segment_overview", "segment_description"),
    ("segment_overview", "distinguishing_text"),
    ("protected_attribute_audit", "group_value"),
    ("data_quality_summary", "reason"),
    ("segment_coverage", "reason"),
    ("segment_k_scan", "reason"),
]


@pytest.fixture(scope="module")
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's published database with hostile text wherever text may come from outside."""
    copy = tmp_path_factory.mktemp("hostile") / "hostile.duckdb"
    shutil.copyfile(published(request, "sample"), copy)
    with duckdb.connect(str(copy)) as connection:
        for table, column in COLUMNS:
            connection.execute(
                f"update marts.{table} set {column} = (?::varchar[])[1 + (rowid % ?)::int]",
                [HOSTILE, len(HOSTILE)],
            )
        # Labels stay distinct, as the seed's are.
        connection.execute(
            "update marts.report_features set "
            "label = (?::varchar[])[1 + (rowid % ?)::int] || ' ' || feature",
            [HOSTILE, len(HOSTILE)],
        )
    return copy


@pytest.fixture(scope="module")
def hostile_evidence(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the Evidence site of that database, built with the packages of `make site`."""
    packages = ROOT / "reports" / "node_modules"
    if not packages.exists():
        pytest.skip(f"{packages} is not installed; run `make site`")
    project = tmp_path_factory.mktemp("evidence") / "reports"
    project.mkdir()
    for name in ("package.json", "package-lock.json", "evidence.config.yaml", ".npmrc"):
        shutil.copy2(ROOT / "reports" / name, project / name)
    (project / "node_modules").symlink_to(packages)
    built = build_evidence_site(
        hostile, templates=TEMPLATES, project_dir=project, out_dir=project.parent / "site"
    )
    with served(built.parent) as address:
        yield address


def downloaded(waiting: Any, folder: Path) -> list[dict[str, str]]:
    """Rows of a downloaded CSV file."""
    saved = folder / "download.csv"
    waiting.value.save_as(str(saved))
    return list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))


def looks_like_text(rows: list[dict[str, str]]) -> bool:
    """Whether no cell of a CSV file would run in a spreadsheet, and one would have."""
    cells = [text for row in rows for text in row.values()]
    return "'=1+1" in cells and not any(cell.startswith(("=", "@", "\t")) for cell in cells)


def test_html_pages_show_it_as_text(browser: Any, hostile: Path, tmp_path: Path) -> None:
    folder = render_site(hostile, templates=TEMPLATES, out_dir=tmp_path / "html").parent
    context = browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=True)
    page, trouble = report.watched(context)
    for file in report.pages(folder):
        page.goto(file.as_uri())
        assert page.evaluate("window.ran === undefined"), file.name
        # Text without a space may break anywhere, and must not widen the page.
        found = page.evaluate(report.LAYOUT)
        assert not [text for text in found if not text.startswith("word cut")], file.name
        menu = page.locator("#segments-menu").text_content()
        for text in HOSTILE:  # each is a segment's name, and every page lists them
            assert text in menu, (file.name, text)
    # Regions and other groups, on the page and in its download.
    page.goto((folder / "model-card.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    table = page.locator("#table-protected-attributes")
    shown = table.text_content()
    with page.expect_download() as waiting:
        table.locator("button.csv").click()
    rows = downloaded(waiting, tmp_path)
    assert looks_like_text(rows)
    for text in HOSTILE:
        assert text[1:] in shown, text
        assert any(text in row["group_value"] for row in rows), text
    page.goto((folder / "index.html").as_uri())
    for text in HOSTILE:
        assert page.get_by_text(text).count() > 0, text
    with page.expect_download() as waiting:
        page.locator("figure.table.overview button.csv").click()
    assert looks_like_text(downloaded(waiting, tmp_path))
    context.close()
    assert not trouble


def test_evidence_pages_show_it_as_text(
    browser: Any, hostile_evidence: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    page, trouble = evidence.watched(context, hostile_evidence)
    for path in ("segments/S01", "method", "model-card", ""):
        evidence.opened(page, hostile_evidence, path)
        assert page.evaluate("window.ran === undefined"), path
        assert page.locator("text=/Error in|error occurred/i").count() == 0, path
    shown = page.locator(".table-container:visible").first
    text = shown.inner_text()
    for part in (HOSTILE[0], "{{7*7}} ${x} <%= 1 %>", "=1+1", "x" * 300):
        assert part in text, part
    shown.hover()
    with page.expect_download() as waiting:
        shown.locator("button.download-button").click()
    assert looks_like_text(downloaded(waiting, tmp_path))
    context.close()
    assert not trouble
