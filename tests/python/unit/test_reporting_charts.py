"""Drawings are true, repeatable and readable without sight."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from typing import Any

import altair as alt
import pytest
import vl_convert

from customer_segmentation.reporting import charts
from customer_segmentation.reporting.formats import Formatter

ROWS = [
    {"row": "Income", "column": "S01", "value": -1.174, "shown": "\u22121.17", "Tip Value": "x"},
    {"row": "Income", "column": "S02", "value": 0.256, "shown": "+0.26", "Tip Value": "y"},
]


def heat(width: int) -> alt.TopLevelMixin:
    return charts.heat(
        ROWS,
        width=width,
        row_order=["Income"],
        column_order=["S01", "S02"],
        diverging=True,
        limit=2,
        legend="z",
        left=80,
    )


def drawn(**options: Any) -> str:
    return charts.svg(
        charts.specification(heat, 400),
        name=options.get("name", "c1"),
        title="A & B",
        description="<b>",
        formatter=Formatter(),
    )


def test_figures_in_the_drawing_are_whole() -> None:
    assert re.findall(r">([\u2212+]\d\.\d\d)<", drawn()) == ["\u22121.17", "+0.26"]


def test_same_bytes_again_in_the_same_process() -> None:
    assert drawn() == drawn()
    assert charts.specification(heat, 400) == charts.specification(heat, 400)


def test_ids_are_the_charts_own() -> None:
    one, other = drawn(name="c1"), drawn(name="c2")
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, other)]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) <= ids[0]


def test_title_and_description_are_text() -> None:
    assert '<title id="c1-title">A &amp; B</title><desc id="c1-desc">&lt;b&gt;</desc>' in drawn()


def test_specification_holds_no_odd_field_names() -> None:
    text = str(charts.specification(heat, 400))
    assert "Tip Value" not in text
    assert "tip0" in text


@pytest.mark.parametrize(
    ("text", "limit", "expected"), [("short", 9, "short"), ("a long name", 7, "a long\u2026")]
)
def test_shortened(text: str, limit: int, expected: str) -> None:
    assert charts.shortened(text, limit) == expected


def test_marks_stay_known_from_axes() -> None:
    assert re.findall(r'data-mark="(\w+)"', drawn()) == ["rect", "text"]


def test_a_centre_above_zero_bounds_the_scale_at_zero() -> None:
    def lifts(width: int) -> alt.TopLevelMixin:
        return charts.heat(
            ROWS, width=width, row_order=["Income"], column_order=["S01", "S02"], diverging=True,
            limit=2, legend="z", left=80, centre=1,
        )  # fmt: skip

    spec = charts.specification(lifts, 400)
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0, 0.5, 1, 2, 3]


BUBBLES = [
    {"px": 40.0, "py": 60.0, "radius": 20.0, "segment_id": "S01"},
    {"px": 60.0, "py": 75.0, "radius": 18.0, "segment_id": "S02"},
    {"px": 75.0, "py": 60.0, "radius": 16.0, "segment_id": "S03"},
    {"px": 180.0, "py": 20.0, "radius": 19.0, "segment_id": "S04"},
]


def test_labels_lie_on_no_bubble_label_or_edge() -> None:
    rows = charts.labelled(BUBBLES, 220, 140)
    wide, high = charts.LABEL_WIDTH / 2, charts.LABEL_HEIGHT / 2
    for row in rows:
        x, y = row["label_px"], row["label_py"]
        assert wide <= x <= 220 - wide
        assert high <= y <= 140 - high
        for other in rows:
            aside = max(abs(x - other["px"]) - wide, 0)
            assert math.hypot(aside, max(abs(y - other["py"]) - high, 0)) >= other["radius"]
            if other is not row:
                assert (
                    abs(x - other["label_px"]) >= 2 * wide or abs(y - other["label_py"]) >= 2 * high
                )


def test_ranges_leave_room_for_a_radius() -> None:
    low, high = charts.padded(0, 10, 240, 20)
    assert (low, high) == pytest.approx((-1, 11))  # 200 pixels for 10, 20 pixels for 1
    assert charts.ticks(0, 11) == [0, 2, 4, 6, 8, 10] or charts.ticks(0, 11) == [0, 5, 10]


def labels(axis: alt.Axis) -> list[str]:
    """Texts of an axis from -2% to 2% as a browser would draw them."""
    chart = (
        alt.Chart(alt.InlineData(values=[{"x": 0}]))
        .mark_point()
        .encode(x=alt.X("x:Q", axis=axis, scale=alt.Scale(domain=[-0.02, 0.02])))
    )
    text = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    return re.findall(r"<text[^>]*>([^<]+)</text>", text)


def test_axes_of_percentage_points_say_so() -> None:
    found = labels(charts.value_axis("percentage_points", values=[-0.02, 0, 0.015], title=None))
    assert found == ["\u22122\u00a0pp", "0", "+1.5\u00a0pp"]


FLOWS = [
    {"step": 0, "from": "S01", "to": "S01", "count": 500},
    {"step": 0, "from": "none", "to": "S01", "count": 2},
]


def test_those_of_no_segment_are_grey_and_named() -> None:
    def build(width: int) -> alt.TopLevelMixin:
        return charts.flows(
            FLOWS, width=width, segments=["S01", "none"], dates=["a", "b"],
            date_labels=["a", "b"], names={"none": "Not segmented"},
        )  # fmt: skip

    drawing = charts.svg(
        charts.specification(build, 400), name="c", title="t", description="d",
        formatter=Formatter(),
    )  # fmt: skip
    assert ">Not segmented</text>" in drawing
    assert ">none<" not in drawing
    assert "var(--unsegmented)" in drawing
    assert "none" not in {f"S{number:02d}" for number in range(1, 13)}


def stack(**options: bool) -> dict[str, Any]:
    rows: charts.Data = [
        {"order": 0, "part": "Funds", "part_order": 0, "value": 0.05},
        {"order": 0, "part": None, "value": 0.05, "shown": "5%", "label": "S01", "end": 0.09,
         "lower": 0.04, "upper": 0.07, "ceiling": 0.09},
    ]  # fmt: skip
    return charts.specification(
        lambda width: charts.stacks(
            rows,
            width=width,
            title="Rate",
            kind="percent",
            parts=["Funds"],
            rows_count=1,
            **options,
        ),
        400,
    )


def test_stacks_draw_interval_and_ceiling_where_they_are() -> None:
    kinds = [layer["mark"]["type"] for layer in stack()["layer"]]
    assert kinds == ["bar", "text", "text"]
    both = stack(has_interval=True, has_ceiling=True)["layer"]
    assert [layer["mark"]["type"] for layer in both] == [
        "bar", "rule", "rule", "tick", "tick", "tick", "text", "text",
    ]  # fmt: skip
    assert both[5]["encoding"]["x"]["field"] == "ceiling"


def test_ordered_series_have_colours_of_their_own() -> None:
    assert len(set(charts.ages(11))) == 11


def test_ends_of_lines_have_room_for_their_names() -> None:
    ends = [{"x": 10, "y": 0.0}, {"x": 10, "y": 0.0}, {"x": 11, "y": 0.001}, {"x": 30, "y": 0.0}]
    charts.spread(ends, [{"y": 0.0}, {"y": 0.1}], reach=8)
    near = sorted(row["label_y"] for row in ends[:3])
    gap = 11 * 0.1 / charts.FACET_HEIGHT
    assert all(b - a >= gap for a, b in itertools.pairwise(near))
    assert ends[3]["label_y"] == 0


@pytest.mark.parametrize("name", ["en-GB", "de-DE"])
def test_charts_and_text_abbreviate_months_alike(name: str) -> None:
    formatter = Formatter(name)
    assert charts.time_locale(formatter)["shortMonths"] == [
        formatter(dt.date(2024, month, 1), "month").split()[0] for month in range(1, 13)
    ]
