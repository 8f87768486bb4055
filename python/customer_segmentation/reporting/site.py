"""The self-contained HTML site: pages that need no network, no server and no Node."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import vl_convert
from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from customer_segmentation.reporting import charts, colours
from customer_segmentation.reporting.components import Context, read_context
from customer_segmentation.reporting.html import HtmlComponents, segment_file, slug
from customer_segmentation.reporting.pages import PAGES, Page
from customer_segmentation.reporting.relations import Database, Parameter, Relation
from customer_segmentation.reporting.templates import environment, read_glossary, render

_ASSETS = resources.files("customer_segmentation.reporting") / "assets"


def render_site(
    database: Path, *, templates: Path, out_dir: Path, documentation: Path | None = None
) -> Path:
    """Render the HTML site of a published database.

    The same database gives the same bytes. The folder is replaced only after every page has
    been rendered.

    Parameters
    ----------
    database : Path
        A published DuckDB file; read only.
    templates : Path
        Folder of the ``*.md.j2`` templates and ``glossary.csv``.
    out_dir : Path
        Folder of the site; replaced.
    documentation : Path, optional
        The tables' documentation as one HTML file; copied into the site and linked.

    Returns
    -------
    Path
        The first page, ``index.html``.

    Raises
    ------
    ReportError
        If a template or the database is wrong; the message names the template, line and
        column.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        vega = pool.submit(_vega)
        source = Database(database)
        try:
            context = read_context(source, read_glossary(templates))
            pages = _pages(context, templates, is_documented=documentation is not None)
        finally:
            source.close()
        files = {**pages, **_assets(context), "assets/vega.js": vega.result()}
    fresh = out_dir.with_name(out_dir.name + ".new")
    if fresh.exists():
        shutil.rmtree(fresh)
    for name, text in sorted(files.items()):
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    if documentation is not None:
        shutil.copyfile(documentation, fresh / "documentation.html")
    if out_dir.exists():
        shutil.rmtree(out_dir)
    fresh.rename(out_dir)
    return out_dir / "index.html"


def _vega() -> str:
    """Bundle Vega, Vega-Lite and vega-embed; vl-convert carries them, so no network is needed."""
    return str(vl_convert.javascript_bundle())  # type: ignore[call-arg]


def _assets(context: Context) -> dict[str, str]:
    formatter = context.settings.formatter
    settings = {
        "palette": [[name, value] for name, value, _ in colours.properties()],
        "formatLocale": charts.locale(formatter),
        "timeFormatLocale": charts.time_locale(formatter),
    }
    return {
        "assets/site.css": palette_css() + (_ASSETS / "site.css").read_text(encoding="utf-8"),
        "assets/site.js": f"window.report = {json.dumps(settings)};\n"
        + (_ASSETS / "site.js").read_text(encoding="utf-8"),
    }


def palette_css() -> str:
    """Return the palette as custom properties for light and dark pages."""
    light = "".join(f"{name}:{value};" for name, value, _ in colours.properties())
    dark = "".join(f"{name}:{value};" for name, _, value in colours.properties())
    swatches = "".join(f".s{i}{{--own:var(--segment-{i})}}" for i in range(len(colours.SEGMENTS)))
    return (
        f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f"{swatches}\n"
    )


def _pages(context: Context, templates: Path, *, is_documented: bool) -> dict[str, str]:
    jinja = environment(templates)
    shell = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    layout = shell.from_string((_ASSETS / "page.html").read_text(encoding="utf-8"))
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    shown = context.database.has("segment_overview")
    observed = Relation(context.database, "segment_overview").first() if shown else None
    as_of = ""
    if observed and observed.get("observation_date"):
        as_of = context.settings.formatter.date(observed["observation_date"])
    rendered: dict[str, str] = {}
    for page in PAGES:
        for values, file, title in _variants(page, context):
            components = HtmlComponents(context, root="../" * file.count("/"))
            text = render(jinja, page.template, components, **values)
            body = components.placed(_scrolled(_headings(markdown.render(text))))
            rendered[file] = layout.render(
                title=title,
                site=context.settings,
                source=context.settings.source,
                is_documented=is_documented,
                root=components.root,
                file=file,
                pages=[p for p in PAGES if p.in_menu],
                segments=[
                    {
                        "file": segment_file(s.segment_id),
                        "id": s.segment_id,
                        "name": s.name,
                        "place": colours.place(s.segment_id),
                        "words": f"{s.segment_id} {s.name} {s.description}".lower(),
                    }
                    for s in context.segments
                ],
                body=Markup(body),
                has_charts=components.has_charts,
                language=context.settings.formatter.locale.replace("_", "-"),
                page_class=page.name,
                as_of=as_of,
            )
    return rendered


def _variants(page: Page, context: Context) -> list[tuple[dict[str, object], str, str]]:
    if not page.parameter:
        return [({}, f"{page.name}.html", page.title)]
    return [
        (
            {page.parameter: Parameter(page.parameter, segment.segment_id)},
            segment_file(segment.segment_id),
            f"{segment.segment_id} {segment.name}",
        )
        for segment in context.segments
    ]


def _scrolled(html: str) -> str:
    """Let plain tables scroll in a box of their own."""
    opening = '<div class="scroll plain" tabindex="0" role="region" aria-label="Table">'
    return html.replace("<table>", f"{opening}<table>").replace("</table>", "</table></div>")


def _headings(html: str) -> str:
    """Give each second-level heading an address."""
    seen: dict[str, int] = {}

    def addressed(found: re.Match[str]) -> str:
        plain = re.sub(r"<[^>]+>|&[^;]+;", " ", found[2])
        name = slug(plain)
        seen[name] = seen.get(name, 0) + 1
        unique = name if seen[name] == 1 else f"{name}-{seen[name]}"
        return f'<h{found[1]} id="{unique}">{found[2]}</h{found[1]}>'

    return re.sub(r"<h([23])>(.*?)</h\1>", addressed, html)
