"""Components as HTML that works with no network, prints, and comes alive where scripts run."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import altair as alt
from markupsafe import Markup

from customer_segmentation.reporting import charts, colours
from customer_segmentation.reporting.components import (
    NOT_SEGMENTED,
    Column,
    Components,
    Context,
    filter_label,
    rule_words,
    words,
)
from customer_segmentation.reporting.errors import ReportError
from customer_segmentation.reporting.relations import Relation, Row
from customer_segmentation.reporting.text import html_attribute, html_text, safe_text

#: Tables of at most so many rows stay on one printed page.
SHORT = 12

#: What shows intervals in a chart of each kind.
INTERVALS = {
    "bars": "lines across bars",
    "bubble": "lines through bubbles",
    "line": "bands around lines",
    "stack": "lines across bars",
}


def slug(text: str) -> str:
    """Text as a part of an address or an id."""
    plain = re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")
    return plain or "x" + str(text).encode().hex()[:16]


def segment_file(segment_id: str) -> str:
    """File of a segment's page; ids that are no plain names are written in hexadecimal."""
    if re.fullmatch(r"[A-Za-z0-9_]{1,32}", segment_id):
        return f"segments/{segment_id}.html"
    return f"segments/x{segment_id.encode().hex()[:60]}.html"


def raw(value: Any) -> str:
    """Return a value for a CSV file: no grouping, a point as decimal mark, ISO dates.

    Numbers have ten significant digits, more than any figure here is known to.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    if isinstance(value, float):
        return repr(float(f"{value:.10g}"))
    return str(value)


class HtmlComponents(Components):
    """Writes HTML. Blocks wait in ``blocks`` until Markdown has been read; see `placed`."""

    def __init__(self, context: Context, *, root: str = "") -> None:
        super().__init__(context)
        self.root = root
        self.blocks: list[str] = []
        self.has_charts = False
        self._addresses: dict[str, int] = {}

    def address(self, kind: str, name: str) -> str:
        """Return an id that follows from a name, so that links to it last."""
        wanted = f"{kind}-{slug(name)}"
        self._addresses[wanted] = self._addresses.get(wanted, 0) + 1
        again = self._addresses[wanted]
        return wanted if again == 1 else f"{wanted}-{again}"

    # Blocks

    def block(self, html: str) -> Markup:
        """Keep HTML away from the Markdown parser."""
        self.blocks.append(html)
        return Markup(f'\n\n<div data-block="{len(self.blocks) - 1}"></div>\n\n')

    def placed(self, html: str) -> str:
        """Put the blocks where they belong; a block may hold others."""
        pattern = re.compile(r'<div data-block="(\d+)"></div>')
        while pattern.search(html):
            html = pattern.sub(lambda found: self.blocks[int(found[1])], html)
        return html

    # Words

    def shown_value(self, value: Any, column: Column, row: Row | None = None) -> str:
        """Return a value as HTML text."""
        formatter = self.context.settings.formatter
        if column.kind == "unit" and row is not None:
            return html_text(formatter(value, "unit", str(row[column.unit or "unit"])))
        if column.kind == "segment":
            return self._segment(str(value))
        if column.kind == "rule":
            return html_text(rule_words(str(value), self.context.features, formatter))
        if column.kind == "feature":
            return html_text(self.feature_label(str(value)))
        if column.kind == "words":
            return html_text(words(str(value)))
        return html_text(formatter(value, column.kind))

    def _segment(self, segment_id: str) -> str:
        name = self.context.names.get(segment_id)
        if segment_id == colours.UNSEGMENTED:
            return f'<span class="segment dot none">{html_text(NOT_SEGMENTED)}</span>'
        if name is None:
            return f'<span class="segment">{html_text(self._label(segment_id))}</span>'
        return (
            f'<a class="segment dot s{colours.place(segment_id)}" '
            f'href="{self.root}{html_attribute(segment_file(segment_id))}">'
            f'<span class="sid">{html_text(segment_id)}</span> {html_text(name)}</a>'
        )

    def value(self, relation: Relation, column: str, kind: str = "text", **options: Any) -> Markup:
        """Write a figure within a sentence."""
        relation.column(column)
        row = relation.first()
        found = None if row is None else row[column]
        spec = Column(column, column, kind, unit=options.get("unit"))
        if found is None:
            hidden = row is not None and "is_suppressed" in row and row["is_suppressed"]
            text = self.suppressed_text() if hidden else options.get("missing", "not available")
            return Markup(f'<span class="none">{safe_text(text)}</span>')
        formatter = self.context.settings.formatter
        text = (
            formatter(found, "unit", str(row[spec.unit or "unit"]))
            if kind == "unit" and row is not None
            else words(str(found))
            if kind == "words"
            else formatter(found, kind)
        )
        return Markup(
            f'<span class="figure{" words" if isinstance(found, str) else ""}" '
            f'data-figure="{html_attribute(relation.mart)}.'
            f'{html_attribute(column)}" data-value="{html_attribute(raw(found))}">'
            # A rule's id may break at its joints, or it widens a phone's table.
            f"{str(safe_text(text)).replace('&#95;', '&#95;<wbr>')}</span>"
        )

    def note(self, text: str) -> Markup:
        """Write a remark."""
        return self.block(f'<p class="note">{html_text(text)}</p>')

    def term(self, name: str, text: str | None = None) -> Markup:
        """Link a word to the glossary."""
        explained = self.glossary_text(name)
        return Markup(
            f'<a class="term" href="{self.root}glossary.html#{slug(name)}" '
            f'title="{html_attribute(explained)}">{safe_text(text or name)}</a>'
        )

    def link(self, page: str, text: str) -> Markup:
        """Link to another page."""
        return Markup(f'<a href="{self.root}{page}.html">{safe_text(text)}</a>')

    def segment_link(self, segment_id: str) -> Markup:
        """Link to a segment's page."""
        name = self.context.names.get(segment_id, "")
        return Markup(
            f'<a href="{self.root}{html_attribute(segment_file(segment_id))}">'
            f"{safe_text(segment_id)} {safe_text(name)}</a>"
        )

    def grid(self, layout: str, caller: Any) -> Markup:
        """Set blocks side by side where there is room."""
        inner = caller()
        return Markup(f'\n\n<div class="grid {slug(layout)}">\n\n{inner}\n\n</div>\n\n')

    def fold(self, title: str, caller: Any) -> Markup:
        """Hide blocks until a reader opens them."""
        return Markup(
            f"\n\n<details class='fold'><summary>{html_text(title)}</summary>\n\n"
            f"{caller()}\n\n</details>\n\n"
        )

    def _source(self, options: dict[str, Any], extra: Sequence[str], address: str) -> str:
        parts = self.source_line(
            as_of=options.get("as_of"),
            population=options.get("population", ""),
            count=options.get("count"),
            note=options.get("note", ""),
        )
        joined = " · ".join(html_text(part) for part in (*parts, *extra))
        what = html_attribute(f"Link to {options.get('caption') or options.get('title') or 'this'}")
        return (
            f'<p class="source" id="{address}-source">{joined} '
            f'<a class="anchor" href="#{address}" aria-label="{what}">Link</a></p>'
        )

    # Tables

    def table(self, relation: Relation, columns: Sequence[Column], **options: Any) -> Markup:
        """Write a table that sorts and downloads."""
        for column in columns:
            for name in column.names:
                relation.column(name)
        if options.get("filter"):
            relation.column(options["filter"])
        rows = relation.rows()
        caption = options.get("caption", "")
        if not rows and options.get("empty"):
            return self.note(options["empty"])
        if not rows:
            return self.not_available(relation.mart, caption or words(relation.mart))
        if self.shows_nothing(rows, columns):
            return self.all_hidden(caption or words(relation.mart))
        return self.block(self._table(rows, columns, options, relation))

    def _table(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column],
        options: dict[str, Any],
        relation: Relation,
    ) -> str:
        self.shown += 1
        address = self.address(
            "table", options.get("name") or options.get("caption") or relation.mart
        )
        name = slug(options.get("name") or relation.mart)
        caption = options.get("caption", words(relation.mart))
        has_hidden = False
        head = []
        for index, column in enumerate(columns):
            names = "|".join(self._downloaded(column))
            kind = "n" if column.is_numeric else "t"
            hint = f' title="{html_attribute(column.help)}"' if column.help else ""
            head.append(
                f'<th scope="col" class="{kind}" data-csv="{html_attribute(names)}"'
                f"{'' if index else ' data-first'}>"
                f'<button type="button"{hint}>{html_text(column.label)}</button></th>'
            )
        body = []
        for row in rows:
            cells = []
            for index, column in enumerate(columns):
                found = row[column.name]
                hidden = self.is_hidden(row, column)
                has_hidden = has_hidden or hidden
                values = [raw(found), *(self._beside(row, column))]
                if hidden:
                    values[0] = text = "hidden"  # the table's description says why
                elif found is None:
                    text = "\u2013"
                else:
                    text = self.shown_value(found, column, row)
                    if column.lower and column.upper and row[column.lower] is not None:
                        formatter = self.context.settings.formatter
                        low = re.sub(r"\s*(?:%|pp)$", "", formatter(row[column.lower], column.kind))
                        high = formatter(row[column.upper], column.kind)
                        text = (
                            f'<span class="est">{text}</span> <span class="ci">'
                            f"{html_text(f'{low} to {high}')}</span>"
                        )
                tag = 'th scope="row"' if index == 0 else "td"
                kind = "n" if column.is_numeric else "d" if column.kind == "date" else "t"
                kind += " none" if found is None else ""
                # A value that reads the same as text is not written twice.
                attributes = "".join(
                    f' data-v{place or ""}="{html_attribute(value)}"'
                    for place, value in enumerate(values)
                    if place or html_attribute(value) != text
                )
                if found is None and not hidden:
                    attributes += ' aria-label="not available"'
                cells.append(f'<{tag} class="{kind}"{attributes}>{text}</{tag.split()[0]}>')
            kept = options.get("filter")
            mark = f' data-filter="{html_attribute(raw(row[kept]))}"' if kept else ""
            body.append(f"<tr{mark}>{''.join(cells)}</tr>")
        extra = []
        if any(column.lower for column in columns):
            extra.append("ranges are 95% intervals")
        if has_hidden:
            extra.append(self.suppressed_text())
        hidden_caption = ' class="sr"' if options.get("hide_caption") else ""
        heading = (
            f'<figcaption id="{address}-name"{hidden_caption}>{html_text(caption)}</figcaption>'
        )
        intervals = sum(column.lower is not None for column in columns)
        constants = json.dumps(self._constants(columns, options, relation))
        many = " many" if intervals > 2 else ""
        many += " short" if len(rows) <= SHORT else ""
        many += " broad" if len(columns) + intervals > 8 else ""
        return (
            f'<figure class="table{many}" id="{address}" data-name="{name}" '
            f'data-mart="{html_attribute(relation.mart)}" '
            f'data-constants="{html_attribute(constants)}">'
            f"{heading}{self._filter(rows, columns, options, address)}"
            f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{address}-name">'
            f'<table aria-labelledby="{address}-name" aria-describedby="{address}-source">'
            f"<thead><tr>{''.join(head)}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table></div>"
            f"{self._source(options, extra, address)}"
            '<p class="tools"><button type="button" class="csv" hidden>Download CSV</button></p>'
            "</figure>"
        )

    def _downloaded(self, column: Column) -> list[str]:
        """Names of what a column brings into a CSV file: figure, bounds, unit, a segment's name.

        The name comes from the menu; see site.js.
        """
        names = [column.name]
        if column.lower and column.upper:
            names += [column.lower, column.upper]
        if column.kind == "unit" and column.unit:
            names.append(column.unit)
        if column.kind == "segment":
            names.append(f"{column.name.removesuffix('_id')}_name")
        return names

    def _beside(self, row: Row, column: Column) -> list[str]:
        """Return the values of those names after the first."""
        values = []
        if column.lower and column.upper:
            values += [raw(row[column.lower]), raw(row[column.upper])]
        if column.kind == "unit" and column.unit:
            values.append(raw(row[column.unit]))
        return values

    def _constants(
        self, columns: Sequence[Column], options: dict[str, Any], relation: Relation
    ) -> dict[str, str]:
        """Return what every row of a CSV file says: the date, and the page's segment."""
        said = {}
        segment = next((p.value for p in relation.parameters if p.name == "segment"), None)
        if segment is not None and all(column.name != "segment_id" for column in columns):
            said = {"segment_id": raw(segment), "segment_name": self.context.names.get(segment, "")}
        if options.get("as_of"):
            said["as_of"] = raw(options["as_of"]).removeprefix("As of ")
        return said

    def _filter(
        self, rows: Sequence[Row], columns: Sequence[Column], options: dict[str, Any], name: str
    ) -> str:
        """Write a choice that narrows a table's rows; site.js shows it."""
        column = options.get("filter")
        if not column:
            return ""
        kind = next((one.kind for one in columns if one.name == column), "words")
        shown: dict[str, str] = {}
        for row in rows:
            if row[column] is not None:
                value = row[column]
                shown[raw(value)] = (
                    self._label(str(value))
                    if kind == "segment" or column == "segment_id"
                    else self.feature_label(str(value))
                    if kind == "feature"
                    else words(str(value))
                    if isinstance(value, str)
                    else self.context.settings.formatter(value, kind)
                )
        choices = "".join(
            f'<option value="{html_attribute(value)}">{html_text(text)}</option>'
            for value, text in sorted(shown.items(), key=lambda pair: pair[1])
        )
        label = html_text(filter_label(options))
        return (
            f'<p class="filter" hidden><label for="{name}-filter">{label}</label> '
            f'<select id="{name}-filter"><option value="" data-all>All</option>{choices}</select> '
            '<span class="said" role="status"></span></p>'
        )

    # Charts

    def chart(self, kind: str, relation: Relation, **options: Any) -> Markup:
        """Write a chart with its source line and figures."""
        maker: Callable[..., tuple[Callable[[int], alt.TopLevelMixin], str, list[Column]] | None]
        maker = getattr(self, f"_{kind.replace(' ', '_')}", None)  # type: ignore[assignment]
        if maker is None:
            raise ReportError(f"there is no chart of kind '{kind}'")
        for key in ("title", "population"):
            if not options.get(key):
                raise ReportError(f"a chart needs {key}")
        made = maker(relation, options)
        if made is None:
            return self.not_available(relation.mart, options["title"])
        build, description, columns = made
        self.shown += 1
        self.has_charts = True
        name = self.address("chart", options.get("name") or options["title"])
        formatter = self.context.settings.formatter
        drawings = []
        wide = charts.specification(build, options.get("width", charts.WIDE))
        sizes = [("wide", wide), ("narrow", charts.specification(build, charts.NARROW))]
        for size, spec in sizes:
            drawings.append(
                f'<div class="plot {size}">'
                + charts.svg(
                    spec,
                    name=f"{name}-{size[0]}",
                    title=options["title"],
                    description=description,
                    formatter=formatter,
                )
                + "</div>"
            )
        live = json.dumps(
            wide,
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )
        live = (
            live.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        )
        extra = []
        if options.get("lower") and not options.get("interval_label"):
            extra.append(f"{INTERVALS[kind]} are 95% intervals")
        if options.get("ceiling"):
            extra.append("thick marks are the ceiling")
        if self.hides_marks(relation, options):
            reason = self.suppressed_text()
            if kind == "heat" and "\u00d7" in drawings[1]:
                reason = reason.replace("hidden", "hidden (\u00d7 where narrow)")
            extra.append(reason)
        details = ""
        if columns and options.get("figures", True):
            table_options = {
                **options,
                "caption": f"Figures: {options['title']}",
                "name": options["title"],
            }
            details = (
                '<details class="figures"><summary>Figures</summary>'
                f"{self._table(relation.rows(), columns, table_options, relation)}</details>"
            )
        return self.block(
            f'<figure class="chart" id="{name}" data-kind="{html_attribute(kind)}">'
            f"<figcaption><strong>{html_text(options['title'])}</strong>"
            + (f" <span>{html_text(options['subtitle'])}</span>" if options.get("subtitle") else "")
            + f'</figcaption>{"".join(drawings)}<div class="live" hidden></div>'
            f'<script type="application/json" class="spec">{live}</script>'
            f"{self._source(options, extra, name)}{details}</figure>"
        )

    def _ids(self) -> list[str]:
        return [segment.segment_id for segment in self.context.segments]

    def _label(self, segment_id: str, limit: int = 44) -> str:
        if segment_id == colours.UNSEGMENTED:
            return NOT_SEGMENTED
        name = self.context.names.get(segment_id, "")
        return charts.shortened(f"{segment_id}  {name}" if name else words(segment_id), limit)

    def _series(self, value: Any) -> str:
        if isinstance(value, dt.date):
            return self.context.settings.formatter.date(value, "MMM y")
        return str(value)

    def _facet(self, row: Row, column: str | None) -> str:
        if column is None:
            return ""
        return (
            self._label(str(row[column]), 34) if column == "segment_id" else words(str(row[column]))
        )

    def _bars(self, relation: Relation, options: dict[str, Any]) -> Any:
        value, kind = relation.column(options["value"]), options.get("format", "percent")
        category = relation.column(options.get("category", "segment_id"))
        lower, upper = options.get("lower"), options.get("upper")
        interval = options.get("interval_label", "95% interval")
        formatter = self.context.settings.formatter
        rows: charts.Data = []
        for row in relation.rows():
            if row[value] is None:
                continue
            low = row[lower] if lower else None
            high = row[upper] if upper else None
            shown = formatter(row[value], kind)
            label = (
                self._label(str(row[category]))
                if category == "segment_id"
                else charts.shortened(words(str(row[category])), 44)
            )
            entry = {
                "order": len(rows),
                "segment_id": str(row[category]),
                "label": label,
                "value": row[value],
                "lower": low,
                "upper": high,
                "start": float(min(v for v in (low, row[value]) if v is not None)),
                "end": float(max(v for v in (high, row[value], 0) if v is not None)),
                "shown": shown,
                f"Tip {'Segment' if category == 'segment_id' else 'Item'}": label,
                f"Tip {options.get('label', 'Value')}": shown,
            }
            if low is not None and high is not None:
                entry[f"Tip {interval}"] = f"{formatter(low, kind)} to {formatter(high, kind)}"
            for extra, extra_label, extra_kind in options.get("tips", ()):
                found = row[relation.column(extra)]
                entry[f"Tip {extra_label}"] = (
                    "not available" if found is None else formatter(found, extra_kind)
                )
            rows.append(entry)
        if not rows:
            return None
        segments = self._ids() if category == "segment_id" else [row["segment_id"] for row in rows]
        described = "; ".join(
            f"{row['label']}: {row['shown']}"
            + (f" ({row[f'Tip {interval}']})" if f"Tip {interval}" in row else "")
            for row in rows
        )
        columns = [
            Column(
                category,
                "Segment" if category == "segment_id" else "Item",
                "segment" if category == "segment_id" else "words",
            ),
            Column(value, options.get("label", "Value"), kind, lower=lower, upper=upper),
            *(Column(*extra) for extra in options.get("tips", ())),
        ]

        def build(width: int) -> alt.TopLevelMixin:
            return charts.bars(
                rows,
                width=width,
                title=self.axis_title(options.get("label", ""), kind),
                kind=kind,
                segments=segments,
                has_interval=bool(lower),
            )

        return build, described, columns

    def _line(self, relation: Relation, options: dict[str, Any]) -> Any:
        x, y = relation.column(options["x"]), relation.column(options["y"])
        series = relation.column(options.get("series", "segment_id"))
        kind = options.get("format", "percent")
        lower, upper = options.get("lower"), options.get("upper")
        formatter = self.context.settings.formatter
        is_segment = series == "segment_id"
        series_label = "Segment" if is_segment else options.get("series_label", "Series")
        facet_column = options.get("facet")
        facet_column = series if facet_column is True else facet_column
        if facet_column:
            relation.column(facet_column)
        rows: charts.Data = []
        found_rows = [row for row in relation.rows() if row[y] is not None]
        if not found_rows:
            return None
        last = {
            row[series]: row[x]
            for row in sorted(found_rows, key=lambda row: (str(row[series]), row[x]))
        }
        for row in found_rows:
            rows.append(
                {
                    "x": row[x],
                    "y": row[y],
                    "lower": row[lower] if lower else None,
                    "upper": row[upper] if upper else None,
                    "series": self._facet(row, facet_column),
                    "segment_id": self._series(row[series]),
                    "label": str(row[series]) if is_segment else words(str(row[series])),
                    "is_last": row[x] == last[row[series]],
                    **({"opened": row[series]} if isinstance(row[series], dt.date) else {}),
                    **({"is_chosen": row[x] == options["mark"]} if options.get("mark") else {}),
                    f"Tip {series_label}": self._label(self._series(row[series])),
                    f"Tip {options.get('x_label', 'At')}": formatter(
                        row[x], "date" if isinstance(row[x], dt.date) else "integer"
                    ),
                    f"Tip {options.get('label', 'Value')}": formatter(row[y], kind),
                }
            )
            if lower and upper and row[lower] is not None and row[upper] is not None:
                said = f"{formatter(row[lower], kind)} to {formatter(row[upper], kind)}"
                rows[-1][f"Tip {options.get('interval_label', '95% interval')}"] = said
            for extra, extra_label, extra_kind in options.get("tips", ()):
                found = row[relation.column(extra)]
                rows[-1][f"Tip {extra_label}"] = (
                    "not available" if found is None else formatter(found, extra_kind)
                )
        is_date = isinstance(found_rows[0][x], dt.date)
        x_kind = "date" if is_date else "integer"
        ordered = list(dict.fromkeys(row[series] for row in found_rows))
        if isinstance(ordered[0], dt.date):
            ordered.sort()
        names = [self._series(item) for item in ordered]
        facet = bool(facet_column)
        facets = list(dict.fromkeys(row["series"] for row in rows))
        has_labels = facet and facet_column != series
        if has_labels:  # the last point of each line of each facet carries the line's name
            steps = [float(row["x"]) for row in rows if not is_date]
            reach = (max(steps) - min(steps)) * 0.25 if steps else 0
            for name in facets:
                inside = [entry for entry in rows if entry["series"] == name]
                ends = {entry["segment_id"]: entry for entry in inside}
                for entry in inside:
                    opened = entry.pop("opened", None)
                    if ends[entry["segment_id"]] is not entry:
                        del entry["is_last"], entry["label"]
                    elif opened is not None:
                        entry["label"] = formatter.date(opened, "MMM yy")
                    entry |= {"is_last": True} if "label" in entry else {}
                charts.spread(list(ends.values()), rows, reach)
        elif facet:
            for entry in rows:
                entry.pop("is_last")
        described = "; ".join(
            f"{self._label(name)}: "
            + ", ".join(
                f"{formatter(row['x'], x_kind)} {formatter(row['y'], kind)}"
                for row in rows
                if row["segment_id"] == name
            )
            for name in names
        )[:1500]

        def colour() -> alt.Color:
            if is_segment:
                return charts.segment_colour(self._ids() or names)
            if facet_column == series:
                return alt.Color(
                    "segment_id:N",
                    legend=None,
                    scale=alt.Scale(domain=names, range=[charts.ACCENT] * len(names)),
                )
            if facet:
                return alt.Color(
                    "segment_id:N",
                    legend=None,
                    scale=alt.Scale(domain=names, range=charts.ages(len(names))),
                )
            return alt.Color(
                "segment_id:N",
                legend=None,
                scale=alt.Scale(domain=names, range=(charts.SERIES * 4)[: len(names)]),
            )

        def build(width: int) -> alt.TopLevelMixin:
            return charts.lines(
                rows,
                width=width,
                title=self.axis_title(options.get("label", ""), kind),
                x_title=options.get("x_label", "") if not is_date else "",
                kind=kind,
                colour=colour(),
                is_date=is_date,
                has_interval=bool(lower),
                series="segment_id",
                facet=facet,
                shared=facet_column != series,
                facets=len(facets),
                labelled_facets=has_labels,
                marks=len(rows) < 400 and not (facet and facet_column != series),
                y_zero=options.get("zero", True),
                rule=options.get("mark"),
            )

        columns = [
            *([Column("segment_id", "Segment", "segment")] if facet_column == "segment_id" else []),
            Column(
                series,
                "Segment" if is_segment else options.get("series_label", "Series"),
                "segment"
                if is_segment
                else "date"
                if isinstance(found_rows[0][series], dt.date)
                else "words",
            ),
            Column(x, options.get("x_label", "Date"), "date" if is_date else "integer"),
            Column(y, options.get("label", "Value"), kind, lower=lower, upper=upper),
            *(Column(*extra) for extra in options.get("tips", ())),
        ]
        return build, described, columns

    def _bubble(self, relation: Relation, options: dict[str, Any]) -> Any:
        x, y, size = (relation.column(options[key]) for key in ("x", "y", "size"))
        lower, upper = options.get("lower"), options.get("upper")
        x_kind, y_kind = options.get("x_format", "percent"), options.get("y_format", "currency")
        formatter = self.context.settings.formatter
        rows: charts.Data = []
        found = [row for row in relation.rows() if None not in (row[x], row[y], row[size])]
        if not found:
            return None
        largest = max(row[size] for row in found)
        for row in found:
            segment = str(row["segment_id"])
            radius = (1700 * row[size] / largest / 3.14159) ** 0.5
            rows.append(
                {
                    "segment_id": segment,
                    "x": row[x],
                    "y": row[y],
                    "size": row[size],
                    "lower": row[lower] if lower else None,
                    "upper": row[upper] if upper else None,
                    "radius": round(radius, 1),
                    "Tip Segment": self._label(segment),
                    f"Tip {options['x_label']}": formatter(row[x], x_kind),
                    f"Tip {options['y_label']}": formatter(row[y], y_kind),
                    "Tip Customers": formatter(row[size], "integer"),
                }
            )
        described = "; ".join(
            f"{row['Tip Segment']}: {options['x_label']} {row['Tip ' + options['x_label']]}, "
            f"{options['y_label']} {row['Tip ' + options['y_label']]}, "
            f"{row['Tip Customers']} customers"
            for row in rows
        )

        def build(width: int) -> alt.TopLevelMixin:
            return charts.bubbles(
                rows,
                width=width,
                x_title=self.axis_title(options["x_label"], x_kind),
                y_title=self.axis_title(options["y_label"], y_kind),
                x_kind=x_kind,
                y_kind=y_kind,
                segments=self._ids(),
                height=options.get("height", 280),
            )

        columns = [
            Column("segment_id", "Segment", "segment"),
            Column(x, options["x_label"], x_kind, lower=lower, upper=upper),
            Column(y, options["y_label"], y_kind),
            Column(size, "Customers", "integer"),
        ]
        return build, described, columns

    def _scatter(self, relation: Relation, options: dict[str, Any]) -> Any:
        x, y = relation.column(options["x"]), relation.column(options["y"])
        rows = [
            {"x": row[x], "y": row[y], "segment_id": str(row["segment_id"])}
            for row in relation.rows()
        ]
        if not rows:
            return None
        centres: charts.Data = []
        for segment in self._ids():
            inside = sorted((row["x"], row["y"]) for row in rows if row["segment_id"] == segment)
            if inside:
                middle = len(inside) // 2
                centres.append(
                    {
                        "segment_id": segment,
                        "x": inside[middle][0],
                        "y": sorted(point[1] for point in inside)[middle],
                    }
                )
        described = f"{len(rows)} customers as points; segments {', '.join(self._ids())}."

        def build(width: int) -> alt.TopLevelMixin:
            return charts.scatter(
                rows,
                width=width,
                x_title=options["x_label"],
                y_title=options["y_label"],
                segments=self._ids(),
                centres=centres,
            )

        return build, described, []

    def _heat(self, relation: Relation, options: dict[str, Any]) -> Any:
        row_name, column_name = relation.column(options["row"]), relation.column(options["column"])
        value = relation.column(options["value"])
        kind = options.get("format", "signed")
        text_column = relation.column(options.get("text", value))
        formatter = self.context.settings.formatter

        def named(column: str, item: Any) -> str:
            if column in ("feature", "dimension"):
                return self.feature_label(str(item))
            if column == "segment_id":
                return str(item)
            if isinstance(item, dt.date):
                return formatter.date(item, "MMM y")
            return words(str(item))

        rows: charts.Data = []
        for row in relation.rows():
            found = row[value]
            hidden = "is_suppressed" in row and row["is_suppressed"]
            text = row[text_column]
            brief = None
            if text is None:
                shown = "hidden" if hidden else "\u2013"
                brief = "\u00d7" if hidden else shown
            elif kind == "unit":
                shown = formatter(text, "unit", self.feature_unit(str(row[row_name])))
            else:
                shown = formatter(text, kind)
                if kind in ("signed", "precise"):
                    brief = formatter.number(text, 1, signed=kind == "signed")
                elif kind == "percent":
                    brief = formatter.percent(text, 0)
            rows.append(
                {
                    "row": named(row_name, row[row_name]),
                    "column": named(column_name, row[column_name]),
                    "value": found,
                    "shown": shown,
                    "brief": brief or shown,
                    f"Tip {options.get('row_label', 'Row')}": named(row_name, row[row_name]),
                    f"Tip {options.get('column_label', 'Column')}": (
                        self._label(str(row[column_name]))
                        if column_name == "segment_id"
                        else named(column_name, row[column_name])
                    ),
                    f"Tip {options.get('label', 'Value')}": shown,
                }
            )
        if not any(row["value"] is not None for row in rows):
            return None
        row_order = list(dict.fromkeys(row["row"] for row in rows))
        column_order = list(dict.fromkeys(row["column"] for row in rows))
        if options.get("sort_columns", column_name == "segment_id"):
            column_order.sort()
        centre = float(options.get("centre", 0))
        diverging = "centre" in options or options.get("diverging", True)
        limit = (
            options.get("limit")
            or max(abs(float(row["value"]) - centre) for row in rows if row["value"] is not None)
            or 1
        )
        longest = max(len(item) for item in row_order)
        described = (
            f"Matrix of {len(row_order)} rows ({', '.join(row_order[:40])}) and "
            f"{len(column_order)} columns ({', '.join(column_order)}). Figures are in the table."
        )

        def build(width: int) -> alt.TopLevelMixin:
            left = (
                min(int(longest * 7.2) + 14, 240)
                if width > 400
                else min(int(longest * 5.7) + 14, 134)
            )
            return charts.heat(
                rows,
                width=width,
                row_order=row_order,
                column_order=column_order,
                diverging=diverging,
                limit=limit,
                legend=options.get("label", ""),
                left=left,
                column_title=options.get("column_label"),
                cell=options.get("cell", 28),
                legend_format="+.1f"
                if diverging and not centre
                else ",.1~f"
                if diverging
                else charts.axis_format(kind),
                centre=centre,
            )

        columns = [
            Column(
                row_name,
                options.get("row_label", "Row"),
                "feature"
                if row_name in ("feature", "dimension")
                else "segment"
                if row_name == "segment_id"
                else "words",
            ),
            Column(
                column_name,
                options.get("column_label", "Column"),
                "segment" if column_name == "segment_id" else "words",
            ),
            self.with_interval(
                relation,
                Column(value, options.get("label", "Value"), kind if kind != "unit" else "precise"),
            ),
        ]
        return build, described, columns

    def _stack(self, relation: Relation, options: dict[str, Any]) -> Any:
        parts: Sequence[tuple[str, str]] = options["parts"]
        kind = options.get("format", "percent")
        total = relation.column(options["total"])
        category = options.get("category", "segment_id")
        lower, upper, ceiling = (options.get(name) for name in ("lower", "upper", "ceiling"))
        for name in (lower, upper, ceiling):
            if name:
                relation.column(name)
        formatter = self.context.settings.formatter
        rows: charts.Data = []
        order = 0
        for row in relation.rows():
            if row[total] is None:
                continue
            label = (
                self._label(str(row[category]))
                if category == "segment_id"
                else words(str(row[category]))
            )
            for position, (column, part) in enumerate(parts):
                found = row[relation.column(column)]
                if found is None:
                    continue
                rows.append(
                    {
                        "order": order,
                        "part": part,
                        "part_order": position,
                        "value": found,
                        "Tip Segment": label,
                        "Tip Part": part,
                        "Tip Value": formatter(found, kind),
                    }
                )
            low, high = (row[name] if name else None for name in (lower, upper))
            most = row[ceiling] if ceiling else None
            shown = formatter(row[total], kind)
            if low is not None and high is not None:
                shown += f" ({formatter(low, kind)} to {formatter(high, kind)})"
            rows.append(
                {
                    "order": order,
                    "part": None,
                    "value": row[total],
                    "lower": low,
                    "upper": high,
                    "ceiling": most,
                    "end": max(v for v in (row[total], high, most) if v is not None),
                    "shown": formatter(row[total], kind),
                    "said": shown + (f", ceiling {formatter(most, kind)}" if most else ""),
                    "label": label,
                }
            )
            order += 1
        if not rows:
            return None
        described = "; ".join(
            f"{row['label']}: {row.pop('said')}" for row in rows if row["part"] is None
        )

        def build(width: int) -> alt.TopLevelMixin:
            return charts.stacks(
                rows,
                width=width,
                title=self.axis_title(options.get("label", ""), kind),
                kind=kind,
                parts=[part for _, part in parts],
                rows_count=order,
                has_interval=bool(lower),
                has_ceiling=bool(ceiling),
            )

        columns = [
            Column(category, "Segment", "segment" if category == "segment_id" else "words"),
            *(Column(column, part, kind) for column, part in parts),
            Column(total, options.get("label", "Total"), kind, lower=lower, upper=upper),
            *([Column(ceiling, "Ceiling", kind)] if ceiling else []),
        ]
        return build, described, columns

    def _flow(self, relation: Relation, options: dict[str, Any]) -> Any:
        formatter = self.context.settings.formatter
        found = [row for row in relation.rows() if row["customers_count"]]
        if not found:
            return None
        dates = sorted(
            {row["from_observation_date"] for row in found}
            | {row["to_observation_date"] for row in found}
        )
        names = {colours.UNSEGMENTED: NOT_SEGMENTED}
        position = {date: index for index, date in enumerate(dates)}
        segments = [*self._ids()]
        for row in found:
            for end in ("from_segment_id", "to_segment_id"):
                if str(row[end]) not in segments:
                    segments.append(str(row[end]))
        rows = [
            {
                "step": position[row["from_observation_date"]],
                "from": str(row["from_segment_id"]),
                "to": str(row["to_segment_id"]),
                "count": row["customers_count"],
                "Tip From": self._label(str(row["from_segment_id"])),
                "Tip To": self._label(str(row["to_segment_id"])),
                "Tip Customers": formatter(row["customers_count"], "integer"),
                "Tip Share": "new"
                if row["migration_rate"] is None
                else formatter(row["migration_rate"], "percent"),
            }
            for row in found
        ]
        described = "; ".join(
            f"{formatter.date(row['from_observation_date'], 'MMM y')} "
            f"{names.get(row['from_segment_id'], row['from_segment_id'])} to "
            f"{names.get(row['to_segment_id'], row['to_segment_id'])}: {row['customers_count']}"
            for row in found
            if not row["is_stay"]
        )[:1500]

        def build(width: int) -> alt.TopLevelMixin:
            return charts.flows(
                rows,
                width=width,
                segments=segments,
                dates=[str(date) for date in dates],
                date_labels=[
                    formatter.date(date, "MMM y" if width > 400 else "MM/yy") for date in dates
                ],
                names=names,
            )

        columns = [
            Column("from_observation_date", "From date", "date"),
            Column("from_segment_id", "From", "segment"),
            Column("to_segment_id", "To", "segment"),
            Column("customers_count", "Customers", "integer"),
            Column("migration_rate", "Share of the segment before", "percent"),
        ]
        return build, described, columns

    # The overview

    def segment_cards(self, relation: Relation, **options: Any) -> Markup:
        """Write the segments in one screen."""
        rows = relation.rows()
        if not rows:
            return self.not_available(relation.mart, "Segments")
        columns: Sequence[Column] = options["columns"]
        return self.block(self._cards(rows, columns, options, relation))

    def _cards(
        self,
        rows: Sequence[Row],
        columns: Sequence[Column],
        options: dict[str, Any],
        relation: Relation,
    ) -> str:
        html = self._table(rows, columns, options, relation)
        return html.replace('class="table', 'class="table overview', 1)
