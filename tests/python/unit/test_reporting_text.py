"""Escaping holds in Markdown and HTML for everything that a lender's data may contain."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markupsafe import Markup

from customer_segmentation.reporting.text import finalize, html_text, safe_text

HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "<%= 1 %>",
    "${x}",
    "{#if x}{@html y}{/if}",
    "\"quotes\" and 'apostrophes'",
    "=HYPERLINK(1)",
    "a | b | c",
    "```sql x\nselect 1\n```",
    "# heading",
    "1. list",
    "[link](javascript:alert(1))",
    "&lt;b&gt; &amp;",
    "    four spaces",
    "\\*not\\* _this_ ~~or~~ that",
    "x" * 300,
]


def shown(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_shows_as_itself_after_markdown(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(str(safe_text(text)))
    assert rendered.startswith("<p>")
    assert rendered.count("<") == 2
    assert shown(rendered) == " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_safe_text_has_no_mark_that_anything_could_interpret(text: str) -> None:
    rest = re.sub(r"&#\d+;", "", str(safe_text(text)))
    assert not re.search(r"[!-/:-@\[-`{-~]", rest)


@given(st.text(max_size=80))
def test_any_text_survives_html(text: str) -> None:
    inside = html_text(text)
    assert not re.search(r"<(?!/?bdi>)", inside)


def test_right_to_left_text_is_isolated() -> None:
    assert str(safe_text("\u202eabc")).startswith("<bdi>")
    assert html_text("\u0645\u0631\u062d\u0628\u0627").startswith("<bdi>")
    assert "<bdi>" not in safe_text("caf\u00e9")


def test_control_characters_are_seen() -> None:
    assert safe_text("a\x00b") == "a\ufffdb"


def test_finalize_keeps_markup_and_refuses_null() -> None:
    assert finalize(Markup("<b>x</b>")) == "<b>x</b>"
    assert finalize("<b>") == "&#60;b&#62;"
    with pytest.raises(ValueError, match="null"):
        finalize(None)
    with pytest.raises(TypeError, match="dict"):
        finalize({})
