"""The HTML site and the Evidence project of a published database show the same, true figures."""

from __future__ import annotations

import hashlib
import html
import itertools
import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from customer_segmentation.reporting.evidence import render_evidence
from customer_segmentation.reporting.pages import PAGES
from customer_segmentation.reporting.site import render_site

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "reports" / "templates"


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> Path:
    """The sample's published database; a folder of ready ones saves the build."""
    ready = os.environ.get("CUSTOMER_SEGMENTATION_PUBLISHED")
    if ready:
        return Path(ready) / "sample.duckdb"
    return request.getfixturevalue("built_sample")


@pytest.fixture(scope="session")
def site(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_site(
        published, templates=TEMPLATES, out_dir=tmp_path_factory.mktemp("site") / "html"
    ).parent


@pytest.fixture(scope="session")
def evidence(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("evidence")
    render_evidence(published, templates=TEMPLATES, project_dir=project)
    return project


class Tables(HTMLParser):
    """Tables of a page: caption, columns and raw cells."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[dict[str, Any]] = []
        self.in_caption = self.as_text = self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "figure" and "table" in (values.get("class") or "").split():
            self.tables.append(
                {"mart": values["data-mart"], "caption": "", "columns": [], "rows": []}
            )
            self.inside = True
        elif tag == "figcaption" and self.inside:
            self.in_caption = True
        elif "data-csv" in values:
            self.tables[-1]["columns"].append(str(values["data-csv"]).split("|"))
        elif tag == "tr" and self.inside and self.tables[-1]["columns"]:
            self.tables[-1]["rows"].append([])
        elif tag in ("td", "th") and self.inside and self.tables[-1]["rows"]:
            cell = [str(text) for name, text in attrs if re.fullmatch(r"data-v\d?", name)]
            self.as_text = "data-v" not in values
            self.tables[-1]["rows"][-1].append([*([""] if self.as_text else []), *cell])

    def handle_endtag(self, tag: str) -> None:
        if tag == "figcaption":
            self.in_caption = False
        elif tag in ("td", "th"):
            self.as_text = False
        elif tag == "table":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.in_caption:
            self.tables[-1]["caption"] += data
        elif self.as_text:  # a cell whose value is what it says
            self.tables[-1]["rows"][-1][-1][0] += data


def tables_of(page: Path) -> list[dict[str, Any]]:
    parser = Tables()
    parser.feed(page.read_text(encoding="utf-8"))
    for table in parser.tables:
        table["rows"] = [row for row in table["rows"] if row]
    return parser.tables


def evidence_tables(text: str) -> list[tuple[str, str]]:
    """Caption and SQL of each table of an Evidence page."""
    text = re.sub(r"\$\{inputs\.\w+\.value\}", "all", text)  # as a page opens
    queries = dict(re.findall(r"```sql (\w+)\n(.*?)\n```", text, re.DOTALL))
    return [
        (html.unescape(title), queries[name])
        for name, title in re.findall(r'<DataTable data=\{(\w+)\} title="([^"]*)"', text)
    ]


def opened(published: Path) -> duckdb.DuckDBPyConnection:
    """The database as Evidence's pages see it: everything in `marts`, dates as text."""
    connection = duckdb.connect()
    connection.execute(f"attach '{published}' as published (read_only)")
    connection.execute("create schema marts")
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'published' "
        "and schema_name = 'marts'"
    ).fetchall()
    for schema, table in found:
        connection.execute(f"create view marts.{table} as from published.{schema}.{table}")
    return connection


def same(shown: str, value: Any) -> bool:
    if value is None:
        return shown in ("", "hidden")
    if isinstance(value, bool):
        return shown == str(value).lower()
    try:
        return float(shown) == pytest.approx(float(value), rel=1e-9, abs=1e-9)
    except (TypeError, ValueError):
        return (
            shown == str(value)[: len(shown)]
            if hasattr(value, "isoformat")
            else shown == str(value)
        )


def test_both_sites_show_the_same_figures(site: Path, evidence: Path, published: Path) -> None:
    compared = 0
    connection = opened(published)
    pages = [(p.name, p.stem + ".md", "") for p in sorted(site.glob("*.html"))]
    pages += [
        (f"segments/{p.name}", "segments/[segment].md", p.stem)
        for p in sorted((site / "segments").glob("*.html"))
    ]
    for html_name, evidence_name, segment in pages:
        text = (evidence / "pages" / evidence_name).read_text(encoding="utf-8")
        there = dict(evidence_tables(text.replace("${params.segment}", segment)))
        for table in tables_of(site / html_name):
            assert table["caption"] in there, f"{evidence_name} lacks '{table['caption']}'"
            cursor = connection.execute(there[table["caption"]])
            names = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            assert len(rows) == len(table["rows"]), (html_name, table["caption"])
            for mine, other in zip(table["rows"], rows, strict=True):
                for columns, cell in zip(table["columns"], mine, strict=True):
                    for column, shown in zip(columns, cell, strict=False):
                        assert same(shown, other[column]), (
                            html_name,
                            table["caption"],
                            column,
                            shown,
                            other[column],
                        )
                        compared += 1
    print(f"{compared} figures compared")
    assert compared >= 1000


def test_inline_figures_equal_sql(site: Path, published: Path) -> None:
    """Each figure in a sentence is that of its own row, not of any row of the mart."""
    pattern = r'data-figure="([a-z_]+)\.([a-z_]+)" data-value="([^"]*)"'
    connection = opened(published)
    overview = connection.execute(
        "select any_value(observation_date), any_value(segment_model_version) "
        "from marts.segment_overview"
    ).fetchone()
    assert overview is not None
    compared = 0
    for page in sorted(site.rglob("*.html")):
        shown: dict[tuple[str, str], list[str]] = {}
        for mart, column, text in re.findall(pattern, page.read_text(encoding="utf-8")):
            shown.setdefault((mart, column), []).append(html.unescape(text))
        for (mart, column), texts in shown.items():
            known = {row[0] for row in connection.execute(f"describe marts.{mart}").fetchall()}
            keys = {"observation_date": overview[0], "segment_model_version": overview[1]}
            if page.parent.name == "segments":
                keys["segment_id"] = page.stem
            keys = {name: value for name, value in keys.items() if name in known}
            tests = " and ".join(f"{name} = ?" for name in keys) or "true"
            rows = connection.execute(
                f"select distinct {column} from marts.{mart} "
                f"where {tests} and {column} is not null",
                list(keys.values()),
            ).fetchall()
            # As many values as the page shows, each of them once: the row is the page's own.
            assert len(rows) == len(set(texts)), (page.name, mart, column, rows, texts)
            for text in texts:
                assert any(same(text, value) for (value,) in rows), (page.name, mart, column, text)
                compared += 1
    assert compared >= 40


def test_overview_equals_sql(site: Path, published: Path) -> None:
    (table,) = [t for t in tables_of(site / "index.html") if t["caption"] == "The segments"]
    rows = (
        opened(published)
        .execute(
            "select segment_id, customers_count, customers_share, default_rate, "
            "default_rate_lower, "
            "default_rate_upper from marts.segment_overview order by segment_id"
        )
        .fetchall()
    )
    for shown, row in zip(table["rows"], rows, strict=True):
        flat = [value for cell in shown[:4] for value in cell]
        assert all(same(a, b) for a, b in zip(flat, row, strict=True))


def test_exposures_name_what_each_page_reads() -> None:
    exposures = yaml.safe_load((ROOT / "models" / "_exposures.yml").read_text(encoding="utf-8"))
    declared = {
        exposure["name"]: {
            re.sub(r"ref\('(\w+)'\)", r"\1", item) for item in exposure["depends_on"]
        }
        for exposure in exposures["exposures"]
    }
    read = {}
    for page in PAGES:
        text = (TEMPLATES / page.template).read_text(encoding="utf-8")
        found = set(re.findall(r"(?:mart|has|with_columns)\('(\w+)'", text))
        found |= {"data_availability"} if "not_available(" in text else set()
        if found:  # the glossary reads no table
            name = "overview" if page.name == "index" else page.name.replace("-", "_")
            read[f"report_{name}"] = found | {
                "report_features", "report_settings", "segment_overview"
            }  # fmt: skip
    assert declared == read


def test_documentation_is_linked_where_it_is(published: Path, site: Path, tmp_path: Path) -> None:
    assert "documentation.html" not in (site / "index.html").read_text(encoding="utf-8")
    written = tmp_path / "static_index.html"
    written.write_text("tables", encoding="utf-8")
    first = render_site(
        published, templates=TEMPLATES, out_dir=tmp_path / "html", documentation=written
    )
    assert (first.parent / "documentation.html").read_text(encoding="utf-8") == "tables"
    assert 'href="documentation.html"' in first.read_text(encoding="utf-8")
    for page in (first.parent / "segments").glob("*.html"):
        assert 'href="../documentation.html"' in page.read_text(encoding="utf-8")


def test_rendering_is_repeatable(published: Path, tmp_path: Path) -> None:
    digests = []
    for run in range(2):
        folder = render_site(published, templates=TEMPLATES, out_dir=tmp_path / str(run)).parent
        digests.append(
            {
                str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(folder.rglob("*"))
                if p.is_file()
            }
        )
    assert digests[0] == digests[1]


def test_evidence_project_is_repeatable(published: Path, tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        render_evidence(published, templates=TEMPLATES, project_dir=tmp_path)
        texts.append({str(p): p.read_bytes() for p in sorted(tmp_path.rglob("*")) if p.is_file()})
    assert texts[0] == texts[1]


def test_pages_hold_no_person_and_ask_for_nothing(site: Path, evidence: Path) -> None:
    for page in [*site.rglob("*.html"), *evidence.rglob("*.md"), *evidence.rglob("*.sql")]:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"\bC\d{7}\b", text), page
        assert not re.search(r"from marts\.(?:segments|customer_|next_best|audience_)\b", text), (
            page
        )
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        found = re.findall(r'(?:src|href)="([^"]*)"', text)
        assert not [u for u in found if re.match(r"(?:https?:)?//", u)], page
        for target in found:
            path = target.split("#")[0]
            if path and not path.startswith("data:"):
                assert (page.parent / path).exists(), (page.name, target)


def figures_of(page: Path) -> list[str]:
    """HTML of each figure of a page; a chart holds its table of figures."""
    text = page.read_text(encoding="utf-8")
    starts = [found.start() for found in re.finditer('<figure class="(?:table|chart)', text)]
    return [text[a:b] for a, b in itertools.pairwise([*starts, len(text)])]


def test_every_figure_says_when_and_whom(site: Path, published: Path) -> None:
    bounded = {
        row[0]: set(row[1])
        for row in opened(published)
        .execute(
            "select table_name, list(column_name) from duckdb_columns() "
            "where schema_name = 'marts' group by 1"
        )
        .fetchall()
    }  # every column of each mart
    checked, intervals, hidden = 0, 0, 0
    for page in sorted(site.rglob("*.html")):
        for figure in figures_of(page):
            (source,) = re.findall(r'<p class="source"[^>]*>(.*?)</p>', figure)
            said = html.unescape(re.sub(r" <a .*|<[^>]+>", "", source)).split(" \u00b7 ")
            where = (page.name, said)
            assert re.fullmatch(
                r"(As of|All mature observation dates to) \d{1,2} \w+ \d{4}|No date applies",
                said[0],
            ), where
            assert len(said) > 1, where
            assert re.search(r"[a-z]{4}", said[1]), where
            checked += 1
            if 'class="table' not in figure[:30]:
                continue
            (mart,) = re.findall(r'data-mart="(\w+)"', figure)
            columns = [names.split("|") for names in re.findall(r'data-csv="([^"]+)"', figure)]
            # Where a figure's count is given, it is a number; tables of rates have one, in the
            # line or in a column. The figures of a chart repeat what the chart shows.
            said_count = [part for part in said if part.endswith(" customers")][:1]
            has_count = any(names[0].endswith("_count") for names in columns)
            is_own = "Figures: " not in figure
            if is_own and any(names[0].endswith("_rate") for names in columns):
                assert has_count or any(re.match(r"[\d,]+ c", part) for part in said_count), where
            for names in columns:
                if {f"{names[0]}_lower", f"{names[0]}_upper"} <= bounded[mart]:
                    assert names[1:3] == [f"{names[0]}_lower", f"{names[0]}_upper"], (where, names)
                    intervals += 1
            if ">hidden</t" in figure:
                assert any(part.startswith("hidden: too few") for part in said), where
                hidden += 1
    assert checked >= 60
    assert intervals >= 10
    assert hidden >= 3


def test_every_chart_has_marks(site: Path) -> None:
    """Marks that draw figures, not the axes, grids and legends around them."""
    drawn = 0
    for page in site.rglob("*.html"):
        for svg in re.findall(r"<svg .*?</svg>", page.read_text(encoding="utf-8"), re.DOTALL):
            assert re.search(r"<title[^>]*>[^<]+</title><desc[^>]*>[^<]+</desc>", svg)
            groups = re.split(r'data-mark="', svg)[1:]
            marks = [
                part
                for part in groups
                if not part.startswith("text")
                and re.search(r'<(?:circle|line|rect)\b|<path[^>]* d="M[^"]{3,}"', part)
            ]
            assert marks, (page.name, svg[:300])
            drawn += 1
    assert drawn >= 20


def test_twelve_segments_stay_small(published: Path, tmp_path: Path) -> None:
    copy = tmp_path / "many.duckdb"
    shutil.copyfile(published, copy)
    with duckdb.connect(str(copy)) as connection:
        have = [
            row[0]
            for row in connection.execute(
                "select segment_id from marts.segment_overview order by 1"
            ).fetchall()
        ]
        tables = connection.execute(
            "select table_name, list(column_name) from duckdb_columns() "
            "where schema_name = 'marts' "
            "and column_name = 'segment_id' group by 1 order by 1"
        ).fetchall()
        personal = {
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_columns() where column_name = 'customer_id'"
            ).fetchall()
        }
        for number in range(len(have) + 1, 13):
            like = have[number % len(have)]
            for table, _ in tables:
                if table not in personal:
                    connection.execute(
                        f"insert into marts.{table} select * "
                        f"replace ('S{number:02d}' as segment_id) "
                        f"from marts.{table} where segment_id = '{like}'"
                    )
    folder = render_site(copy, templates=TEMPLATES, out_dir=tmp_path / "html").parent
    assert len(list((folder / "segments").glob("*.html"))) == 12
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    print(f"{size / 1e6:.2f} MB for 12 segments")
    assert size < 5_000_000


HOSTILE = [
    "<script>window.ran=1</script>",
    "{{7*7}}",
    "<%= 1 %>",
    "${x}",
    "\"q\" 'a'",
    "\u202eabc\u05d0",
    "x" * 300,
    "=1+1",
]


def visible(page: Path) -> str:
    """Text of a page as a reader sees it, markup of the page's own taken away."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.S)
    return html.unescape(re.sub(r"<[a-z/!][^<>]*>", " ", text))


def test_hostile_text_stays_text(published: Path, tmp_path: Path) -> None:
    copy = tmp_path / "hostile.duckdb"
    shutil.copyfile(published, copy)
    with duckdb.connect(str(copy)) as connection:
        for table, column in (
            ("segment_overview", "segment_name"),
            ("segment_overview", "distinguishing_text"),
            ("protected_attribute_audit", "group_value"),
            ("data_quality_summary", "reason"),
            ("segment_coverage", "reason"),
        ):
            connection.execute(
                f"update marts.{table} set {column} = (?::varchar[])[1 + (rowid % ?)::int]",
                [HOSTILE, len(HOSTILE)],
            )
        names = connection.execute(
            "select segment_name from marts.segment_overview order by segment_id"
        ).fetchall()
        groups = connection.execute(
            "select distinct group_value from marts.protected_attribute_audit "
            "where observation_date = (select max(observation_date) from marts.segment_overview)"
        ).fetchall()
    folder = render_site(copy, templates=TEMPLATES, out_dir=tmp_path / "html").parent
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>window" not in text
        assert "window.ran=1</script>" not in text
        seen = visible(page)
        for (name,) in names:  # the menu of every page has every segment
            assert name in seen, (page.name, name)
    regions = visible(folder / "model-card.html")
    assert len(groups) >= 4
    # Protected attributes are words, which begin with a capital letter.
    for (text,) in groups:
        assert text[1:] in regions, text
    project = tmp_path / "project"
    render_evidence(copy, templates=TEMPLATES, project_dir=project)
    for page in project.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "{{7" not in text
        assert "${x}" not in text
    listed = visible(project / "pages" / "segments" / "index.md")
    for (name,) in names:
        assert name in listed, name
