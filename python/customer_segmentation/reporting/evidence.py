"""The Evidence project: the same templates as Markdown pages with queries and components."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from customer_segmentation.reporting import colours
from customer_segmentation.reporting.colours import UNSEGMENTED
from customer_segmentation.reporting.components import (
    NOT_SEGMENTED,
    Column,
    Components,
    Context,
    filter_label,
    read_context,
    rule_words,
    shown_codes,
    words,
)
from customer_segmentation.reporting.errors import ReportError
from customer_segmentation.reporting.formats import EVIDENCE_FORMATS, UNITS
from customer_segmentation.reporting.html import slug
from customer_segmentation.reporting.pages import PAGES
from customer_segmentation.reporting.relations import (
    PERSONAL,
    Database,
    Parameter,
    Relation,
    fenced_literal,
)
from customer_segmentation.reporting.templates import environment, read_glossary, render
from customer_segmentation.reporting.text import safe_text

# Evidence asks for the queries of every page, and reports an error where there are none.
_NO_QUERY = "\n```sql nothing_to_query\nselect 1 as one\n```\n"
#: What shows intervals in a chart of each kind that has them here.
INTERVALS = {"bars": "boxes", "bubble": "lines through bubbles", "line": "lines through points"}
# What Evidence's components can't do, and the HTML pages can: dates in the words of a locale in
# tables (as text they would not sort, so they stay ISO), number marks of a locale, bands around
# lines, 'hidden' in a heat map's cell (it stays blank), and a mark at a bar's ceiling.
# Text that a spreadsheet would run.
_RUNS = r"^[=+@\t\r-]"
_QUIET = "text-xs text-base-content-muted mt-1 mb-8"


class EvidenceComponents(Components):
    """Writes Evidence's Markdown; queries run in the reader's browser on the published marts."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.used: set[str] = set()
        self.pages = {page.name: page for page in PAGES}

    def _query(
        self,
        relation: Relation,
        columns: Sequence[str] = (),
        *,
        narrowed_by: str | None = None,
        **added: str,
    ) -> tuple[str, str]:
        """Name and fenced text of a query; ``added`` columns are computed for display.

        ``narrowed_by`` names a column by whose value the reader narrows the rows; see `_filter`.
        """
        self.shown += 1
        name = f"q{self.shown}"
        self.used.update(relation.marts())
        text = relation.sql(*columns, evidence=True)
        if added or narrowed_by:
            extra = "".join(f",\n    {sql} as {column}" for column, sql in added.items())
            text = f"select\n    shown.*{extra}\nfrom (\n{text}\n) as shown"
        if narrowed_by:
            key = f"md5(cast({narrowed_by} as varchar))"
            text += f"\nwhere '${{inputs.{name}_filter.value}}' in ('all', {key})"
        return name, f"\n\n```sql {name}\n{text}\n```\n\n"

    def _filter(
        self, relation: Relation, columns: Sequence[Column], options: dict[str, Any]
    ) -> str:
        """Write the choice that narrows the table that was asked for last.

        Its values are hashes, because Evidence writes the chosen one into the query as it is.
        """
        column = options.get("filter")
        if not column:
            return ""
        name = f"q{self.shown}_filter"
        kind = next((one.kind for one in columns if one.name == column), "words")
        shown = (
            "segment_id || ' ' || coalesce(segment_name, '')"
            if column == "segment_id"
            else self._shown_sql(relation, column, kind if kind == "feature" else "words")
        )
        wanted = [column, *(["segment_name"] if column == "segment_id" else [])]
        query = (
            f"select distinct\n    md5(cast({column} as varchar)) as value,\n    {shown} as label\n"
            f"from (\n{relation.sql(*wanted, evidence=True)}\n) as shown\n"
            f"where {column} is not null\norder by label"
        )
        attributes = self._attributes(
            data=Markup(f"{name}_choices"),
            name=name,
            value="value",
            label="label",
            title=filter_label(options),
            defaultValue="all",
        )
        return (
            f"\n\n```sql {name}_choices\n{query}\n```\n\n<Dropdown {attributes}>\n"
            '  <DropdownOption value="all" valueLabel="All" />\n</Dropdown>\n\n'
        )

    def _attributes(self, **values: Any) -> str:
        """Attributes of a component; texts are safe in Svelte, code stands in braces."""
        parts = []
        for name, value in values.items():
            if value is None or value is False:
                continue
            if value is True:
                parts.append(f"{name}=true")
            elif isinstance(value, Markup):
                parts.append(f"{name}={{{value}}}")
            else:
                plain = re.fullmatch(r"\w+", str(value), re.ASCII)
                parts.append(f'{name}="{value if plain else safe_text(str(value))}"')
        return " ".join(parts)

    def _source(self, options: dict[str, Any], extra: Sequence[str] = ()) -> str:
        parts = self.source_line(
            as_of=options.get("as_of"),
            population=options.get("population", ""),
            count=options.get("count"),
            note=options.get("note", ""),
        )
        joined = " · ".join(str(safe_text(part)) for part in (*parts, *extra))
        return f'<p class="{_QUIET}">{joined}</p>\n\n'

    def _format(self, column: Column) -> str | None:
        pattern = EVIDENCE_FORMATS.get(column.kind)
        if column.kind.startswith("currency") and pattern:
            return self._money(pattern)
        return pattern if column.kind not in ("date", "month") else None

    def _money(self, pattern: str, suffix: str = "") -> str:
        """Return the format of an amount: the currency's symbol where the locale has it."""
        formatter = self.context.settings.formatter
        before, _, after = formatter.money(1).partition("1")
        before, after = (f'"{mark}"' if mark else "" for mark in (before, f"{after}{suffix}"))
        return f"{before}{pattern}{after};-{before}{pattern}{after}"

    def _little(self, relation: Relation, column: Column) -> str | None:
        """Write each row's format where a share or an amount is too little for its own.

        None where no row needs it.
        """
        if column.kind not in ("percent", "currency", "currency_precise"):
            return None
        formatter = self.context.settings.formatter
        cases = []
        shown = relation.everywhere() if relation.parameters else relation
        known = [row[column.name] for row in shown.rows() if row[column.name] is not None]
        step = {"percent": 0.001, "currency": 1, "currency_precise": 0.01}[column.kind]
        for low, high, example in (
            (0, step / 2, step / 4),
            (-step / 2, 0, -step / 4),
            *([(1 - step / 2, 1, 1 - step / 4)] if column.kind == "percent" else []),
        ):
            if any(low < value < high for value in known):
                text = formatter(example, column.kind)
                test = f"{column.name} > {low} and {column.name} < {high}"
                cases.append(f"when {test} then {fenced_literal(chr(34) + text + chr(34))}")
        if not cases:
            return None
        return f"case {' '.join(cases)} else {fenced_literal(self._format(column))} end"

    def value(self, relation: Relation, column: str, kind: str = "text", **options: Any) -> Markup:
        """Write a figure within a sentence."""
        relation.column(column)
        row = relation.first() if not relation.parameters else None
        if not relation.parameters and (row is None or row[column] is None):
            return safe_text(options.get("missing", "not available"))
        in_words = kind in ("words", "date")
        added = {"shown_words": self._shown_sql(relation, column, kind)} if in_words else {}
        name, query = self._query(relation, [column], **added)
        self.queries.append(query)
        fmt = None if in_words else self._format(Column(column, column, kind))
        attributes = self._attributes(
            data=Markup(name), column="shown_words" if added else column, fmt=fmt
        )
        return Markup(f"<Value {attributes} emptySet=pass />")

    # Queries of inline values stand before the text, since a fence can't stand in a sentence.
    queries: list[str]

    def note(self, text: str) -> Markup:
        """Write a remark."""
        return Markup(
            f'\n\n<p class="text-base-content-muted italic my-2">{safe_text(text)}</p>\n\n'
        )

    def term(self, name: str, text: str | None = None) -> Markup:
        """Link a word to the glossary."""
        self.glossary_text(name)
        return Markup(
            f'<a class="markdown" href="/glossary#{slug(name)}">{safe_text(text or name)}</a>'
        )

    def link(self, page: str, text: str) -> Markup:
        """Link to another page."""
        return Markup(f'<a class="markdown" href="/{page}">{safe_text(text)}</a>')

    def segment_link(self, segment_id: str) -> Markup:
        """Link to a segment's page."""
        name = self.context.names.get(segment_id, "")
        return Markup(
            f'<a class="markdown" href="/segments/{safe_text(segment_id)}">'
            f"{safe_text(segment_id)} {safe_text(name)}</a>"
        )

    def grid(self, layout: str, caller: Any) -> Markup:
        """Set blocks side by side where there is room."""
        return Markup(f"\n\n{caller()}\n\n")

    def fold(self, title: str, caller: Any) -> Markup:
        """Hide blocks until a reader opens them."""
        return Markup(f'\n\n<Details title="{safe_text(title)}">\n\n{caller()}\n\n</Details>\n\n')

    def table(self, relation: Relation, columns: Sequence[Column], **options: Any) -> Markup:
        """Write a table that sorts and downloads."""
        for column in columns:
            for name in column.names:
                relation.column(name)
        if not relation.parameters and not relation.rows():
            if options.get("empty"):
                return self.note(options["empty"])
            return self.not_available(relation.mart, options.get("caption", words(relation.mart)))
        if not relation.parameters and self.shows_nothing(relation.rows(), columns):
            return self.all_hidden(options.get("caption", words(relation.mart)))
        return Markup(self._table(relation, columns, options))

    def _table(self, relation: Relation, columns: Sequence[Column], options: dict[str, Any]) -> str:
        added: dict[str, str] = {}
        cells = []
        wanted: list[str] = []
        for column in columns:
            wanted += column.names
            if column.kind == "segment":
                relation = relation.named() if column.name == "segment_id" else relation
                added[f"{column.name}_link"] = self._link_sql(column.name)
                label = f"{column.name}_shown"
                if column.name == "segment_id":
                    wanted.append("segment_name")
                    label = "segment_shown"
                    # Rows of the book and of those without a segment have no name.
                    plain = self._shown_sql(relation, "segment_id", "words")
                    added[label] = (
                        "case when segment_name is not null then segment_id || ' ' || segment_name "
                        f"else {plain} end"
                    )
                else:
                    added[label] = _segment_sql(column.name)
                cells.append(
                    "<Column "
                    + self._attributes(
                        id=f"{column.name}_link",
                        contentType="link",
                        linkLabel=label,
                        title=column.label,
                        sort=True,
                    )
                    + " />"
                )
                continue
            identifier, fmt_column = column.name, None
            if column.kind in ("words", "feature", "rule"):
                identifier = f"{column.name}_shown"
                added[identifier] = self._shown_sql(relation, column.name, column.kind)
            elif column.kind == "unit" and column.unit:
                fmt_column = f"{column.unit}_format"
                added[fmt_column] = self._unit_formats(column.unit)
            elif column.kind == "text" and relation.columns[column.name] == "BOOLEAN":
                identifier = f"{column.name}_shown"
                added[identifier] = (
                    f"case when {column.name} then 'yes' when not {column.name} then 'no' end"
                )
            fmt = self._format(column)
            scaled = _scaled(column)
            added |= scaled
            identifier = next(iter(scaled), identifier)
            little = self._little(relation, column)
            if little:
                fmt_column = f"{column.name}_format"
                added[fmt_column] = little
            align = "right" if column.is_numeric else "left"
            cells.append(
                "<Column "
                + self._attributes(
                    id=identifier,
                    title=column.label,
                    fmt=fmt if not fmt_column else None,
                    fmtColumn=fmt_column,
                    align=align,
                    wrap=True if not column.is_numeric else None,
                    description=column.help,
                )
                + " />"
            )
            for bound, label in ((column.lower, "from"), (column.upper, "to")):
                if bound:
                    cells.append(
                        "<Column "
                        + self._attributes(
                            id=f"{bound}_points" if scaled else bound,
                            title=f"{column.label}, {label}",
                            fmt=fmt,
                            align="right",
                        )
                        + " />"
                    )
        flags = sorted(
            {c.flag for c in columns if c.flag} | ({"is_suppressed"} & set(relation.columns))
        )
        shown = relation.everywhere() if relation.parameters else relation
        if any(row[flag] for flag in flags for row in shown.rows()):
            wanted += flags
            test = " or ".join(flags)
            added["hidden_note"] = (
                f"case when {test} then {fenced_literal(self.suppressed_text())} else '' end"
            )
            cells.append(
                "<Column " + self._attributes(id="hidden_note", title="Note", wrap=True) + " />"
            )
        narrowed_by = options.get("filter")
        if narrowed_by:
            wanted.append(relation.column(narrowed_by))
            relation = relation.named() if narrowed_by == "segment_id" else relation
        wanted = list(dict.fromkeys(wanted))
        name, query = self._query(relation, wanted, narrowed_by=narrowed_by, **added)
        query = self._filter(relation, columns, options) + query
        rows = 100 if relation.parameters else len(relation.rows())
        attributes = self._attributes(
            data=Markup(name),
            title=options.get("caption", words(relation.mart)),
            rows="all" if rows <= 40 else "25",
            search=rows > 10,
            wrapTitles=True,
            emptySet="pass",
            emptyMessage="Not available for this segment.",
        )
        extra = ["from and to are 95% intervals"] if any(c.lower for c in columns) else []
        body = "\n".join(f"  {cell}" for cell in cells)
        table = f"<DataTable {attributes}>\n{body}\n</DataTable>"
        return f"{query}{table}\n\n{self._source(options, extra)}"

    def _shown_sql(self, relation: Relation, column: str, kind: str) -> str:
        """Write the expression that gives a code, a feature, a rule or a date in words."""
        codes = [code for code in relation.everywhere().values(column) if code is not None]
        formatter = self.context.settings.formatter
        said: Mapping[Any, str]
        if kind == "rule":
            said = {code: rule_words(code, self.context.features, formatter) for code in codes}
        elif kind == "feature":
            said = {code: self.feature_label(code) for code in codes}
        elif kind in ("date", "month"):
            said = {code: formatter(code, kind) for code in codes}
        elif codes and isinstance(codes[0], int):
            said = {code: str(code) for code in codes}
        else:
            said = shown_codes(codes)
        text = f"cast({column} as varchar)"
        plain = f"upper(substr({text}, 1, 1)) || replace(substr({text}, 2), '_', ' ')"
        cases = "".join(
            f" when {fenced_literal(code)} then {fenced_literal(name)}"
            for code, name in sorted(said.items())
        )
        return f"case {column}{cases} else {plain} end" if cases else plain

    def _link_sql(self, column: str) -> str:
        known = ", ".join(fenced_literal(segment.segment_id) for segment in self.context.segments)
        return f"case when {column} in ({known or 'null'}) then '/segments/' || {column} end"

    def _unit_formats(self, unit_column: str) -> str:
        cases = []
        for unit, (kind, suffix) in UNITS.items():
            pattern = EVIDENCE_FORMATS[kind]
            after = f" {suffix}" if suffix else ""
            text = (
                self._money(pattern, after)
                if kind == "currency"
                else f'{pattern}"{after}"'
                if after
                else pattern
            )
            cases.append(f"when {fenced_literal(unit)} then {fenced_literal(text)}")
        return f"case {unit_column} {' '.join(cases)} else '#,##0.00' end"

    def segment_cards(self, relation: Relation, **options: Any) -> Markup:
        """Write the segments in one screen."""
        columns = options.pop("columns")
        return self.table(relation, columns, **options)

    # Charts

    def _colours(self) -> Markup:
        pairs = ", ".join(
            f"{_js(segment.segment_id)}: {_js(colours.light(segment.segment_id))}"
            for segment in self.context.segments
        )
        return Markup(f"{{{pairs}}}")

    def _colour_sql(self) -> str:
        cases = " ".join(
            f"when {fenced_literal(item.segment_id)} "
            f"then {fenced_literal(colours.light(item.segment_id))}"
            for item in self.context.segments
        )
        return f"case segment_id {cases} end"

    def chart(self, kind: str, relation: Relation, **options: Any) -> Markup:
        """Write a chart with its source line and figures."""
        maker = getattr(self, f"_{kind.replace(' ', '_')}", None)
        if maker is None:
            raise ReportError(f"there is no chart of kind '{kind}'")
        for key in ("title", "population"):
            if not options.get(key):
                raise ReportError(f"a chart needs {key}")
        made = maker(relation, options)
        if made is None:
            return self.not_available(relation.mart, options["title"])
        body, columns = made
        figures = ""
        if columns and options.get("figures", True):
            table = self._table(
                relation, columns, {**options, "caption": f"Figures: {options['title']}"}
            )
            figures = f'<Details title="Figures">\n\n{table}\n\n</Details>\n\n'
        # Evidence cuts the title of some charts off, so it stands above as text.
        heading = f'\n\n<p class="mt-6"><b>{safe_text(options["title"])}</b>'
        if options.get("subtitle"):
            heading += f" {safe_text(options['subtitle'])}"
        extra = []
        if options.get("lower") and not options.get("interval_label") and kind in INTERVALS:
            extra.append(f"{INTERVALS[kind]} are 95% intervals")
        if not relation.parameters and self.hides_marks(relation, options):
            extra.append(self.suppressed_text())
        return Markup(f"{heading}</p>\n\n{body}\n\n{self._source(options, extra)}{figures}")

    def _has(self, relation: Relation, *columns: str) -> bool:
        for column in columns:
            relation.column(column)
        return bool(relation.parameters) or relation.has_values(columns[-1])

    def _titles(self, options: dict[str, Any]) -> dict[str, Any]:
        return {
            "emptySet": "pass",
            "emptyMessage": "Not available for this segment.",
        }

    def _bars(self, relation: Relation, options: dict[str, Any]) -> Any:
        category, value = options.get("category", "segment_id"), options["value"]
        kind = options.get("format", "percent")
        if not self._has(relation, category, value):
            return None
        kept = relation.where(**{f"{value}__known": True})
        lower, upper = options.get("lower"), options.get("upper")
        by_segment = category == "segment_id"
        shared = {
            "swapXY": True,
            "legend": Markup("false"),
            "yFmt": self._format(Column(value, "", kind)),
            "yAxisTitle": options.get("label"),
            **self._titles(options),
        }
        if lower and upper:
            # Evidence has no bar with an interval; a box from bound to bound with the figure as its
            # line shows both.
            added = {"colour": self._colour_sql()} if by_segment else {}
            # The boxes' colours go by place; Evidence loses those of `color` before data arrive.
            drawn = [str(row[category]) for row in kept.rows()] if not kept.parameters else []
            palette = ", ".join(_js(colours.light(segment)) for segment in drawn)
            scaled = _scaled(Column(value, "", kind, lower=lower, upper=upper))
            added |= scaled
            middle, low, high = scaled or (value, lower, upper)
            name, query = self._query(kept, [category, value, lower, upper], **added)
            attributes = self._attributes(
                data=Markup(name),
                name=category,
                intervalBottom=low,
                midpoint=middle,
                intervalTop=high,
                color="colour" if by_segment else None,
                echartsOptions=(
                    Markup(f"{{color: [{palette}]}}") if by_segment and palette else None
                ),
                **shared,
            )
            chart = f"{query}<BoxPlot {attributes} />"
        else:
            scaled = _scaled(Column(value, "", kind))
            name, query = self._query(kept, [category, value], **scaled)
            attributes = self._attributes(
                data=Markup(name),
                x=category,
                y=next(iter(scaled), value),
                sort=Markup("false"),
                series=category if by_segment else None,
                seriesColors=self._colours() if by_segment else None,
                **shared,
            )
            chart = f"{query}<BarChart {attributes} />"
        figures = [
            Column(
                category,
                "Segment" if category == "segment_id" else "Item",
                "segment" if category == "segment_id" else "words",
            ),
            Column(
                value,
                options.get("label", "Value"),
                kind,
                lower=options.get("lower"),
                upper=options.get("upper"),
            ),
            *(Column(*extra) for extra in options.get("tips", ())),
        ]
        return chart, figures

    def _line(self, relation: Relation, options: dict[str, Any]) -> Any:
        x, y, series = options["x"], options["y"], options.get("series", "segment_id")
        kind = options.get("format", "percent")
        if not self._has(relation, x, series, y):
            return None
        facet = options.get("facet")
        parts = []
        if facet:
            facet = series if facet is True else facet
            for item in relation.where(**{f"{y}__known": True}).values(facet):
                one = relation.where(**{facet: item, f"{y}__known": True})
                name, query = self._query(one, list(dict.fromkeys([x, y, series])))
                title = self.segment_title(item) if facet == "segment_id" else words(str(item))
                attributes = self._attributes(
                    data=Markup(name),
                    x=x,
                    y=y,
                    series=None if facet == series else series,
                    sort=Markup("false"),
                    yFmt=self._format(Column(y, "", kind)),
                    xAxisTitle=options.get("x_label"),
                    title=title,
                    emptySet="pass",
                    chartAreaHeight=Markup("130"),
                )
                parts.append(f"{query}<LineChart {attributes} />")
        else:
            lower, upper = options.get("lower"), options.get("upper")
            wanted = [x, y, series, *([lower, upper] if lower and upper else [])]
            name, query = self._query(relation.where(**{f"{y}__known": True}), wanted)
            attributes = self._attributes(
                data=Markup(name),
                x=x,
                y=y,
                series=series,
                markers=True,
                sort=Markup("false"),
                seriesColors=self._colours() if series == "segment_id" else None,
                yFmt=self._format(Column(y, "", kind)),
                yAxisTitle=options.get("label"),
                **self._titles(options),
            )
            # Evidence has no bands; each point gets a line from bound to bound.
            inside = _intervals(name, x=x, y=lower, x2=x, y2=upper) if lower and upper else ""
            parts.append(f"{query}<LineChart {attributes}>{inside}</LineChart>")
        figures = [
            *([Column("segment_id", "Segment", "segment")] if facet == "segment_id" else []),
            Column(
                series,
                options.get("series_label", "Segment" if series == "segment_id" else "Series"),
                "segment" if series == "segment_id" else "text",
            ),
            Column(
                x,
                options.get("x_label", "Date"),
                "text" if relation.columns[x] == "DATE" else "integer",
            ),
            Column(
                y,
                options.get("label", "Value"),
                kind,
                lower=options.get("lower"),
                upper=options.get("upper"),
            ),
        ]
        return "\n\n".join(parts), figures

    def _bubble(self, relation: Relation, options: dict[str, Any]) -> Any:
        x, y, size = options["x"], options["y"], options["size"]
        if not self._has(relation, x, size, y):
            return None
        kept = relation.where(**{f"{x}__known": True, f"{y}__known": True})
        lower, upper = options.get("lower"), options.get("upper")
        bounds = [lower, upper] if lower and upper else []
        name, query = self._query(kept, ["segment_id", x, y, size, *bounds])
        attributes = self._attributes(
            data=Markup(name),
            x=x,
            y=y,
            size=size,
            series="segment_id",
            seriesColors=self._colours(),
            xFmt=self._format(Column(x, "", options.get("x_format", "percent"))),
            yFmt=self._format(Column(y, "", options.get("y_format", "currency"))),
            xAxisTitle=options["x_label"],
            yAxisTitle=self.axis_title(options["y_label"], options.get("y_format", "currency")),
            **self._titles(options),
        )
        figures = [
            Column("segment_id", "Segment", "segment"),
            Column(
                x,
                options["x_label"],
                options.get("x_format", "percent"),
                lower=options.get("lower"),
                upper=options.get("upper"),
            ),
            Column(y, options["y_label"], options.get("y_format", "currency")),
            Column(size, "Customers", "integer"),
        ]
        inside = _intervals(name, x=lower, y=y, x2=upper, y2=y) if lower and upper else ""
        return f"{query}<BubbleChart {attributes}>{inside}</BubbleChart>", figures

    def _scatter(self, relation: Relation, options: dict[str, Any]) -> Any:
        x, y = options["x"], options["y"]
        if not self._has(relation, x, y):
            return None
        name, query = self._query(relation, ["segment_id", x, y])
        attributes = self._attributes(
            data=Markup(name),
            x=x,
            y=y,
            series="segment_id",
            seriesColors=self._colours(),
            xAxisTitle=options["x_label"],
            yAxisTitle=options["y_label"],
            pointSize=Markup("5"),
            chartAreaHeight=Markup("380"),
            **self._titles(options),
        )
        return f"{query}<ScatterPlot {attributes} />", []

    def _heat(self, relation: Relation, options: dict[str, Any]) -> Any:
        row, column, value = options["row"], options["column"], options["value"]
        kind = options.get("format", "signed")
        if not self._has(relation, row, column, value):
            return None
        if row == column:
            raise ReportError("a heat map needs different rows and columns")
        # Cells that are hidden or unknown stay, blank; the table says which are hidden.
        kept = relation
        name, query = self._query(
            kept,
            [row, column, value],
            row_shown=self._shown_sql(
                kept, row, "feature" if row in ("feature", "dimension") else "words"
            ),
            column_shown=(
                "cast(segment_id as varchar)"
                if column == "segment_id"
                else self._shown_sql(kept, column, "words")
            ),
        )
        centre = options.get("centre")
        diverging = centre is not None or options.get("diverging", True)
        scale = colours.DIVERGING if diverging else colours.SEQUENTIAL
        limit = options.get("limit")
        if centre is not None and not relation.parameters:  # the scale's middle is the centre
            known = [item[value] for item in relation.rows() if item[value] is not None]
            reach = limit or max(abs(item - centre) for item in known) or 1
            lowest, limit = centre - reach, centre + reach
        else:
            lowest = None if limit is None else -limit if diverging else 0
        attributes = self._attributes(
            data=Markup(name),
            x="column_shown",
            y="row_shown",
            value=value,
            valueFmt=self._format(Column(value, "", kind)) or "0.00",
            colorScale=Markup("[" + ", ".join(_js(item) for item in scale) + "]"),
            min=None if lowest is None else Markup(str(lowest)),
            max=None if limit is None else Markup(str(limit)),
            xSort=None,
            legend=Markup("false"),
            nullsZero=Markup("false"),
            **self._titles(options),
        )
        figures = [
            Column(
                row, options.get("row_label", "Row"), "segment" if row == "segment_id" else "words"
            ),
            Column(
                column,
                options.get("column_label", "Column"),
                "segment" if column == "segment_id" else "words",
            ),
            self.with_interval(
                relation,
                Column(value, options.get("label", "Value"), kind if kind != "unit" else "precise"),
            ),
        ]
        return f"{query}<Heatmap {attributes} />", figures

    def _stack(self, relation: Relation, options: dict[str, Any]) -> Any:
        category, total = options.get("category", "segment_id"), options["total"]
        names = [name for name, _ in options["parts"]]
        kind = options.get("format", "percent")
        if not self._has(relation, category, *names, total):
            return None
        kept = relation.where(**{f"{total}__known": True})
        name, query = self._query(kept, [category, *names, total])
        attributes = self._attributes(
            data=Markup(name),
            x=category,
            y=Markup("[" + ", ".join(_js(item) for item in names) + "]"),
            type="stacked",
            swapXY=True,
            sort=Markup("false"),
            yFmt=self._format(Column(total, "", kind)),
            yAxisTitle=options.get("label"),
            **self._titles(options),
        )
        figures = [
            Column(category, "Segment", "segment" if category == "segment_id" else "words"),
            *(Column(item, label, kind) for item, label in options["parts"]),
            Column(
                total,
                options.get("label", "Total"),
                kind,
                lower=options.get("lower"),
                upper=options.get("upper"),
            ),
            *([Column(options["ceiling"], "Ceiling", kind)] if options.get("ceiling") else []),
        ]
        # Evidence's stacks carry neither an interval nor a ceiling: both are in the figures.
        return f"{query}<BarChart {attributes} />", figures

    def _flow(self, relation: Relation, options: dict[str, Any]) -> Any:
        if not self._has(relation, "from_segment_id", "to_segment_id", "customers_count"):
            return None
        kept = relation.where(customers_count__least=1)
        ends = (
            ("source", "from_segment_id", "from_observation_date"),
            ("target", "to_segment_id", "to_observation_date"),
        )
        name, query = self._query(
            kept,
            [column for _, *columns in ends for column in columns] + ["customers_count"],
            **{
                end: f"{_segment_sql(segment)} || ', ' || {self._shown_sql(kept, date, 'month')}"
                for end, segment, date in ends
            },
        )
        # Evidence colours and places nodes by their names, in the order in which rows bring them.
        formatter = self.context.settings.formatter
        nodes: dict[str, tuple[str, Any]] = {}
        for row in kept.rows():
            for _, segment, date in ends:
                shown = NOT_SEGMENTED if row[segment] == UNSEGMENTED else row[segment]
                label = f"{shown}, {formatter(row[date], 'month')}"
                nodes.setdefault(label, (str(row[segment]), row[date]))
        dates = sorted({date for _, date in nodes.values()})
        palette = ", ".join(_js(colours.light(segment)) for segment, _ in nodes.values())
        depths = ", ".join(f"{_js(key)}: {dates.index(at)}" for key, (_, at) in nodes.items())
        attributes = self._attributes(
            data=Markup(name),
            sourceCol="source",
            targetCol="target",
            valueCol="customers_count",
            valueFmt="#,##0",
            colorPalette=Markup(f"[{palette}]"),
            depthOverride=Markup(f"{{{depths}}}"),
            linkColor="source",
            chartAreaHeight=Markup("380"),
            **self._titles(options),
        )
        figures = [
            Column("from_observation_date", "From date"),
            Column("from_segment_id", "From", "segment"),
            Column("to_segment_id", "To", "segment"),
            Column("customers_count", "Customers", "integer"),
            Column("migration_rate", "Share of the segment before", "percent"),
        ]
        return f"{query}<SankeyDiagram {attributes} />", figures


def _segment_sql(column: str) -> str:
    """Write the expression that gives a segment's id, or words where there is none."""
    return (
        f"case {column} when {fenced_literal(UNSEGMENTED)} "
        f"then {fenced_literal(NOT_SEGMENTED)} else {column} end"
    )


def _scaled(column: Column) -> dict[str, str]:
    """Columns in percentage points, which Evidence's formats can't make of ratios."""
    if column.kind != "percentage_points":
        return {}
    names = (column.name, column.lower, column.upper)
    return {f"{name}_points": f"100 * {name}" for name in names if name}


def _intervals(query: str, *, x: str, y: str, x2: str, y2: str) -> str:
    """Return lines from bound to bound in a chart."""
    return (
        f"<ReferenceLine data={{{query}}} x={x} y={y} x2={x2} y2={y2} hideValue=true "
        "lineType=solid symbolStart=none symbolEnd=none />"
    )


def _js(text: str) -> str:
    """Return a text as a JavaScript string in which no mark can end anything."""
    escaped = "".join(
        mark if (mark.isascii() and mark.isalnum()) or mark in "#_ " else f"\\u{{{ord(mark):x}}}"
        for mark in text
    )
    return f"'{escaped}'"


def render_evidence(database: Path, *, templates: Path, project_dir: Path) -> Path:
    """Write the pages and sources of the Evidence project for a published database.

    ``pages/`` and ``sources/marts/`` of the project are replaced; ``runner.evidence`` builds the
    site from them.

    Parameters
    ----------
    database : Path
        A published DuckDB file; Evidence reads it where it is.
    templates : Path
        Folder of the ``*.md.j2`` templates, ``glossary.csv`` and ``+layout.svelte``.
    project_dir : Path
        The Evidence project: the folder of ``package.json``.

    Returns
    -------
    Path
        The folder of the pages.

    Raises
    ------
    ReportError
        If a template or the database is wrong; the message names the template, line and
        column.
    """
    source = Database(database)
    try:
        context = read_context(source, read_glossary(templates))
        jinja = environment(templates)
        used: set[str] = set()
        pages: dict[str, str] = {}
        for position, page in enumerate(PAGES):
            components = EvidenceComponents(context)
            components.queries = []
            values = {page.parameter: Parameter(page.parameter)} if page.parameter else {}
            body = render(jinja, page.template, components, **values)
            used |= components.used
            name = f"segments/[{page.parameter}].md" if page.parameter else f"{page.name}.md"
            head = _head(page.title, position + 1)
            if "```sql" not in body and not components.queries:
                components.queries.append(_NO_QUERY)
            pages[name] = head + "".join(components.queries) + "\n" + _collapsed(body)
        pages["segments/index.md"] = _segments_page(context)
        pages["+layout.svelte"] = (templates / "+layout.svelte").read_text(encoding="utf-8")
        sources = {f"{mart}.sql": _source_sql(source, mart) for mart in sorted(used)}
    finally:
        source.close()
    folder = project_dir / "sources" / "marts"
    connection = os.path.relpath(database.resolve(), folder.resolve())
    sources["connection.yaml"] = f"name: marts\ntype: duckdb\noptions:\n  filename: {connection}\n"
    for target, files in ((project_dir / "pages", pages), (folder, sources)):
        if target.exists():
            shutil.rmtree(target)
        for name, text in sorted(files.items()):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return project_dir / "pages"


def _collapsed(text: str) -> str:
    lines = text.split("\n")
    kept = [
        line
        for index, line in enumerate(lines)
        if line.strip() or (index and lines[index - 1].strip())
    ]
    return "\n".join(kept).strip() + "\n"


def _segments_page(context: Context) -> str:
    links = "\n".join(
        f'- <a class="markdown" href="/segments/{safe_text(item.segment_id)}">'
        f"{safe_text(item.segment_id)} "
        f"{safe_text(item.name)}</a>"
        for item in context.segments
    )
    return f"{_head('Segments', 90)}{_NO_QUERY}\n# Segments\n\n{links}\n"


def _head(title: str, position: int) -> str:
    return f"---\ntitle: {title}\nhide_title: true\nsidebar_position: {position}\n---\n"


def _source_sql(database: Database, mart: str) -> str:
    """Select a table for Evidence: dates as ISO text, decimals as doubles, no people."""
    columns = database.tables[mart]
    if PERSONAL.intersection(columns):
        raise ReportError(f"mart '{mart}' has rows about people; reports show segments only")
    shown = []
    for name, kind in columns.items():
        if kind == "DATE" or kind.startswith("TIMESTAMP"):
            shown.append(f"strftime({name}, '%Y-%m-%d') as {name}")
        elif kind.startswith("DECIMAL") or kind in ("FLOAT", "HUGEINT"):
            shown.append(f"cast({name} as double) as {name}")
        elif kind == "VARCHAR":
            # Evidence downloads cells as they are: no spreadsheet may run one (see site.js).
            shown.append(
                f"case when regexp_matches({name}, '{_RUNS}') then '''' || {name} else {name} end"
                f" as {name}"
            )
        else:
            shown.append(name)
    listed = ",\n    ".join(shown)
    return f"select\n    {listed}\nfrom marts.{mart}\n"
