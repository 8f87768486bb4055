"""Which pages there are; each has one template for both kinds of site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page, or one for each segment where it has a parameter."""

    name: str
    title: str
    template: str
    parameter: str = ""
    in_menu: bool = True


PAGES = (
    Page("index", "Overview", "index.md.j2"),
    Page("risk", "Risk", "risk.md.j2"),
    Page("marketing", "Marketing", "marketing.md.j2"),
    Page("product", "Product", "product.md.j2"),
    Page("method", "How it was made", "method.md.j2"),
    Page("model-card", "Model card", "model-card.md.j2"),
    Page("glossary", "Glossary", "glossary.md.j2"),
    Page("segment", "Segment", "segment.md.j2", parameter="segment", in_menu=False),
)
