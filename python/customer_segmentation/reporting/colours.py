"""One colour per segment everywhere, told apart by colour-blind readers, in light and dark.

Colours were searched for with three conditions: a contrast of at least 3 to 1 on the page; a
distance in CIELAB of at least 12 between any two (16 among the first six) as protanopes,
deuteranopes and tritanopes see them by the model of Machado, Oliveira and Fernandes (2009),
doi:10.1109/TVCG.2009.113; and one of at least 18 (34) as everyone else sees them. A test holds
them. No chart relies on colour alone: each mark is labelled with its segment's id.
"""

from __future__ import annotations

import re
import zlib

#: Light and dark colour of each place in the palette.
SEGMENTS = (
    ("#0077bb", "#4499ff"),
    ("#cc7755", "#ddaa77"),
    ("#998800", "#ccdd66"),
    ("#006600", "#88eebb"),
    ("#995588", "#ffccff"),
    ("#cc0055", "#dd6677"),
    ("#553322", "#cc8833"),
    ("#113399", "#bbaaee"),
    ("#770044", "#bb77aa"),
    ("#771177", "#ff99cc"),
    ("#779988", "#00aa88"),
    ("#8877ee", "#aa77cc"),
)

#: Colours of charts that stand for no segment: name, light, dark.
ROLES = {
    "ink": ("#1d2430", "#e7eaf0"),
    "quiet": ("#586071", "#a5adbb"),
    "rule": ("#d9dde4", "#39404d"),
    "grid": ("#e8ebef", "#2c323d"),
    "paper": ("#fffffe", "#14171d"),
    "band": ("#c9d3df", "#465264"),
    "accent": ("#22557a", "#8fc1e6"),
    "unsegmented": ("#8d94a1", "#7d8593"),
    "series1": ("#22557b", "#8fc1e7"),
    "series2": ("#b4631a", "#eda765"),
    "series3": ("#4c7a3f", "#9acb8b"),
    "series4": ("#7c5295", "#c7a3dd"),
    "series5": ("#8b7a2e", "#d5c57b"),
    "series6": ("#6b7280", "#b3bac6"),
}

#: Eleven steps from old to new, each told from the next by its lightness, in light and dark.
AGES = (
    ("#b5a642", "#5c6b2e"),
    ("#92a03f", "#4f7338"),
    ("#6d9946", "#417b49"),
    ("#479153", "#37835f"),
    ("#258763", "#378a78"),
    ("#1c7b73", "#439191"),
    ("#286d80", "#5a9aab"),
    ("#365e86", "#77a5c3"),
    ("#404c84", "#97b1d6"),
    ("#45387a", "#b8bfe6"),
    ("#452269", "#d9cff2"),
)

#: Ends and middle of the scale of differences; dark text is readable on all of it.
DIVERGING = ("#5b9bd0", "#aacdea", "#f4f5f7", "#f7c08e", "#e68a3e")
#: From nothing to much; dark text is readable on all of it.
SEQUENTIAL = ("#f4f7fa", "#d5e4f1", "#accce5", "#7fb0d8", "#5a97c8")
#: Text on the two scales, the same in light and dark.
ON_SCALE = "#101828"


def place(segment_id: str) -> int:
    """Return the segment's place in the palette; it follows from the id alone.

    Ids are numbered and never used again, so a segment keeps its colour when another one is
    retired.
    """
    found = re.fullmatch(r"[A-Za-z_-]*0*([1-9][0-9]{0,5})", str(segment_id))
    number = int(found[1]) - 1 if found else zlib.crc32(str(segment_id).encode())
    return number % len(SEGMENTS)


#: Stands in marts for customers of no segment; it has a grey of its own.
UNSEGMENTED = "none"


def light(segment_id: str) -> str:
    """Return the segment's colour on a light page."""
    if segment_id == UNSEGMENTED:
        return ROLES["unsegmented"][0]
    return SEGMENTS[place(segment_id)][0]


def properties() -> list[tuple[str, str, str]]:
    """Each colour as a custom property: its name, light and dark value."""
    named = [(f"--{name}", *pair) for name, pair in ROLES.items()]
    named += [(f"--age-{i}", *pair) for i, pair in enumerate(AGES)]
    return [*named, *((f"--segment-{i}", *pair) for i, pair in enumerate(SEGMENTS))]


def as_variables(svg: str) -> str:
    """Replace the palette's colours in an SVG by custom properties, so that it follows the page."""
    table = {value: f"var({name})" for name, value, _ in properties()}
    return re.sub(r"#[0-9a-f]{6}\b", lambda found: table.get(found[0], found[0]), svg)
