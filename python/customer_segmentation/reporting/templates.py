"""The template environment: ERB delimiters, sandboxed, strict, everything escaped."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from customer_segmentation.reporting.components import Components
from customer_segmentation.reporting.errors import ReportError
from customer_segmentation.reporting.text import finalize


def environment(templates: Path) -> SandboxedEnvironment:
    """Return the environment in which every template runs.

    Delimiters are those of ERB, because Jinja's own clash with the braces of Evidence's pages.
    """
    return SandboxedEnvironment(
        loader=FileSystemLoader(templates),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<%=",
        variable_end_string="%>",
        comment_start_string="<%#",
        comment_end_string="%>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
        finalize=finalize,
        extensions=["jinja2.ext.do"],
    )


def read_glossary(templates: Path) -> dict[str, str]:
    """Words and their explanations, from ``glossary.csv``."""
    path = templates / "glossary.csv"
    if not path.exists():
        raise ReportError(f"{path} is missing; it explains the words that reports use")
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["term"]: row["meaning"] for row in csv.DictReader(lines)}


def render(
    jinja: SandboxedEnvironment, template: str, components: Components, **values: Any
) -> str:
    """Render a template to Markdown.

    Raises
    ------
    ReportError
        The message names the template, the line and what is wrong, such as a missing column.
    """
    try:
        return jinja.get_template(template).render(**components.namespace(), **values)
    except TemplateSyntaxError as error:
        raise type_of(error)(
            f"{error.filename or template}:{error.lineno}: {error.message}"
        ) from error
    except (ReportError, TemplateError, SecurityError, TypeError, ValueError, KeyError) as error:
        raise type_of(error)(f"{place(error, template)}: {error}") from error


def type_of(error: Exception) -> type[ReportError]:
    """Keep the kind of a report's own errors."""
    return type(error) if isinstance(error, ReportError) else ReportError


def place(error: Exception, template: str) -> str:
    """Template and line where an error arose."""
    found = template
    frame = error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            found = f"{Path(name).name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return found
