"""The one kind of error that a user is meant to read."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can mend; its text names what is wrong and what to do."""
