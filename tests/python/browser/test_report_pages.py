"""People can read, print, sort, download, search and go back; nothing leaves the machine."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import pytest

from customer_segmentation.reporting.site import render_site
from tests.python.browser.conftest import SCREENSHOTS, TEMPLATES, published
from tests.python.browser.figures import TABLES, expected, wrong

VIEWS = {"phone": (390, 844), "laptop": (1366, 768)}

#: Texts that are cut off, spill over or lie on each other, within what a reader sees.
LAYOUT = """() => {
  const bad = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1)
    bad.push('page is wider than the screen: ' + root.scrollWidth);
  const replaced = e => {
    const box = e.closest('.replaced');
    return box && getComputedStyle(box).position === 'absolute'; };
  const seen = e => {
    const s = getComputedStyle(e), b = e.getBoundingClientRect();
    return !replaced(e) && s.visibility !== 'hidden' && s.display !== 'none'
      && b.width > 0 && b.height > 0; };
  const words = e => e.textContent.trim().slice(0, 60);
  document.querySelectorAll('h1,h2,h3,p,th,td,summary,figcaption,nav a').forEach(e => {
    if (!seen(e) || e.closest('.sr')) return;
    if (getComputedStyle(e).display !== 'inline' && e.scrollWidth > e.clientWidth + 2)
      bad.push('cut off or spilt: ' + words(e));
  });
  document.querySelectorAll('main, main .grid, main figure, main details[open]').forEach(box => {
    const inside = [...box.children].filter(e => seen(e) && !e.matches('.sr,[hidden]'));
    inside.forEach((one, place) => inside.slice(place + 1).forEach(other => {
      const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
          && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
        bad.push('blocks overlap: ' + words(one) + ' / ' + words(other));
    }));
  });
  document.querySelectorAll('figure.chart svg').forEach(svg => {
    if (!seen(svg)) return;
    const where = ' in ' + svg.closest('figure').textContent.slice(0, 40);
    const frame = svg.getBoundingClientRect();
    const boxes = [];
    svg.querySelectorAll('text').forEach(t => {
      const b = t.getBoundingClientRect();
      if (!b.width || !t.textContent.trim()) return;
      if (b.left < frame.left - 3 || b.right > frame.right + 3 || b.bottom > frame.bottom + 3)
        bad.push('outside its chart: ' + t.textContent + where);
      // The box of a slanted text is larger than the text: such labels stand apart by design.
      if (/rotate/.test(t.getAttribute('transform') || '')) return;
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

#: Charts in which a reader sees no drawing, or a drawing without marks.
EMPTY_CHARTS = """() => [...document.querySelectorAll('figure.chart')].flatMap(figure => {
  const title = figure.querySelector('figcaption').textContent;
  const visible = [...figure.querySelectorAll('svg')].filter(svg => {
    const box = svg.getBoundingClientRect();
    // A drawing that a live one has replaced on screen is a clipped dot.
    return getComputedStyle(svg.parentElement).position !== 'absolute'
      && box.width > 100 && box.height > 40; });
  if (visible.length !== 1) return [title + ': ' + visible.length + ' drawings'];
  const marks = [...visible[0].querySelectorAll('path,circle,line,rect')].filter(mark => {
    const box = mark.getBoundingClientRect();
    return (box.width > 0 || box.height > 0) && getComputedStyle(mark).display !== 'none'; });
  return marks.length < 3 ? [title + ': ' + marks.length + ' marks'] : [];
})"""

#: Bring every chart near the screen once, so that it comes alive.
SCROLL = """async () => {
  for (const figure of document.querySelectorAll('figure.chart')) {
    figure.scrollIntoView();
    await new Promise(done => setTimeout(done, 60));
  }
  window.scrollTo(0, 0);
}"""
LIVE = "[...document.querySelectorAll('figure.chart')].every(f => f.dataset.live)"


def pages(site: Path) -> list[Path]:
    return [*sorted(site.glob("*.html")), *sorted((site / "segments").glob("*.html"))]


def serious(results: Any) -> list[str]:
    """Violations that keep people out, from axe's results."""
    return [
        f"{found['id']} at {found['nodes'][0]['target']} ({len(found['nodes'])})"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
    ]


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
    folder = SCREENSHOTS / site.name / view
    folder.mkdir(parents=True, exist_ok=True)
    for file in pages(site):
        page.goto(file.as_uri())
        if view == "laptop":
            page.evaluate(SCROLL)
            page.wait_for_function(LIVE, timeout=30000)
        found = [*page.evaluate(EMPTY_CHARTS), *page.evaluate(LAYOUT)]
        problems += [f"{file.name}: {text}" for text in found]
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
        found = [*page.evaluate(EMPTY_CHARTS), *page.evaluate(LAYOUT)]
        problems += [f"{file.name}: {text}" for text in found]
        page.pdf(path=str(folder / f"{file.stem}.pdf"), format="A4", print_background=True)
        page.emulate_media(media="screen")
    context.close()
    assert not trouble
    assert not problems, "\n".join(problems)


def test_figures_equal_sql(browser: Any, site: Path, database: Path) -> None:
    figures = expected(database)
    page = browser.new_page()
    problems = []
    for name in dict.fromkeys(figure.page for figure in figures):
        page.goto((site / f"{name}.html").as_uri())
        problems += wrong(page.evaluate(TABLES), [f for f in figures if f.page == name])
    page.close()
    assert len(figures) >= 40
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violation(browser: Any, site: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The dark scheme changes colours and nothing else.
    options = {"resultTypes": ["violations"]}
    options |= {} if scheme == "light" else {"runOnly": ["color-contrast"]}
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    found = []
    for file in pages(site):
        page.goto(file.as_uri())
        page.wait_for_timeout(200)
        found += [f"{file.name}: {text}" for text in serious(axe.run(page, options=options))]
    context.close()
    assert not found, "\n".join(found)


def test_sort_download_search_and_back(
    browser: Any, site: Path, database: Path, tmp_path: Path
) -> None:
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
            f"rows => rows.map(r => r.cells[{index}].dataset.v ?? r.cells[{index}].textContent)"
        )
        if v not in ("", "hidden")
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
    with duckdb.connect(str(database), read_only=True) as connection:
        sizes = connection.execute(
            "select segment_id, customers_count from marts.segment_overview "
            "order by customers_count, segment_id"
        ).fetchall()
    # The file has the rows in the order that the reader chose.
    assert [(row["segment_id"], int(row["customers_count"])) for row in rows] == sizes

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


def test_picture_for_the_readme(
    browser: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = render_site(
        published(request, "sample"),
        templates=TEMPLATES,
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
