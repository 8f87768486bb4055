"""Escaping: one kind of text that is safe in Markdown, HTML and Svelte alike."""

from __future__ import annotations

import html
import string
import unicodedata
from typing import Any

from jinja2 import Undefined
from markupsafe import Markup

_REFERENCES = {ord(mark): f"&#{ord(mark)};" for mark in string.punctuation}
_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}


def cleaned(value: str) -> str:
    """Text without control characters and with single spaces.

    A control character becomes U+FFFD, so that a reader sees that something was there; line
    breaks and tabs become spaces.
    """
    kept = "".join(
        character
        if unicodedata.category(character) not in ("Cc", "Cs") or character in "\n\r\t"
        else "\ufffd"
        for character in value
    )
    return " ".join(kept.split())


def needs_isolation(value: str) -> bool:
    """Whether the text could change the direction of what stands around it."""
    return not value.isascii() and any(
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT or character in "\u200e\u200f\u061c"
        for character in value
    )


def safe_text(value: str) -> Markup:
    """Text in which every ASCII punctuation mark is a numeric character reference.

    The result shows as the text itself in Markdown, in HTML (elements and quoted attributes)
    and in Svelte markup; none of them finds anything to interpret in it.
    """
    escaped = cleaned(value).translate(_REFERENCES)
    return Markup(f"<bdi>{escaped}</bdi>" if needs_isolation(value) else escaped)


def html_text(value: str) -> str:
    """Text for an HTML element that no Markdown parser will read."""
    escaped = html.escape(cleaned(value), quote=True)
    return f"<bdi>{escaped}</bdi>" if needs_isolation(value) else escaped


def html_attribute(value: Any) -> str:
    """Text for a quoted HTML attribute, whitespace kept."""
    return html.escape(str(value), quote=True).replace("\n", "&#10;").replace("\r", "&#13;")


def finalize(value: Any) -> Any:
    """Turn what a template prints into safe text; markup made by components stays as it is."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Undefined):
        str(value)  # raises, with the name that is undefined
    if value is None:
        raise ValueError("a template printed a null; use value() so that it says 'not available'")
    if isinstance(value, bool | int | float | str):
        return safe_text(str(value))
    raise TypeError(f"a template printed {type(value).__name__}, which is no text")
