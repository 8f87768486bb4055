"""People can read, print, sort, download, search and go back; nothing leaves the machine."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe

from customer_segmentation.reporting.pages import PAGES
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
  // Words that a line break cuts; longer ones than any of ours are hostile and may break.
  const texts = 'main h1,main h2,main p,main th,main td,main li,figcaption';
  document.querySelectorAll(texts).forEach(e => {
    if (!seen(e) || e.closest('svg')) return;
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest('.sr')) continue;
      for (const word of node.data.matchAll(/[^\\s\\-\u2013/:;.,()=_]{2,18}/g)) {
        const before = node.data[word.index - 1], after = node.data[word.index + word[0].length];
        if ([before, after].some(mark => mark && /[^\\s\\-\u2013/:;.,()=_]/.test(mark))) continue;
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
        if (lines.size > 1) bad.push('word cut in two: ' + word[0] + ' in ' + words(e));
      }
    }
  });
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
        if (w > 1.5 && h > 2.5 && words !== t.textContent)
          bad.push('overlap: ' + words + ' / ' + t.textContent + where);
      }
      boxes.push([b, t.textContent]);
    });
    // Names and figures lie beside bars and bubbles, not on them; cells carry theirs.
    const kind = svg.closest('figure').dataset.kind;
    if (!['bars', 'bubble', 'stack'].includes(kind)) return;
    const marks = [...svg.querySelectorAll('[data-mark],.role-mark')].filter(group =>
      !/text|rule/.test(group.dataset.mark || group.getAttribute('class'))
    ).flatMap(group => [...group.querySelectorAll('path,circle,rect')])
      .map(mark => mark.getBoundingClientRect()).filter(box => box.width > 1 && box.height > 1);
    for (const [b, text] of boxes) for (const m of marks) {
      // The box of a text is taller than its letters; a bubble fills no corner of its box.
      const inset = kind === 'bubble' ? 0.15 * m.width : 0;
      const w = Math.min(b.right, m.right - inset) - Math.max(b.left, m.left + inset);
      const h = Math.min(b.bottom - 3, m.bottom - inset) - Math.max(b.top + 3, m.top + inset);
      if (w > 1.5 && h > 1.5) bad.push('text on a mark: ' + text + where);
    }
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
  // Groups that draw figures: Vega's class in a live chart, an attribute in a drawing.
  const groups = [...visible[0].querySelectorAll('[data-mark],.role-mark')].filter(group =>
    !/text/.test(group.dataset.mark || group.getAttribute('class')));
  const marks = groups.flatMap(group => [...group.querySelectorAll('path,circle,line,rect')])
    .filter(mark => {
      const box = mark.getBoundingClientRect();
      return (box.width > 0 || box.height > 0) && getComputedStyle(mark).display !== 'none'; });
  return marks.length < 1 ? [title + ': no marks'] : [];
})"""

#: What print must keep together, hide and say.
PRINTED = """() => {
  const bad = [];
  const line = document.querySelector('.printed');
  if (!line.offsetHeight || !/as of .*\\d{4}/.test(line.textContent))
    bad.push('no title, source and date');
  document.querySelectorAll('figure.table').forEach(figure => {
    if (!figure.offsetHeight) return;
    const style = getComputedStyle(figure), rows = figure.querySelectorAll('tbody tr').length;
    if (rows <= 12 && style.breakInside !== 'avoid')
      bad.push('short table may break: ' + figure.id);
    const caption = figure.querySelector('figcaption');
    if (caption.parentElement !== figure || getComputedStyle(caption).breakAfter !== 'avoid')
      bad.push('caption may stand alone: ' + figure.id);
  });
  document.querySelectorAll('main h1,main h2,main h3').forEach(heading => {
    if (getComputedStyle(heading).breakAfter !== 'avoid') bad.push('heading may stand alone');
  });
  const footer = document.querySelector('.bottom');
  if (getComputedStyle(footer).breakBefore !== 'avoid') bad.push('footer may stand alone');
  if (/[\u00b7]/.test(footer.innerText)) bad.push('stray mark in the footer: ' + footer.innerText);
  document.querySelectorAll('button,select,.anchor,.live').forEach(control => {
    if (control.offsetHeight && !control.closest('thead'))
      bad.push('a control: ' + control.outerHTML);
  });
  return bad;
}"""

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
        problems += [f"{file.name}: {text}" for text in page.evaluate(PRINTED)]
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


@pytest.mark.parametrize(
    ("view", "scheme"), [("laptop", "light"), ("laptop", "dark"), ("phone", "light")]
)
def test_no_serious_accessibility_violation(
    browser: Any, site: Path, view: str, scheme: str
) -> None:
    axe = Axe()
    # The dark scheme changes colours and nothing else.
    options = {"resultTypes": ["violations"]}
    options |= {} if scheme == "light" else {"runOnly": ["color-contrast"]}
    width, height = VIEWS[view]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
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


#: Charts of which a reader sees no drawing, or two.
DRAWINGS = """() => [...document.querySelectorAll('figure.chart')].flatMap(figure => {
  const shown = [...figure.querySelectorAll('.plot svg, .live svg')].filter(svg => {
    const box = svg.getBoundingClientRect();
    return getComputedStyle(svg.parentElement).position !== 'absolute' && box.width > 100; });
  return shown.length === 1 ? [] : [figure.id + ': ' + shown.length]; })"""


def test_each_chart_shows_once_at_any_width(browser: Any, site: Path) -> None:
    """A window may shrink and grow; live charts come with the room for them."""
    page, trouble = watched(browser)
    for name in ("risk", "method"):
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto((site / f"{name}.html").as_uri())
        page.evaluate(SCROLL)
        page.wait_for_function(LIVE, timeout=60000)
        for width in (600, 390, 768, 1366):
            page.set_viewport_size({"width": width, "height": 768})
            page.wait_for_timeout(200)
            assert not page.evaluate(DRAWINGS), (name, width)
    page.set_viewport_size({"width": 390, "height": 768})
    page.goto((site / "risk.html").as_uri())
    page.evaluate(SCROLL)
    assert page.locator("figure.chart[data-live]").count() == 0
    page.set_viewport_size({"width": 1366, "height": 768})
    page.evaluate(SCROLL)
    page.wait_for_function(LIVE, timeout=60000)
    page.close()
    assert not trouble


def test_fingers_can_hit_what_they_aim_at(browser: Any, site: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    small = []
    for file in pages(site):
        page.goto(file.as_uri())
        small += page.evaluate(
            """() => [...document.querySelectorAll(
              'button,summary,select,nav a,a.segment,.links a')].flatMap(e => {
              const box = e.getBoundingClientRect();
              return box.width && box.height < 24 ? [e.outerHTML.slice(0, 90)] : []; })"""
        )
    page.close()
    assert not small, small[:5]


def test_charts_show_without_scripts(browser: Any, site: Path) -> None:
    context = browser.new_context(
        viewport={"width": 1366, "height": 768}, java_script_enabled=False
    )
    page = context.new_page()
    shown = 0
    for name in ("index", "risk", "method"):
        page.goto((site / f"{name}.html").as_uri())
        charts = page.locator("figure.chart:visible")
        for place in range(charts.count()):
            drawing = charts.nth(place).locator(".plot.wide svg")
            box = drawing.bounding_box()
            assert box is not None
            assert box["width"] > 100
            assert drawing.locator("[data-mark]").count() > 0
            shown += 1
        assert page.locator("button.csv:visible, .filter:visible, .finder:visible").count() == 0
    assert shown >= 4
    context.close()


AMOUNTS = [-5.5, 1200.0, None, 0.0004, -120.25, 0.31, None]


@pytest.fixture
def table_page(tmp_path: Path) -> Path:
    """A page with a table of negative, tiny, hidden and unknown figures, and a filter."""
    path = tmp_path / "tiny.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.segment_overview as select 'S01' as segment_id, 'Savers' as "
            "segment_name, '' as segment_description, date '2025-12-31' as observation_date"
        )
        connection.execute(
            "create table marts.report_settings as select 'tiny' as source, 'de-DE' as "
            "report_locale, 'EUR' as report_currency, 20 as minimum_cell_count"
        )
        connection.execute(
            "create table marts.segment_risk as select 'S01' as segment_id, "
            "'=' || position as label, position, amount, amount is null and position = 2 as "
            "is_suppressed, amount / 10 as share, 'currency' as unit, "
            "case when position < 3 then 'a|b' else 'rest' end as kind, "
            "date '2025-03-31' + to_months(position::int * 3) as observed_on "
            "from (select unnest(range(7)) as position, unnest(?::double[]) as amount)",
            [AMOUNTS],
        )
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "glossary.csv").write_text("term,meaning\nx,y\n", encoding="utf-8")
    for page in PAGES:
        (templates / page.template).write_text("# Page\n", encoding="utf-8")
    (templates / "index.md.j2").write_text(
        """# Page

<% set risk = mart('segment_risk').order('position') %>
<%= table(risk, [col('label', 'Label'), col('segment_id', 'Segment', 'segment'),
    col('amount', 'Amount', 'unit', unit='unit'), col('share', 'Share', 'percent')],
    caption='Amounts', name='amounts', filter='kind', filter_label='Kind',
    as_of=mart('segment_overview').get('observation_date'), population='everybody here') %>

<%= chart('line', risk.where(amount__known=true), title='Amount by date', x='observed_on',
    y='amount', series='kind', format='currency', label='Amount', as_of='Today',
    population='everybody here') %>
""",
        encoding="utf-8",
    )
    return render_site(path, templates=templates, out_dir=tmp_path / "html")


def test_numbers_sort_as_numbers(browser: Any, table_page: Path) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(table_page.as_uri())
    table = page.locator("#table-amounts")
    for heading in ("Amount", "Share"):
        for ascending in (False, True):
            table.locator("thead button", has_text=heading).click()
            shown = table.locator("tbody th").all_inner_texts()
            known = [place for place, value in enumerate(AMOUNTS) if value is not None]
            known.sort(key=lambda place: AMOUNTS[place] or 0, reverse=not ascending)
            # Hidden and unknown figures stay last, in their own order.
            assert shown == [f"={place}" for place in [*known, 2, 6]], (heading, ascending)
        table.locator("thead button", has_text=heading).click()
    assert table.locator("tbody th").all_inner_texts() == [f"={place}" for place in range(7)]
    page.close()


def test_a_choice_narrows_rows_and_file(browser: Any, table_page: Path, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    page, trouble = watched(context)
    page.goto(table_page.as_uri())
    table = page.locator("#table-amounts")
    table.get_by_label("Kind").select_option(label="A|b")
    assert table.locator("tbody tr:visible").count() == 3
    assert table.locator(".said").inner_text() == "Kind: A|b (3 of 7 rows)"
    with page.expect_download() as waiting:
        table.locator("button.csv").click()
    saved = tmp_path / "amounts.csv"
    waiting.value.save_as(str(saved))
    rows = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))
    assert [row["label"] for row in rows] == ["'=0", "'=1", "'=2"]
    assert [row["amount"] for row in rows] == ["-5.5", "1200.0", "hidden"]
    for row in rows:
        assert (row["segment_id"], row["segment_name"]) == ("S01", "Savers")
        assert (row["unit"], row["as_of"]) == ("currency", "2025-12-31")
    page.emulate_media(media="print")
    assert table.locator("select").is_hidden()
    assert table.locator(".said").is_visible()
    page.emulate_media(media="screen")
    table.get_by_label("Kind").select_option(label="All")
    assert table.locator("tbody tr:visible").count() == 7
    context.close()
    assert not trouble


def test_live_axes_speak_the_locale(browser: Any, table_page: Path) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(table_page.as_uri())
    page.wait_for_function("document.querySelector('figure.chart[data-live]')", timeout=60000)
    for kind in (".plot.wide svg", ".live svg"):
        texts = page.locator(f"figure.chart {kind} text").all_text_contents()
        assert any(text.startswith("Dez") for text in texts), (kind, texts)
        assert not any(text.startswith("Dec") for text in texts), (kind, texts)
    page.close()


def test_a_link_leads_to_its_figure(browser: Any, table_page: Path) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(table_page.as_uri())
    page.get_by_role("link", name="Link to Amounts").click()
    assert page.url.endswith("#table-amounts")
    assert page.locator("figure:target").get_attribute("id") == "table-amounts"
    page.close()
