"""What goes wrong in a report, said so that its author can mend it."""

from __future__ import annotations


class ReportError(Exception):
    """A template or its data is wrong; the message names the template, line and column."""


class MissingColumnError(ReportError):
    """A template asked for a column that its mart doesn't have."""


class MissingMartError(ReportError):
    """A template asked for a mart that the database doesn't have."""
