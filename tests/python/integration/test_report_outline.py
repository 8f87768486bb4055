"""What each page holds, from headings to columns, is as agreed: a golden outline of the whole site.

Figures change with the data and are not in it. Where a page is meant to change, copy the outline
that the failing test names over `report_outline.md` and read the difference before you commit it.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from tests.python.conftest import ROOT

from customer_segmentation.reporting.site import render_site

GOLDEN = Path(__file__).with_name("report_outline.md")
PAGES = (
    "index", "segments/S01", "risk", "marketing", "product", "method", "model-card", "glossary",
)  # fmt: skip
PARTS = re.compile(
    r"<h(?P<level>[123])[^>]*>(?P<heading>.*?)</h[123]>"
    r'|<figure class="chart[^"]*"[^>]*data-kind="(?P<kind>[^"]+)"[^>]*><figcaption>(?P<chart>.*?)'
    r"</figcaption>"
    r'|<figure class="table[^"]*"[^>]*data-mart="(?P<mart>[^"]+)".*?'
    r"<thead>(?P<columns>.*?)</thead>",
    re.S,
)


def words(text: str) -> str:
    """Return the visible text of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def outline(page: str) -> list[str]:
    """Return a line for each heading, chart and table of a page."""
    lines = []
    for part in PARTS.finditer(page):
        if part["heading"] is not None:
            lines.append(f"{'#' * (int(part['level']) + 1)} {words(part['heading'])}")
        elif part["kind"] is not None:
            lines.append(f"- chart ({part['kind']}): {words(part['chart'])}")
        else:
            columns = [words(one) for one in re.findall(r"<th.*?</th>", part["columns"], re.S)]
            lines.append(f"- table ({part['mart']}): {' | '.join(columns)}")
    return lines


def test_pages_hold_what_was_agreed(built_sample: Path, tmp_path: Path) -> None:
    site = render_site(
        built_sample, templates=ROOT / "reports" / "templates", out_dir=tmp_path / "html"
    ).parent
    lines = ["# Outline of the sample's report"]
    for name in PAGES:
        page = (site / f"{name}.html").read_text("utf-8")
        lines += ["", f"Page `{name}`:", "", *outline(page[page.index("<main") :])]
    found = tmp_path / "report_outline.md"
    found.write_text("\n".join(lines) + "\n", "utf-8")
    assert found.read_text("utf-8") == GOLDEN.read_text("utf-8"), f"the new outline is {found}"
