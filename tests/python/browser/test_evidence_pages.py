"""The built Evidence site: every page is clean and shows the figures of the HTML pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe

from customer_segmentation.reporting.site import render_site
from tests.python.browser.conftest import SCREENSHOTS, TEMPLATES, served
from tests.python.browser.figures import TABLES, expected, wrong
from tests.python.browser.test_report_pages import serious

#: Charts without a drawing that has marks: coloured spots inside the axes of the canvas.
EMPTY_CHARTS = """() => [...document.querySelectorAll('.chart-container')].flatMap((box, place) => {
  const canvas = box.querySelector('canvas');
  if (!canvas || canvas.width < 100 || canvas.height < 40) return ['chart ' + place + ': none'];
  const left = Math.round(canvas.width * 0.08), low = Math.round(canvas.height * 0.08);
  const dots = canvas.getContext('2d')
    .getImageData(left, low, canvas.width - 2 * left, canvas.height - 2 * low).data;
  let coloured = 0;
  for (let i = 0; i < dots.length; i += 4)
    if (dots[i + 3] > 0 && Math.max(dots[i], dots[i + 1], dots[i + 2])
        - Math.min(dots[i], dots[i + 1], dots[i + 2]) > 25) coloured++;
  return coloured <= 30 ? ['chart ' + place + ': ' + coloured + ' coloured dots'] : [];
})"""

#: Texts that are wider than the page or cut off; tables scroll in a box of their own.
LAYOUT = """() => {
  const root = document.documentElement, bad = [];
  if (root.scrollWidth > root.clientWidth + 1) bad.push('wider than the screen');
  document.querySelectorAll('main h1, main h2, main h3, main p, article p').forEach(e => {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest('.scrollbox')) return;
    if (e.scrollWidth > e.clientWidth + 2 || box.right > root.clientWidth + 1)
      bad.push('cut off: ' + e.textContent.slice(0, 60));
  });
  return bad;
}"""


def paths(folder: Path) -> list[str]:
    """Address of every page of a built site."""
    found = [
        str(page.parent.relative_to(folder)).removeprefix(".")
        for page in folder.rglob("index.html")
        if not {"_app", "api"} & set(page.relative_to(folder).parts)
    ]
    return sorted(found)


def watched(context: Any, address: str) -> tuple[Any, list[str]]:
    """A page, and the list of what goes wrong in it."""
    page, trouble = context.new_page(), []
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:", "blob:")) else trouble.append(r.url),
    )
    return page, trouble


def opened(page: Any, address: str, path: str) -> None:
    """Open a page and wait until its queries have run and its charts stand still."""
    page.goto(f"{address}/{path}", wait_until="networkidle", timeout=60000)
    page.wait_for_function("!document.querySelector('.animate-pulse')", timeout=30000)
    page.wait_for_timeout(500)


@pytest.fixture(scope="module")
def address(evidence_site: tuple[Path, Path]) -> Iterator[str]:
    with served(evidence_site[0]) as found:
        yield found


def test_every_page_is_clean_and_true(
    browser: Any, evidence_site: tuple[Path, Path], address: str, tmp_path: Path
) -> None:
    folder, database = evidence_site
    axe = Axe()
    html = render_site(database, templates=TEMPLATES, out_dir=tmp_path / "html").parent
    figures = expected(database)
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    page, trouble = watched(context, address)
    shots = SCREENSHOTS / "evidence" / folder.name
    for view in ("laptop", "phone", "print"):
        (shots / view).mkdir(parents=True, exist_ok=True)
    problems, compared = [], 0
    for path in paths(folder):
        name = path or "index"
        shot = name.replace("/", "-")
        opened(page, address, path)
        found = [*page.evaluate(EMPTY_CHARTS), *page.evaluate(LAYOUT)]
        if page.locator("text=/Error in|error occurred/i").count():
            found.append("says that something went wrong")
        own = [figure for figure in figures if figure.page == name and not figure.is_html_only]
        compared += len(own)
        found += wrong(page.evaluate(TABLES), own)
        twin = html / f"{name}.html"
        if twin.exists():
            drawn = twin.read_text(encoding="utf-8").count('<figure class="chart"')
            if page.locator(".chart-container").count() < drawn:
                found.append("has fewer charts than the HTML page")
        found += serious(axe.run(page, options={"resultTypes": ["violations"]}))
        page.screenshot(path=str(shots / "laptop" / f"{shot}.png"), full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_timeout(300)
        found += [f"on a phone: {text}" for text in page.evaluate(LAYOUT)]
        found += [
            f"on a phone: {text}"
            for text in serious(axe.run(page, options={"resultTypes": ["violations"]}))
        ]
        page.screenshot(path=str(shots / "phone" / f"{shot}.png"), full_page=True)
        page.set_viewport_size({"width": 1366, "height": 768})
        page.emulate_media(media="print")
        found += [f"in print: {text}" for text in page.evaluate(LAYOUT)]
        page.pdf(path=str(shots / "print" / f"{shot}.pdf"), format="A4", print_background=True)
        page.emulate_media(media="screen")
        problems += [f"{name}: {text}" for text in found]
    context.close()
    assert compared == sum(not figure.is_html_only for figure in figures) >= 40
    assert not trouble, "\n".join(dict.fromkeys(trouble))
    assert not problems, "\n".join(problems)


def test_sort_download_and_back(
    browser: Any, evidence_site: tuple[Path, Path], address: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    page, trouble = watched(context, address)
    opened(page, address, "")
    table = page.locator(".table-container:visible").first
    with duckdb.connect(str(evidence_site[1]), read_only=True) as connection:
        sizes = [
            f"{size:,}"
            for (size,) in connection.execute(
                "select customers_count from marts.segment_overview order by 1"
            ).fetchall()
        ]
    orders = []
    for _ in range(2):
        table.locator("th", has_text="Customers").click()
        page.wait_for_timeout(300)
        orders.append([row[1] for row in page.evaluate(TABLES)[0]["rows"]])
    assert sorted(orders) == sorted([sizes, sizes[::-1]])

    table.hover()
    with page.expect_download() as waiting:
        table.locator("button.download-button").click()
    saved = tmp_path / "segments.csv"
    waiting.value.save_as(str(saved))
    rows = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))
    assert sorted(f"{int(row['customers_count']):,}" for row in rows) == sorted(sizes)

    table.locator("td a").first.click()
    page.wait_for_url("**/segments/*/")
    page.go_back()
    page.wait_for_url(f"{address}/")
    context.close()
    assert not trouble
