"""People can read, print, sort, download, search and go back; nothing leaves the machine."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from customer_segmentation.reporting.site import render_site
from tests.python.browser.conftest import ROOT, SCREENSHOTS, published

VIEWS = {"phone": (390, 844), "laptop": (1366, 768)}

#: Texts that are cut off or lie on each other, within what a reader sees.
LAYOUT = """() => {
  const bad = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1)
    bad.push('page is wider than the screen: ' + root.scrollWidth);
  const seen = e => {
    const s = getComputedStyle(e), b = e.getBoundingClientRect();
    return s.visibility !== 'hidden' && s.display !== 'none' && b.width > 0 && b.height > 0; };
  document.querySelectorAll('h1,h2,h3,p,th,td,summary,figcaption,nav a').forEach(e => {
    if (!seen(e) || e.closest('.sr') || e.closest('.replaced')) return;
    if (e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).display !== 'inline'
        && getComputedStyle(e).overflowX !== 'visible')
      bad.push('cut off: ' + e.textContent.slice(0, 60));
  });
  document.querySelectorAll('figure.chart svg').forEach(svg => {
    if (!seen(svg) || svg.closest('.replaced')) return;
    const where = ' in ' + svg.closest('figure').textContent.slice(0, 40);
    const frame = svg.getBoundingClientRect();
    const boxes = [];
    svg.querySelectorAll('text').forEach(t => {
      const b = t.getBoundingClientRect();
      if (!b.width || !t.textContent.trim()) return;
      if (b.left < frame.left - 3 || b.right > frame.right + 3 || b.bottom > frame.bottom + 3)
        bad.push('outside its chart: ' + t.textContent + where);
      for (const [other, words] of boxes) {
        const w = Math.min(b.right, other.right) - Math.max(b.left, other.left);
        const h = Math.min(b.bottom, other.bottom) - Math.max(b.top, other.top);
        if (w > 3 && h > 4 && words !== t.textContent)
          bad.push('overlap: ' + words + ' / ' + t.textContent + where);
      }
      boxes.push([b, t.textContent]);
    });
  });
  return bad;
}"""


def pages(site: Path) -> list[Path]:
    return [*sorted(site.glob("*.html")), *sorted((site / "segments").glob("*.html"))]


def watched(context: Any) -> tuple[Any, list[str]]:
    page, trouble = context.new_page(), []
    page.on(
        "console",
        lambda m: trouble.append(m.text) if m.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else trouble.append(r.url),
    )
    return page, trouble


@pytest.mark.parametrize("view", VIEWS)
def test_pages_open_cleanly(browser: Any, site: Path, view: str) -> None:
    width, height = VIEWS[view]
    context = browser.new_context(viewport={"width": width, "height": height})
    page, trouble = watched(context)
    problems = []
    for file in pages(site):
        page.goto(file.as_uri())
        live = page.locator("figure.chart").count()
        if view == "laptop" and live:
            page.wait_for_function(
                "document.querySelector('figure.chart[data-live]')", timeout=60000
            )
        for index in range(live):
            figure = page.locator("figure.chart").nth(index)
            marks = figure.locator("svg path[d], svg circle, svg line, svg rect").count()
            if marks < 3:
                problems.append(f"{file.name}: chart {index} is empty")
        problems += [f"{file.name}: {text}" for text in page.evaluate(LAYOUT)]
        folder = SCREENSHOTS / site.name / view
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{file.stem}.png"), full_page=True)
    context.close()
    assert not trouble
    assert not problems, "\n".join(problems)


def test_print_is_clean(browser: Any, site: Path) -> None:
    context = browser.new_context(viewport={"width": 690, "height": 980})
    page, trouble = watched(context)
    folder = SCREENSHOTS / site.name / "print"
    folder.mkdir(parents=True, exist_ok=True)
    problems = []
    for file in pages(site):
        page.goto(file.as_uri())
        page.emulate_media(media="print")
        assert page.locator("header.top").is_hidden()
        problems += [f"{file.name}: {text}" for text in page.evaluate(LAYOUT)]
        page.pdf(path=str(folder / f"{file.stem}.pdf"), format="A4", print_background=True)
        page.emulate_media(media="screen")
    context.close()
    assert not trouble
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violation(browser: Any, site: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    found = []
    for file in pages(site):
        page.goto(file.as_uri())
        page.wait_for_timeout(300)
        for violation in axe.run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                target = violation["nodes"][0]["target"]
                found.append(
                    f"{file.name}: {violation['id']} at {target} ({len(violation['nodes'])})"
                )
    context.close()
    assert not found, "\n".join(found)


def test_sort_download_search_and_back(browser: Any, site: Path, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    page, trouble = watched(context)
    page.goto((site / "index.html").as_uri())
    table = page.locator("figure.table.overview")
    head = table.locator("th", has_text="Customers").first
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    index = head.evaluate("e => e.cellIndex")
    values = [
        float(v)
        for v in table.locator("tbody tr").evaluate_all(
            f"rows => rows.map(r => r.cells[{index}].dataset.v)"
        )
        if v not in ("", "suppressed")
    ]
    assert values == sorted(values, reverse=True)
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"

    with page.expect_download() as waiting:
        table.locator("button.csv").click()
    saved = tmp_path / "segments.csv"
    waiting.value.save_as(str(saved))
    rows = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))
    assert waiting.value.suggested_filename == "segments.csv"
    assert len(rows) == len(values) or rows
    assert rows[0]["segment_id"]

    page.keyboard.press("/")
    page.locator(".finder input").fill(rows[0]["segment_id"])
    shown = page.locator(".menu li:visible")
    assert shown.count() == 1
    page.locator(".finder input").press("Enter")
    page.wait_for_url("**/segments/*.html")
    page.go_back()
    assert page.url.endswith("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    context.close()
    assert not trouble


def test_hostile_text_runs_nowhere(
    browser: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    copy = tmp_path / "hostile.duckdb"
    shutil.copyfile(published(request, "sample"), copy)
    texts = ["=1+1", "<script>window.ran=1</script>", "{{7*7}} ${x} <%= 1 %>", "\u202e" + "x" * 300]
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update marts.segment_overview set "
            "segment_name = (?::varchar[])[1 + (rowid % 4)::int], "
            "distinguishing_text = '=cmd()'",
            [texts],
        )
    folder = render_site(
        copy, templates=ROOT / "reports" / "templates", out_dir=tmp_path / "html"
    ).parent
    context = browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=True)
    page, trouble = watched(context)
    for file in pages(folder):
        page.goto(file.as_uri())
        assert page.evaluate("window.ran === undefined")
        assert not page.evaluate(LAYOUT), file.name
    page.goto((folder / "index.html").as_uri())
    assert page.get_by_text("<script>window.ran=1</script>").count() > 0
    with page.expect_download() as waiting:
        page.locator("figure.table.overview button.csv").click()
    saved = tmp_path / "out.csv"
    waiting.value.save_as(str(saved))
    rows = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))
    assert {row["distinguishing_text"] for row in rows} == {"'=cmd()"}
    context.close()
    assert not trouble


def test_picture_for_the_readme(
    browser: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = render_site(
        published(request, "sample"),
        templates=ROOT / "reports" / "templates",
        out_dir=tmp_path / "html",
    ).parent
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto((folder / "index.html").as_uri())
    page.wait_for_function("document.querySelector('figure.chart[data-live]')", timeout=60000)
    picture = SCREENSHOTS / "overview.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(picture))
    page.close()
    assert picture.stat().st_size < 300_000


def test_evidence_pages_open_cleanly(browser: Any, evidence_address: tuple[str, Path]) -> None:
    address, folder = evidence_address
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page, trouble = context.new_page(), []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:", "blob:")) else trouble.append(r.url),
    )
    paths = sorted(
        str(p.parent.relative_to(folder)).removeprefix(".")
        for p in folder.rglob("index.html")
        if "_app" not in p.parts
    )
    assert any(path.startswith("segments/") for path in paths)
    target = SCREENSHOTS / "evidence" / folder.name
    target.mkdir(parents=True, exist_ok=True)
    for path in paths:
        page.goto(f"{address}/{path}", wait_until="networkidle", timeout=120000)
        page.wait_for_timeout(1500)
        assert page.locator("text=/Error in|error occurred/i").count() == 0, path
        page.screenshot(
            path=str(target / f"{path.replace('/', '-') or 'index'}.png"), full_page=True
        )
    context.close()
    assert not trouble, "\n".join(dict.fromkeys(trouble))
