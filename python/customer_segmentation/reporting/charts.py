"""Charts: Altair makes the specification, vl-convert draws it, Vega moves it where it runs."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import textwrap
import zlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import altair as alt
import vl_convert

from customer_segmentation.reporting import colours
from customer_segmentation.reporting.formats import Formatter

#: Rows by the name that specifications give them.
_ROWS: dict[str, list[dict[str, Any]]] = {}

WIDE = 680
NARROW = 350
Data = list[dict[str, Any]]

INK, QUIET, RULE, GRID = (colours.ROLES[name][0] for name in ("ink", "quiet", "rule", "grid"))
PAPER, BAND, ACCENT = (colours.ROLES[name][0] for name in ("paper", "band", "accent"))
SERIES = [colours.ROLES[f"series{i}"][0] for i in range(1, 7)]

CONFIG = {
    "font": "Arial",
    "background": "transparent",
    "view": {"stroke": None},
    "padding": 2,
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": QUIET,
        "titleColor": QUIET,
        "gridColor": GRID,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "titlePadding": 8,
        "labelLimit": 200,
        "titleLimit": 600,
        "labelOverlap": "greedy",
    },
    "legend": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelLimit": 260,
        "titleLimit": 260,
        "symbolStrokeWidth": 2,
    },
    "header": {"labelFontSize": 12, "labelColor": INK, "title": None, "labelFontWeight": "bold"},
    "text": {"fontSize": 12, "color": INK},
    "line": {"strokeWidth": 2},
}


def shortened(text: str, limit: int) -> str:
    """Text of at most ``limit`` characters; what is left out shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,;") + "\u2026"


def plain(value: Any) -> Any:
    """Return a value that JSON can hold; doubles to eight significant digits."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        return float(f"{value:.8g}") if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def inline(rows: Data) -> Any:
    """Rows for a chart, under a name that follows from the rows.

    Altair would copy and check every row several times; it sees the name only.
    """
    fields = {name: f"tip{number}" for number, name in enumerate(tip_names(rows))}
    values = [{fields.get(k, k): plain(v) for k, v in row.items()} for row in rows]
    text = json.dumps(values, sort_keys=True)
    name = f"rows-{zlib.crc32(text.encode()):08x}"
    _ROWS[name] = values
    return alt.NamedData(name=name)


def tip_names(rows: Data) -> list[str]:
    """Keys that hold tooltip texts, in order; they are no field names, as they hold any mark."""
    return list(dict.fromkeys(name for row in rows for name in row if name.startswith("Tip ")))


def axis_format(kind: str) -> str:
    """d3 format of an axis."""
    return {
        "percent": ".1~%",
        "integer": ",.0f",
        "currency": "~s",
        "decimal": ",.1~f",
        "precise": ",.2~f",
        "signed": "+.2~f",
    }.get(kind, ",.3~g")


def value_axis(kind: str, **options: Any) -> alt.Axis:
    """Return an axis of values, on which zero has neither a sign nor a thousand's letter."""
    shown = {
        "currency": "datum.label",
        "signed": "datum.label",
        # A difference of two percentages is no percentage.
        "percentage_points": "format(100 * datum.value, '+.1~f') + '\u00a0pp'",
    }.get(kind)
    plain_zero: dict[str, Any] = (
        {"labelExpr": f"datum.value === 0 ? '0' : {shown}"} if shown else {}
    )
    return alt.Axis(format=axis_format(kind), **plain_zero, **options)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round values from low to high, about ``count`` of them."""
    rough = (high - low or 1) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{place * step:.8g}") for place in range(first, last + 1)]


def colour_scale(segments: Sequence[str]) -> alt.Scale:
    """Return the segments' own colours."""
    return alt.Scale(domain=list(segments), range=[colours.light(item) for item in segments])


def segment_colour(segments: Sequence[str], field: str = "segment_id") -> alt.Color:
    """Colour by segment, with no legend: marks are labelled."""
    return alt.Color(f"{field}:N", scale=colour_scale(segments), legend=None)


def hover(field: str) -> tuple[alt.Parameter, alt.Parameter]:
    """Return a selection under the pointer, with a name that never changes."""
    return alt.selection_point(
        name="pointed", on="pointerover", clear="pointerout", fields=[field], empty=False
    ), alt.selection_point(name="chosen", fields=[field], toggle="true")


def tooltips(rows: Data) -> list[alt.Tooltip]:
    """One tooltip line for each field whose name opens with ``Tip ``."""
    return [
        alt.Tooltip(f"tip{number}:N", title=name.removeprefix("Tip "))
        for number, name in enumerate(tip_names(rows))
    ]


def faded(parameter: alt.Parameter, full: float = 1.0, low: float = 0.35) -> Any:
    """Full where nothing or this is chosen, low elsewhere."""
    return alt.condition(parameter, alt.value(full), alt.value(low))


def chosen(field: str) -> alt.Parameter:
    """Return marks that the reader clicked on; all of them at first."""
    return alt.selection_point(name="chosen", fields=[field], empty=True)


def ages(count: int) -> list[str]:
    """Colours from old to new, each different; pages turn them about in the dark."""
    return [
        colours.AGES[round(i * (len(colours.AGES) - 1) / max(1, count - 1))][0]
        for i in range(count)
    ]


def interval(base: alt.Chart, y: alt.Y) -> list[alt.Chart]:
    """Return a line from ``lower`` to ``upper`` with its two ends, seen on dark bars too."""
    halo = base.mark_rule(strokeWidth=3.5, color=PAPER).encode(
        y=y, x=alt.X("lower:Q"), x2=alt.X2("upper:Q")
    )
    line = base.mark_rule(strokeWidth=1.5, color=INK).encode(
        y=y, x=alt.X("lower:Q"), x2=alt.X2("upper:Q")
    )
    ends = [
        base.mark_tick(thickness=1.5, size=7, color=INK).encode(y=y, x=alt.X(f"{end}:Q"))
        for end in ("lower", "upper")
    ]
    return [halo, line, *ends]


def bars(
    rows: Data, *, width: int, title: str, kind: str, segments: Sequence[str], has_interval: bool
) -> alt.TopLevelMixin:
    """Horizontal bars with their name above, their interval as a line and their value beside it."""
    base = alt.Chart(inline(rows))
    domain = [0, max((row["end"] for row in rows if row["end"] is not None), default=1) * 1.16]
    low = min((row["start"] for row in rows if row["start"] is not None), default=0)
    if low < 0:
        domain[0] = low * 1.1
    if domain[1] <= domain[0]:
        domain[1] = 1
    y = alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.42))
    x = alt.X(
        "value:Q",
        title=title,
        scale=alt.Scale(domain=domain, nice=False),
        axis=value_axis(kind, tickCount=5 if width > 400 else 4),
    )
    pick = chosen("segment_id")
    layers: list[Any] = [
        base.mark_bar(cornerRadiusEnd=2)
        .encode(
            y=y,
            x=x,
            color=segment_colour(segments),
            tooltip=tooltips(rows),
            opacity=faded(pick),
        )
        .add_params(pick)
    ]
    if has_interval:
        layers += interval(base, y)
    layers += [
        base.mark_text(align="left", dx=7).encode(y=y, x=alt.X("end:Q"), text=alt.Text("shown:N")),
        base.mark_text(align="left", baseline="bottom", dy=-10, color=QUIET).encode(
            y=y, x=alt.value(0), text=alt.Text("label:N")
        ),
    ]
    return alt.layer(*layers).properties(width=width - 20, height=max(60, 46 * len(rows)))


LINES_HEIGHT = 250
FACET_HEIGHT = 170
LAST_LABEL = 46
DATE_LABEL_WIDTH = 70


def spaced(dates: set[dt.date], width: int) -> list[dt.date]:
    """Dates that have room for their label on an axis, the last one first of all."""
    span = (max(dates) - min(dates)).days or 1
    kept: list[dt.date] = []
    for date in sorted(dates, reverse=True):
        if not kept or (kept[-1] - date).days * width / span >= DATE_LABEL_WIDTH:
            kept.append(date)
    return sorted(kept)


def apart(ends: Data, rows: Data, y_zero: bool) -> Data:
    """Labels at the ends of lines, moved up where one would lie on another."""
    values = [
        float(row[name])
        for row in rows
        for name in ("y", "lower", "upper")
        if row.get(name) is not None
    ]
    low = min([*values, 0] if y_zero else values)
    gap = 14 * (max(values) - low) / LINES_HEIGHT
    placed: Data = []
    for row in sorted(ends, key=lambda row: (row["y"], row["segment_id"])):
        below = [other["y"] for other in placed if other["x"] == row["x"]]
        y = max([row["y"], *(y + gap for y in below)])
        placed.append({**{k: row[k] for k in ("x", "label", "segment_id")}, "y": y})
    return placed


def spread(ends: Data, rows: Data, reach: float) -> None:
    """Give the ends of lines in one facet a ``label_y`` at which no label lies on another."""
    values = [float(row["y"]) for row in rows]
    gap = 14 * (max(values) - min([*values, 0]) or 1) / FACET_HEIGHT
    placed: list[tuple[float, float]] = []
    for row in sorted(ends, key=lambda row: (row["y"], row["x"])):
        y = float(row["y"])
        for x, other in sorted(placed, key=lambda pair: pair[1]):
            if abs(x - row["x"]) < reach and abs(other - y) < gap * 0.999:
                y = other + gap
        placed.append((row["x"], y))
        row["label_y"] = y


def lines(
    rows: Data,
    *,
    width: int,
    title: str,
    x_title: str,
    kind: str,
    colour: alt.Color,
    is_date: bool,
    has_interval: bool,
    series: str,
    facet: bool = False,
    marks: bool = True,
    y_zero: bool = True,
    shared: bool = False,
    rule: float | None = None,
    facets: int = 1,
    labelled_facets: bool = False,
) -> alt.TopLevelMixin:
    """Lines with their band; in small multiples where ``facet``.

    ``labelled_facets`` writes each line's name at its end, at ``label_y``, within its facet.
    """
    x_field = "x:T" if is_date else "x:Q"
    x = alt.X(
        x_field,
        title=x_title,
        axis=alt.Axis(
            grid=False,
            format="%b %Y" if is_date else ",.0f",
            tickMinStep=1,
            labelPadding=12,
            values=spaced({row["x"] for row in rows}, width - 96) if is_date else None,
        )
        if is_date
        else alt.Axis(grid=False, format=",.0f", tickMinStep=1, labelPadding=12),
        scale=alt.Scale(padding=8, type="utc")
        if is_date
        else alt.Scale(zero=False, nice=False, padding=8),
    )
    y = alt.Y(
        "y:Q",
        title=None if facet and not shared else title,
        axis=value_axis(kind, tickCount=4),
        scale=alt.Scale(zero=y_zero),
    )
    pick = chosen(series)
    base = alt.Chart()
    layers: list[Any] = []
    if has_interval:
        layers.append(
            base.mark_area(opacity=0.14 if not labelled_facets else 0.05).encode(
                x=x, y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q"), color=colour
            )
        )
    layers.append(
        base.mark_line(point={"size": 36, "filled": True} if marks else False)
        .encode(x=x, y=y, color=colour, opacity=faded(pick, 1, 0.2), tooltip=tooltips(rows))
        .add_params(pick)
    )
    ends = [row for row in rows if row.get("is_last")]
    if ends and not facet:
        layers.append(
            alt.Chart(inline(apart(ends, rows, y_zero)))
            .mark_text(align="left", dx=7, fontWeight="bold")
            .encode(x=x, y=y, text=alt.Text("label:N"), color=colour)
        )
    if labelled_facets:
        named = base.transform_filter("datum.is_last").encode(
            x=x, y=alt.Y("label_y:Q"), text=alt.Text("label:N")
        )
        layers += [
            named.mark_text(align="left", dx=4, fontSize=10, stroke=PAPER, strokeWidth=3),
            named.mark_text(align="left", dx=4, fontSize=10).encode(color=colour),
        ]
    if rule is not None:
        layers.append(
            alt.Chart(inline([{"x": rule}]))
            .mark_rule(strokeDash=[4, 3], color=QUIET)
            .encode(x=alt.X("x:Q"))
            if not facet
            else base.transform_filter("datum.is_chosen")
            .mark_rule(strokeDash=[4, 3], color=QUIET)
            .encode(x=x)
        )
    layered = alt.layer(*layers, data=inline(rows))
    if not facet:
        return layered.properties(width=width - 96, height=LINES_HEIGHT)
    columns = max(1, min(width // 260, facets))
    room = LAST_LABEL if labelled_facets else 0
    # A shared axis stands once in a row, one for each facet stands in each.
    inner = (
        (width - 56 - columns * room - (columns - 1) * 26) // columns
        if shared
        else (width - (columns - 1) * 26) // columns - 52
    )
    faceted: alt.TopLevelMixin = (
        layered.properties(width=inner, height=FACET_HEIGHT if labelled_facets else 110)
        .facet(
            facet=alt.Facet("series:N", title=None, sort=None),
            columns=columns,
            spacing={"row": 26, "column": 26 + room},
        )
        .resolve_scale(
            y="shared" if shared else "independent", x="shared" if shared else "independent"
        )
    )
    return faceted


LABEL_HEIGHT = 15
LABEL_WIDTH = 27


def padded(low: float, high: float, pixels: float, reach: float) -> tuple[float, float]:
    """Return a range that is ``reach`` pixels wider than the values at either end."""
    spread = (high - low) or abs(high) or 1.0
    each = spread / max(pixels - 2 * reach, 1)
    return low - reach * each, high + reach * each


def labelled(rows: Data, width: float, height: float) -> Data:
    """Give each bubble a label where it lies on no bubble, label or edge, near its own bubble.

    ``rows`` have the bubble's middle in pixels (``px``, ``py``) and its ``radius``; they get
    the label's middle as ``label_px`` and ``label_py``.
    """
    half_width, half_height = LABEL_WIDTH / 2, LABEL_HEIGHT / 2
    placed: list[tuple[float, float]] = []

    def overlap(x: float, y: float) -> float:
        out = max(0.0, half_width - x, x + half_width - width)
        out += max(0.0, half_height - y, y + half_height - height)
        for other in rows:
            aside = max(abs(x - other["px"]) - half_width, 0)
            above = max(abs(y - other["py"]) - half_height, 0)
            out += max(0.0, other["radius"] + 1 - math.hypot(aside, above))
        for left, top in placed:
            out += max(0.0, LABEL_WIDTH - abs(x - left)) * max(0.0, LABEL_HEIGHT - abs(y - top))
        return out

    done = []
    for row in rows:
        choices: list[tuple[float, int, float, float]] = []
        for step in (0, 6, 14, 24):
            far = row["radius"] + step
            for right, down in (
                (0, -1), (0, 1), (0.71, -0.71), (-0.71, -0.71), (0.71, 0.71), (-0.71, 0.71),
                (1, 0), (-1, 0),
            ):  # fmt: skip
                x = row["px"] + right * (far + half_width + 2)
                y = row["py"] + down * (far + half_height + 2)
                choices.append((round(overlap(x, y), 3), len(choices), x, y))
        _, _, x, y = min(choices)
        placed.append((x, y))
        done.append({**row, "label_px": x, "label_py": y})
    return done


def bubbles(
    rows: Data,
    *,
    width: int,
    x_title: str,
    y_title: str,
    x_kind: str,
    y_kind: str,
    segments: Sequence[str],
    height: int,
) -> alt.TopLevelMixin:
    """Risk against value; the area is the number of customers.

    Axes reach a bubble's radius further than the bubbles, so that none leaves the plot.
    """
    across, up = width - 66, height
    largest = max((row["size"] for row in rows), default=1)
    reach = max((row["radius"] for row in rows), default=0) + LABEL_HEIGHT
    ends = [
        float(row[name])
        for row in rows
        for name in ("x", "lower", "upper")
        if row.get(name) is not None
    ]
    x_low, x_high = padded(min([0.0, *ends]), max(ends), across, reach)
    y_low, y_high = padded(min(row["y"] for row in rows), max(row["y"] for row in rows), up, reach)
    x = alt.X(
        "x:Q",
        title=x_title,
        axis=value_axis(x_kind, values=ticks(min([0.0, *ends]), x_high), grid=False),
        scale=alt.Scale(domain=[x_low, x_high], nice=False),
    )
    lowest = y_low if min(row["y"] for row in rows) < 0 else max(0.0, y_low)
    y = alt.Y(
        "y:Q",
        title=None,
        axis=value_axis(y_kind, values=ticks(lowest, y_high)),
        scale=alt.Scale(domain=[y_low, y_high], nice=False),
    )
    lifted = labelled(
        [
            {
                **row,
                "px": (row["x"] - x_low) / (x_high - x_low) * across,
                "py": (y_high - row["y"]) / (y_high - y_low) * up,
            }
            for row in sorted(rows, key=lambda row: (row["x"], row["segment_id"]))
        ],
        across,
        up,
    )
    for row in lifted:
        row["label_x"] = x_low + row.pop("label_px") / across * (x_high - x_low)
        row["label_y"] = y_high - row.pop("label_py") / up * (y_high - y_low)
        del row["px"], row["py"]
    rows = sorted(lifted, key=lambda row: (-row["size"], row["segment_id"]))
    pick = chosen("segment_id")
    base = alt.Chart(inline(rows))
    layers: list[Any] = []
    if any(row.get("lower") is not None for row in rows):
        layers.append(
            base.mark_rule(strokeWidth=1.5, opacity=0.55).encode(
                y=y, x=alt.X("lower:Q"), x2=alt.X2("upper:Q"), color=segment_colour(segments)
            )
        )
    layers += [
        base.mark_circle(stroke=PAPER, strokeWidth=1.5)
        .encode(
            x=x,
            y=y,
            size=alt.Size(
                "size:Q", scale=alt.Scale(domain=[0, largest], range=[0, 1700]), legend=None
            ),
            color=segment_colour(segments),
            tooltip=tooltips(rows),
            opacity=faded(pick, 0.92, 0.25),
        )
        .add_params(pick),
        base.mark_text(fontWeight="bold", baseline="middle").encode(
            x=alt.X("label_x:Q"), y=alt.Y("label_y:Q"), text=alt.Text("segment_id:N")
        ),
    ]
    return alt.layer(*layers).properties(
        width=width - 66,
        height=height,
        title=alt.TitleParams(
            y_title, anchor="start", fontSize=12, fontWeight="normal", color=QUIET, frame="group"
        ),
    )


def parted(centres: Data, rows: Data, width: float, height: float) -> Data:
    """Move labels up from those that they would lie on."""
    across, up = (
        (max(row[axis] for row in rows) - min(row[axis] for row in rows) or 1) / pixels
        for axis, pixels in (("x", width), ("y", height))
    )
    placed: Data = []
    for row in sorted(centres, key=lambda row: (row["y"], row["segment_id"])):
        y = row["y"]
        for other in sorted(placed, key=lambda other: other["y"]):
            if abs(other["x"] - row["x"]) < 38 * across and abs(other["y"] - y) < 19.9 * up:
                y = other["y"] + 20 * up
        placed.append({**row, "y": y})
    return placed


def scatter(
    rows: Data,
    *,
    width: int,
    x_title: str,
    y_title: str,
    segments: Sequence[str],
    centres: Data,
) -> alt.TopLevelMixin:
    """Points by segment, with the segment's id at the middle of its points."""
    pick = chosen("segment_id")
    centres = parted(centres, rows, width - 60, min(width - 80, 440))
    x = alt.X(
        "x:Q", title=x_title, axis=alt.Axis(tickCount=5), scale=alt.Scale(nice=False, padding=6)
    )
    y = alt.Y(
        "y:Q", title=y_title, axis=alt.Axis(tickCount=5), scale=alt.Scale(nice=False, padding=6)
    )
    points = (
        alt.Chart(inline(rows))
        .mark_circle(size=14)
        .encode(x=x, y=y, color=segment_colour(segments), opacity=faded(pick, 0.55, 0.06))
        .add_params(pick)
    )
    halo = (
        alt.Chart(inline(centres))
        .mark_text(fontSize=15, fontWeight="bold", stroke=PAPER, strokeWidth=4)
        .encode(x=x, y=y, text=alt.Text("segment_id:N"))
    )
    names = (
        alt.Chart(inline(centres))
        .mark_text(fontSize=15, fontWeight="bold")
        .encode(x=x, y=y, text=alt.Text("segment_id:N"))
    )
    return alt.layer(points, halo, names).properties(width=width - 60, height=min(width - 80, 440))


def heat(
    rows: Data,
    *,
    width: int,
    row_order: Sequence[str],
    column_order: Sequence[str],
    diverging: bool,
    limit: float,
    legend: str,
    left: int,
    column_title: str | None = None,
    row_title: str | None = None,
    cell: int = 28,
    legend_format: str = "+.1f",
    centre: float = 0.0,
) -> alt.TopLevelMixin:
    """Return a matrix of cells that are coloured and carry their value as text.

    A diverging scale reaches ``limit`` on both sides of ``centre``, though not below zero where
    the centre is above it.
    """
    low, high = centre - limit, centre + limit
    if centre > 0:
        low = max(0.0, low)
    points = [low, (low + centre) / 2, centre, (centre + high) / 2, high]
    base = alt.Chart(inline(rows))
    room = (width - left - 20) / max(1, len(column_order))
    # Cells that are too narrow for their text get a shorter one, or none: the table has it.
    fits = next(
        (
            (field, size)
            for field, size in (("shown", 12), ("brief", 12), ("brief", 10))
            if max((len(row[field]) for row in rows), default=0) * 0.56 * size <= room - 3
        ),
        None,
    )
    slanted = max((len(name) for name in column_order), default=0) * 7 > room
    # Long names stand on two lines where there is little room.
    folded = {
        name: lines
        for name in row_order
        if len(lines := textwrap.wrap(shortened(name, 36), 18)[:2]) > 1 and width < 400
    }
    wrapped: dict[str, Any] = {}
    if folded:
        table = json.dumps(folded)
        wrapped = {
            "labelExpr": f"{table}[datum.value] || datum.label",
            "labelOffset": {
                "condition": {"test": f"isArray({table}[datum.value])", "value": -6},
                "value": 0,
            },
        }
    y = alt.Y(
        "row:N",
        sort=list(row_order),
        title=None,
        axis=alt.Axis(
            **wrapped,
            labelLimit=left if width > 400 else 160,
            labelColor=INK,
            orient="left",
            labelFontSize=12 if width > 400 else 11,
        ),
    )
    x = alt.X(
        "column:N",
        sort=list(column_order),
        title=column_title,
        axis=alt.Axis(
            orient="top",
            labelAngle=-45 if slanted else 0,
            labelColor=INK,
            labelFontSize=12 if width > 400 else 11,
            labelLimit=120 if slanted else 400,
            labelOverlap=False,
        ),
    )
    scale = (
        alt.Scale(
            domain=points,
            range=list(colours.DIVERGING),
            interpolate="rgb",
            clamp=True,
        )
        if diverging
        else alt.Scale(
            domain=[limit * i / 4 for i in range(5)],
            range=list(colours.SEQUENTIAL),
            interpolate="rgb",
            clamp=True,
        )
    )
    rect = base.mark_rect(cornerRadius=2, stroke=PAPER, strokeWidth=1.5).encode(
        x=x,
        y=y,
        color=alt.Color(
            "value:Q",
            scale=scale,
            legend=alt.Legend(
                title=legend,
                orient="bottom",
                direction="horizontal",
                gradientLength=min(200, width - 140),
                gradientThickness=8,
                format=legend_format,
                values=[low, centre, high] if diverging else [0, limit / 2, limit],
            ),
        ),
        tooltip=tooltips(rows),
    )
    layers: list[Any] = [rect]
    if fits is not None:
        field, size = fits
        layers.append(
            base.mark_text(fontSize=size, color=colours.ON_SCALE).encode(
                x=x, y=y, text=alt.Text(f"{field}:N")
            )
        )
    return alt.layer(*layers).properties(
        width=width - left - 16, height=cell * max(1, len(row_order))
    )


def stacks(
    rows: Data,
    *,
    width: int,
    title: str,
    kind: str,
    parts: Sequence[str],
    rows_count: int,
    has_interval: bool = False,
    has_ceiling: bool = False,
) -> alt.TopLevelMixin:
    """Horizontal bars made of parts, with the name above and the total beside.

    The total may have an interval, drawn as a line, and a ceiling, drawn as a thick mark.
    """
    scale = alt.Scale(domain=list(parts), range=SERIES[: len(parts)])
    y = alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.42))
    base = alt.Chart(inline([row for row in rows if row["part"] is not None]))
    totals = alt.Chart(inline([row for row in rows if row["part"] is None]))
    top = max((row["end"] for row in rows if row["part"] is None), default=1) * 1.18 or 1
    pick = chosen("part")
    bar = (
        base.mark_bar(stroke=PAPER, strokeWidth=1)
        .encode(
            y=y,
            x=alt.X(
                "sum(value):Q",
                title=title,
                scale=alt.Scale(domain=[0, top], nice=False),
                axis=value_axis(kind, tickCount=5 if width > 400 else 4),
            ),
            color=alt.Color(
                "part:N",
                scale=scale,
                legend=alt.Legend(orient="top", title=None, columns=3 if width > 400 else 2),
            ),
            order=alt.Order("part_order:O"),
            tooltip=tooltips(rows),
            opacity=faded(pick, 1, 0.25),
        )
        .add_params(pick)
    )
    total = totals.mark_text(align="left", dx=7).encode(
        y=y, x=alt.X("end:Q"), text=alt.Text("shown:N")
    )
    layers: list[Any] = [bar]
    if has_interval:
        layers += interval(totals, y)
    if has_ceiling:
        layers.append(
            totals.mark_tick(thickness=3, size=22, color=INK).encode(y=y, x=alt.X("ceiling:Q"))
        )
    name = totals.mark_text(align="left", baseline="bottom", dy=-10, color=QUIET).encode(
        y=y, x=alt.value(0), text=alt.Text("label:N")
    )
    return alt.layer(*layers, total, name).properties(
        width=width - 20, height=max(60, 46 * rows_count)
    )


FLOWS_HEIGHT = 340


def flows(
    rows: Data,
    *,
    width: int,
    segments: Sequence[str],
    dates: Sequence[str],
    date_labels: Sequence[str],
    names: Mapping[str, str],
) -> alt.TopLevelMixin:
    """Draw who moved between segments, date by date, as bands as wide as they are many.

    ``rows`` have ``step`` (0 for the first pair of dates), ``from``, ``to``, ``count`` and
    tooltip fields. ``names`` are those of ids that always show, as words instead of the id.
    """
    order = {segment: position for position, segment in enumerate(segments)}
    gap = 0.02 * sum(row["count"] for row in rows if row["step"] == 0) or 1
    bands: Data = []
    nodes: Data = []
    for step in range(len(dates)):
        leaving = [row for row in rows if row["step"] == step]
        arriving = [row for row in rows if row["step"] == step - 1]
        position = 0.0
        for segment in segments:
            out = sum(row["count"] for row in leaving if row["from"] == segment)
            came = sum(row["count"] for row in arriving if row["to"] == segment)
            size = max(out, came)
            nodes.append(
                {
                    "step": step,
                    "segment_id": segment,
                    "low": position,
                    "high": position + size,
                    "middle": position + size / 2,
                }
            )
            position += size + gap
    low = {(node["step"], node["segment_id"]): node["low"] for node in nodes}
    used_out: dict[tuple[int, str], float] = {}
    used_in: dict[tuple[int, str], float] = {}
    ordered = sorted(rows, key=lambda row: (row["step"], order[row["from"]], order[row["to"]]))
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for number, row in enumerate(ordered):
        key = (row["step"], row["from"])
        starts[number] = low[key] + used_out.get(key, 0.0)
        used_out[key] = used_out.get(key, 0.0) + row["count"]
    for number, row in sorted(
        enumerate(ordered),
        key=lambda pair: (pair[1]["step"], order[pair[1]["to"]], order[pair[1]["from"]]),
    ):
        key = (row["step"] + 1, row["to"])
        ends[number] = low[key] + used_in.get(key, 0.0)
        used_in[key] = used_in.get(key, 0.0) + row["count"]
    for number, row in enumerate(ordered):
        tips = {name: value for name, value in row.items() if name.startswith("Tip ")}
        for point in range(13):
            share = point / 12
            bend = share * share * (3 - 2 * share)
            start = starts[number] + (ends[number] - starts[number]) * bend
            bands.append(
                {
                    "band": number,
                    "x": round(row["step"] + 0.03 + 0.94 * share, 4),
                    "low": round(start, 2),
                    "high": round(start + row["count"], 2),
                    "segment_id": row["from"],
                    # A band's tooltip is that of its first point.
                    **(tips if point == 0 else {}),
                }
            )
    x = alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[-0.02, max(len(dates) - 1, 1) + 0.02], nice=False),
        axis=alt.Axis(
            orient="top",
            grid=False,
            values=list(range(len(dates))),
            labelExpr=f"{json.dumps(list(date_labels))}[datum.value]",
            labelOverlap=False,
            labelFlush=True,
            labelColor=INK,
        ),
    )
    top = max((node["high"] for node in nodes), default=1)
    y = alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[top, 0], nice=False))
    pick = chosen("segment_id")
    flow = (
        alt.Chart(inline(bands))
        .mark_area()
        .encode(
            x=x,
            y=y,
            y2=alt.Y2("high:Q"),
            detail=alt.Detail("band:N"),
            color=segment_colour(segments),
            opacity=faded(pick, 0.45, 0.08),
            tooltip=tooltips(bands),
        )
        .add_params(pick)
    )
    node_x = alt.X(
        "step:Q", scale=alt.Scale(domain=[-0.02, max(len(dates) - 1, 1) + 0.02], nice=False)
    )
    shown = [node for node in nodes if node["high"] > node["low"]]
    block = (
        alt.Chart(inline(shown))
        .mark_rule(strokeWidth=5)
        .encode(x=node_x, y=y, y2=alt.Y2("high:Q"), color=segment_colour(segments))
    )
    named: Data = []
    for step, side in ((0, "left"), (len(dates) - 1, "right")):
        lowest = -math.inf
        for node in [node for node in shown if node["step"] == step]:
            is_known = node["segment_id"] in names
            if node["high"] - node["low"] <= top / 30 and not is_known:
                continue
            middle = max(node["middle"], lowest + 14 * top / FLOWS_HEIGHT)
            lowest = middle
            text = names.get(node["segment_id"], node["segment_id"])
            named.append({"step": step, "side": side, "middle": middle, "text": text})
    sides = {
        side: alt.Chart(inline([row for row in named if row["side"] == side])).encode(
            x=alt.X("step:Q"), y=alt.Y("middle:Q"), text=alt.Text("text:N")
        )
        for side in ("left", "right")
    }
    labels = [
        sides["left"].mark_text(fontWeight="bold", align="right", dx=-7),
        sides["right"].mark_text(fontWeight="bold", align="left", dx=7),
    ]
    room = {
        side: max((len(row["text"]) for row in named if row["side"] == side), default=0) * 7.4 + 10
        for side in ("left", "right")
    }
    return alt.layer(flow, block, *labels).properties(
        width=width - room["left"] - room["right"], height=FLOWS_HEIGHT
    )


def specification(build: Callable[[int], alt.TopLevelMixin], width: int) -> dict[str, Any]:
    """Return a chart as a Vega-Lite specification without names that depend on what came before."""
    with alt.utils.schemapi.debug_mode(False):
        made: dict[str, Any] = build(width).to_dict(
            validate=False, context={"pre_transform": False}
        )
    made["config"] = CONFIG
    text = json.dumps(made)
    names = dict.fromkeys(re.findall(r'"(view_\d+)"', text))
    for number, name in enumerate(names):
        text = text.replace(f'"{name}"', f'"v{number}"')
    spec: dict[str, Any] = json.loads(text)
    used = dict.fromkeys(re.findall(r'"(rows-[0-9a-f]{8})"', text))
    spec["datasets"] = {name: _ROWS[name] for name in used}
    return spec


def locale(formatter: Formatter) -> dict[str, Any]:
    """Return number marks of the reader's locale for Vega's axes."""
    sample = formatter.number(1234567.5, 1)
    decimal, thousands = sample[-2], sample[1] if not sample[1].isdigit() else ","
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}


def time_locale(formatter: Formatter) -> dict[str, Any]:
    """Return the reader's names of months and days for Vega's axes, as the text writes them."""
    months = [dt.date(2024, month, 1) for month in range(1, 13)]
    days = [dt.date(2024, 9, day) for day in range(1, 8)]  # from a Sunday
    return {
        "dateTime": "%x %X",
        "date": "%d %b %Y",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": [formatter.date(day, "EEEE") for day in days],
        "shortDays": [formatter.date(day, "EEE") for day in days],
        "months": [formatter.date(month, "LLLL") for month in months],
        "shortMonths": [formatter.date(month, "MMM") for month in months],
    }


def svg(
    spec: dict[str, Any], *, name: str, title: str, description: str, formatter: Formatter
) -> str:
    """Draw a specification as an SVG that stands on its own in a page.

    Parameters
    ----------
    spec : dict
        A Vega-Lite specification.
    name : str
        Unique in the page; ids inside the drawing begin with it.
    title, description : str
        What a reader who can't see the drawing hears.
    formatter : Formatter
        Gives the locale of numbers on axes.
    """
    drawn: str = vl_convert.vegalite_to_svg(
        spec, format_locale=locale(formatter), time_format_locale=time_locale(formatter)
    )
    drawn = re.sub(r' (?:role|aria-[a-z]+|font-family)="[^"]*"', "", drawn)
    # vl-convert counts its ids on from chart to chart; here they start anew in each.
    for number, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', drawn))):
        drawn = drawn.replace(f'id="{old}"', f'id="{name}-{number}"')
        drawn = drawn.replace(f"url(#{old})", f"url(#{name}-{number})")
    size = re.search(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"[^>]*>', drawn)
    if size is None:
        raise ValueError(f"vl-convert drew no SVG for {name}")
    from customer_segmentation.reporting.text import html_text

    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[1]} {size[2]}" '
        f'width="{size[1]}" height="{size[2]}" role="img" font-size="12px" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{html_text(title)}</title>'
        f'<desc id="{name}-desc">{html_text(description)}</desc>'
    )
    # Coordinates to a tenth of a pixel; the text between the tags stays as it is.
    body = re.sub(
        r"<[^>]+>",
        lambda tag: re.sub(r"(\d\.\d)\d+", r"\1", tag[0]),
        drawn[size.end() :].replace("\n", ""),
    )
    return opening + colours.as_variables(_smaller(body))


_EMPTY = re.compile(
    r'<path class="foreground" d="[^"]*"[^>]*display="none"[^>]*/>'
    r'|<path class="background" d="[^"]*"(?: pointer-events="none")?/>'
)
_NOISE = re.compile(
    r' (?:class="[^"]*"|pointer-events="none"|opacity="1"|font-size="12px"|stroke-opacity="0")'
)
_DOT = re.compile(
    r'<path transform="translate\(([\d.-]+),([\d.-]+)\)" d="M([\d.]+),0A\3,\3,[^"]*"'
    r'( fill="[^"]*")?([^>]*?)(?:/>|></path>)'
)


def _smaller(body: str) -> str:
    """Save bytes: no invisible marks, and runs of equal dots as one path."""
    # What draws figures stays known from axes, grids and legends.
    body = re.sub(r'class="mark-(\w+) role-mark[^"]*"', r'data-mark="\1"', body)
    body = _NOISE.sub("", _EMPTY.sub("", body))
    body = re.sub(r"(<g>)(</g>)", "", body)
    if len(_DOT.findall(body)) < 200:
        return _DOT.sub(r'<circle cx="\1" cy="\2" r="\3"\4\5/>', body)
    runs: dict[tuple[str, str], list[str]] = {}
    first = _DOT.search(body)
    for dot in _DOT.finditer(body):
        colour = (dot[4] or "").removeprefix(' fill="').removesuffix('"')
        runs.setdefault((colour, dot[3]), []).append(f"M{dot[1]} {dot[2]}h0")
    paths = "".join(
        f'<path d="{"".join(points)}" fill="none" stroke="{colour}" stroke-linecap="round" '
        f'stroke-width="{2 * float(radius):.2f}" stroke-opacity="0.6"/>'
        for (colour, radius), points in runs.items()
    )
    assert first is not None
    return _DOT.sub("", body[: first.start()]) + paths + _DOT.sub("", body[first.start() :])


Builder = Callable[[int], alt.TopLevelMixin]
