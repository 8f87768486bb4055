"""Templates: one text for both kinds of site, errors that name the place, and a closed sandbox."""

from __future__ import annotations

import html
import itertools
import math
import re
from pathlib import Path

import duckdb
import pytest

from customer_segmentation.reporting import charts, colours
from customer_segmentation.reporting.components import Segment, read_context
from customer_segmentation.reporting.errors import (
    MissingColumnError,
    MissingMartError,
    ReportError,
)
from customer_segmentation.reporting.evidence import EvidenceComponents
from customer_segmentation.reporting.html import HtmlComponents
from customer_segmentation.reporting.relations import Database, Parameter, Relation
from customer_segmentation.reporting.templates import environment, render

HOSTILE_NAME = "<script>alert(1)</script> {{7*7}} <%= 1 %> ${x} | `q`"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    path = tmp_path / "tiny.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.segment_overview as
            select * from (values
                ('S01', 'Savers', 'Save.', date '2025-12-31', 60::bigint, 0.6, false),
                ('S02', ?, 'Odd.', date '2025-12-31', null, null, true)
            ) as t(segment_id, segment_name, segment_description, observation_date,
                customers_count, customers_share, is_suppressed)
            """,
            [HOSTILE_NAME],
        )
        connection.execute(
            """
            create table marts.segment_risk as
            select 'S01' as segment_id, 0.05 as default_rate, 0.02 as default_rate_lower,
                0.11 as default_rate_upper, 12.345678901234::decimal(18, 6) as exposure_amount
            """
        )
        connection.execute(
            "create table marts.report_features as select 'payment_ratio' as feature, "
            "'card bill paid' as label, 'ratio' as unit"
        )
        connection.execute(
            "create table marts.segment_rules as select 'S01' as segment_id, "
            "'payment_ratio > 0.5' as rule_text, 'payment_ratio' as feature, '${x}`' as odd"
        )
        connection.execute("create table marts.people as select 'C1' as customer_id")
    return Database(path)


def rendered(database: Database, text: str, tmp_path: Path, kind: type = HtmlComponents) -> str:
    folder = tmp_path / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "page.md.j2").write_text(text, encoding="utf-8")
    components = kind(read_context(database, {"pd": "Probability of default."}))
    components.queries = []
    markdown = render(environment(folder), "page.md.j2", components)
    return components.placed(markdown) if isinstance(components, HtmlComponents) else markdown


TABLE = """<%= table(mart('segment_overview').order('segment_id'),
    [col('segment_id', 'Segment', 'segment'), col('customers_count', 'Customers', 'integer')],
    caption='Sizes', as_of='As of today', population='all') %>"""


def test_html_table_golden(database: Database, tmp_path: Path) -> None:
    body = re.search(r"<tbody>.*</tbody>", rendered(database, TABLE, tmp_path))
    assert body is not None
    assert body[0] == (
        '<tbody><tr><th scope="row" class="t" data-v="S01"><a class="segment dot s0" '
        'href="segments/S01.html"><span class="sid">S01</span> Savers</a></th>'
        '<td class="n">60</td></tr>'
        '<tr><th scope="row" class="t" data-v="S02">'
        '<a class="segment dot s1" href="segments/S02.html"><span class="sid">S02</span> '
        "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} &lt;%= 1 %&gt; ${x} | `q`"
        "</a></th>"
        '<td class="n none">hidden</td></tr></tbody>'
    )


def test_evidence_table_golden(database: Database, tmp_path: Path) -> None:
    text = rendered(database, TABLE, tmp_path, EvidenceComponents)
    assert text.strip() == (
        "```sql q1\nselect\n    shown.*,\n    case when segment_id in ('S01', 'S02') then "
        "'/segments/' || segment_id end as segment_id_link,\n"
        "    case when segment_name is not null then segment_id || ' ' || segment_name else "
        "upper(substr(cast(segment_id as varchar), 1, 1)) || "
        "replace(substr(cast(segment_id as varchar), 2), '_', ' ') end as segment_shown,\n"
        "    case when is_suppressed then 'hidden: too few customers, or it would give such a "
        "figure away' else '' end as hidden_note\nfrom (\n"
        "select segment_id, segment_name, customers_count, is_suppressed\n"
        "from marts.segment_overview\norder by segment_id nulls last\n) as shown\n```\n\n"
        '<DataTable data={q1} title="Sizes" rows="all" wrapTitles=true emptySet="pass" '
        'emptyMessage="Not available for this segment&#46;">\n'
        '  <Column id="segment_id_link" contentType="link" linkLabel="segment_shown" '
        'title="Segment" sort=true />\n'
        '  <Column id="customers_count" title="Customers" fmt="&#35;&#44;&#35;&#35;0" '
        'align="right" />\n'
        '  <Column id="hidden_note" title="Note" wrap=true />\n</DataTable>\n\n'
        '<p class="text-xs text-base-content-muted mt-1 mb-8">As of today · all</p>'
    )


def test_a_table_of_hidden_rows_is_a_sentence(database: Database, tmp_path: Path) -> None:
    text = TABLE.replace(".order(", ".where(segment_id='S02').order(")
    for kind in (HtmlComponents, EvidenceComponents):
        page = html.unescape(rendered(database, text, tmp_path, kind))
        assert (
            "Sizes: every figure is hidden: too few customers, or it would give such a figure away."
        ) in page
        assert "<table" not in page
        assert "<DataTable" not in page


def test_addresses_follow_from_names(database: Database, tmp_path: Path) -> None:
    """A link to a table lasts when tables before it come and go."""
    page = rendered(database, TABLE, tmp_path)
    assert '<figure class="table short" id="table-sizes"' in page
    assert 'href="#table-sizes" aria-label="Link to Sizes"' in page
    again = rendered(database, TABLE.replace("Sizes", "First") + "\n\n" + TABLE, tmp_path)
    assert re.findall(r'<figure [^>]*id="([^"]+)"', again) == ["table-first", "table-sizes"]
    twice = rendered(database, TABLE + "\n\n" + TABLE, tmp_path)
    assert re.findall(r'<figure [^>]*id="([^"]+)"', twice) == ["table-sizes", "table-sizes-2"]


def test_evidence_says_little_and_points_as_html_does(database: Database, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "little.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.segment_risk as select * from (values "
            "('S01', 0.0002, 0.031, 0.4), ('S02', 0.25, -0.012, 1200), ('S03', 0.9999, 0.0, 0)"
            ") as t(segment_id, share, added, amount)"
        )
    text = """<%= table(mart('segment_risk').order('segment_id'), [col('share', 'Share', 'percent'),
        col('added', 'Added', 'percentage_points'), col('amount', 'Amount', 'currency')],
        as_of='Today', population='all') %>"""
    little = Database(tmp_path / "little.duckdb")
    page = rendered(little, text, tmp_path, EvidenceComponents)
    (query,) = re.findall(r"```sql \w+\n(.*?)\n```", page, re.DOTALL)
    with duckdb.connect(str(little.path), read_only=True) as connection:
        rows = connection.execute(
            f"select share_format, added_points, amount_format from ({query})"
        ).fetchall()
    assert [row[0] for row in rows] == ['"<0.1%"', "0.0%", '">99.9%"']
    assert [float(row[1]) for row in rows] == pytest.approx([3.1, -1.2, 0])
    assert [row[2][:4] for row in rows] == ['"<1"', "#,##", "#,##"]
    shown = html.unescape(page)
    assert 'id="added_points" title="Added" fmt="+0.0" pp";-0.0" pp";0.0" pp""' in shown
    assert 'fmtColumn="share_format"' in shown


FILTERED = TABLE.replace("caption=", "filter='segment_name', filter_label='Name', caption=")


def test_a_filter_is_a_choice_in_html(database: Database, tmp_path: Path) -> None:
    page = rendered(database, FILTERED, tmp_path)
    assert '<p class="filter" hidden><label for="table-sizes-filter">Name</label>' in page
    assert '<option value="" data-all>All</option>' in page
    assert re.findall(r'<option value="([^"]+)">', page) == [html.escape(HOSTILE_NAME), "Savers"]
    assert re.findall(r'<tr data-filter="([^"]*)"', page) == ["Savers", html.escape(HOSTILE_NAME)]
    with pytest.raises(MissingColumnError):
        rendered(database, FILTERED.replace("'segment_name'", "'nothing'"), tmp_path)


def test_a_filter_is_a_dropdown_in_evidence(database: Database, tmp_path: Path) -> None:
    page = rendered(database, FILTERED, tmp_path, EvidenceComponents)
    queries = dict(re.findall(r"```sql (\w+)\n(.*?)\n```", page, re.DOTALL))
    connection = duckdb.connect()
    connection.execute(f"attach '{database.path}' as published (read_only); use published")
    choices = connection.execute(queries["q1_filter_choices"]).fetchall()
    assert sorted(label for _, label in choices) == sorted(["Savers", HOSTILE_NAME])
    assert '<DropdownOption value="all" valueLabel="All" />' in page
    assert '<Dropdown data={q1_filter_choices} name="q1_filter"' in page
    for key, label in [*choices, ("all", None)]:
        text = queries["q1"].replace("${inputs.q1_filter.value}", key)
        shown = [
            row[0] for row in connection.execute(f"select segment_name from ({text})").fetchall()
        ]
        assert shown == ([label] if label else ["Savers", HOSTILE_NAME])
    with pytest.raises(MissingColumnError):
        rendered(
            database, FILTERED.replace("'segment_name'", "'nothing'"), tmp_path, EvidenceComponents
        )


def test_features_and_rules_have_the_same_words_in_both(database: Database, tmp_path: Path) -> None:
    text = """<%= table(mart('segment_rules'), [col('feature', 'Feature', 'feature'),
        col('rule_text', 'Rule', 'rule')], as_of='Today', population='all') %>"""
    page = rendered(database, text, tmp_path)
    assert ">Card bill paid</th>" in page
    assert ">Card bill paid above 50.0%</td>" in page
    page = rendered(database, text, tmp_path, EvidenceComponents)
    assert "case feature when 'payment_ratio' then 'Card bill paid' else" in page
    assert "when 'payment_ratio ' || chr(62) || ' 0.5' then 'Card bill paid above 50.0%'" in page


def test_values_can_neither_end_a_fence_nor_open_an_expression(database: Database) -> None:
    text = Relation(database, "segment_rules").where(odd="${x}`'").sql("odd", evidence=True)
    assert not re.search(r"[$`{}]", text)
    found = duckdb.sql("select " + text.partition("odd = ")[2]).fetchone()
    assert found == ("${x}`'",)


def test_hostile_name_is_text_in_both(database: Database, tmp_path: Path) -> None:
    text = "# <%= mart('segment_overview').where(segment_id='S02').get('segment_name') %>"
    for kind in (HtmlComponents, EvidenceComponents):
        line = rendered(database, text, tmp_path, kind)
        assert not re.search(r"[<>{}$`|]", line)


def test_missing_column_names_template_line_and_column(database: Database, tmp_path: Path) -> None:
    text = "first line\n\n<%= value(mart('segment_risk'), 'default_rat') %>\n"
    with pytest.raises(MissingColumnError) as caught:
        rendered(database, text, tmp_path)
    assert str(caught.value) == (
        "page.md.j2:3: mart 'segment_risk' has no column 'default_rat'. "
        "Did you mean 'default_rate'?"
    )


def test_missing_mart_names_template_and_line(database: Database, tmp_path: Path) -> None:
    with pytest.raises(
        MissingMartError, match=r"page\.md\.j2:2: the database has no mart 'nothing'"
    ):
        rendered(database, "x\n<%= mart('nothing') %>", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<%= unknown_name %>", "unknown_name"),
        ("<%= ''.__class__.__mro__ %>", "unsafe"),
        ("<%= term('xyz') %>", "glossary has no 'xyz'"),
        ("<%= mart('people').rows() %>", "rows about people"),
        (
            "<%= chart('pie', mart('segment_risk'), title='t', population='p') %>",
            "no chart of kind",
        ),
        ("<% if %>", r"page\.md\.j2:1"),
    ],
)
def test_errors_say_what_is_wrong(
    database: Database, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ReportError, match=message):
        rendered(database, text, tmp_path)


def test_a_figure_must_say_whom_it_describes(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="population is empty"):
        rendered(database, TABLE.replace("population='all'", "population=''"), tmp_path)


def test_one_sql_text(database: Database) -> None:
    relation = (
        Relation(database, "segment_risk")
        .with_columns("segment_overview", "segment_name")
        .where(segment_id="S'1", default_rate__known=True)
        .order("-default_rate", "segment_id")
        .limit(3)
    )
    assert relation.sql("segment_id", "segment_name") == (
        "select segment_risk.segment_id, segment_overview.segment_name\n"
        "from marts.segment_risk\n"
        "left join marts.segment_overview "
        "on segment_risk.segment_id = segment_overview.segment_id\n"
        "where segment_risk.default_rate is not null and segment_risk.segment_id = 'S''1'\n"
        "order by segment_risk.default_rate desc nulls last, segment_risk.segment_id nulls last\n"
        "limit 3"
    )


def test_page_parameter_is_the_only_difference(database: Database) -> None:
    relation = Relation(database, "segment_risk").where(segment_id=Parameter("segment", "S01"))
    assert "segment_id = 'S01'" in relation.sql()
    assert "segment_id = '${params.segment}'" in relation.sql(evidence=True)


def test_colours_follow_the_id_alone(database: Database, tmp_path: Path) -> None:
    """A segment keeps its colour in charts, tables and Evidence when another is retired."""
    assert len({colours.light(f"S{i:02d}") for i in range(1, 13)}) == 12
    context = read_context(database, {})
    seen = set()
    for ids in (["S01", "S02", "S03"], ["S01", "S03"], ["S03", "S07"]):
        context.segments = [Segment(item, item, "") for item in ids]
        context.__dict__.pop("names", None)
        scale = charts.colour_scale(ids).to_dict()
        drawn = dict(zip(scale["domain"], scale["range"], strict=True))["S03"]
        swatch = re.findall(r"dot (s\d+)", HtmlComponents(context)._segment("S03"))
        there = re.findall(r"'S03': '(#\w+)'", EvidenceComponents(context)._colours())
        seen.add((drawn, *swatch, *there))
    assert seen == {(colours.SEGMENTS[2][0], "s2", colours.SEGMENTS[2][0])}
    assert colours.light("odd id") in {light for light, _ in colours.SEGMENTS}
    assert colours.light("none") not in {light for light, _ in colours.SEGMENTS}


#: Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1, linear RGB.
SIGHT = {
    "trichromat": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanope": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranope": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanope": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))


def seen_as(colour: str, sight: str) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as a reader of that sight sees it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]

    def times(rows: tuple[tuple[float, ...], ...], values: list[float]) -> list[float]:
        return [sum(a * b for a, b in zip(row, values, strict=True)) for row in rows]

    light = times(XYZ, [min(1, max(0, value)) for value in times(SIGHT[sight], linear)])
    ratios = [value / white for value, white in zip(light, (0.9505, 1, 1.089), strict=True)]
    x, y, z = (r ** (1 / 3) if r > 0.008856 else 7.787 * r + 16 / 116 for r in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("sight", SIGHT)
def test_segments_can_be_told_apart_by_colour_blind_readers(sight: str, mode: int) -> None:
    seen = [seen_as(pair[mode], sight) for pair in colours.SEGMENTS]
    least = {
        count: min(math.dist(seen[i], seen[j]) for i in range(count) for j in range(i))
        for count in (6, 8, 12)
    }
    wanted = {6: 34, 8: 18, 12: 18} if sight == "trichromat" else {6: 16, 8: 14, 12: 12}
    assert {count: least[count] >= wanted[count] for count in wanted} == dict.fromkeys(wanted, True)
    ages = [seen_as(pair[mode], sight) for pair in colours.AGES]
    assert min(math.dist(a, b) for a, b in itertools.pairwise(ages)) >= 3.5
    brightness = [age[0] for age in ages]
    assert brightness == sorted(brightness, reverse=mode == 0)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1])
def test_colours_have_contrast_on_the_page(mode: int) -> None:
    paper = colours.ROLES["paper"][mode]
    for pair in colours.SEGMENTS:
        assert contrast(pair[mode], paper) >= 3
    for role in ("ink", "quiet", "accent"):
        assert contrast(colours.ROLES[role][mode], paper) >= 4.5
    for colour in (*colours.DIVERGING, *colours.SEQUENTIAL):
        assert contrast(colours.ON_SCALE, colour) >= 4.5
