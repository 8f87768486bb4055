"""Drawings are true, repeatable and readable without sight."""

from __future__ import annotations

import re
from typing import Any

import altair as alt
import pytest

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
