"""Write benchmark results as Markdown, with the machine that they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

import pandas as pd

LIBRARIES = ("dbt-core", "duckdb", "numpy", "pandas", "scikit-learn")


def markdown_table(frame: pd.DataFrame) -> str:
    """Return a frame as a Markdown table, real numbers with three decimals.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index isn't shown.

    Returns
    -------
    str
    """
    lines = [list(map(str, frame.columns)), ["---"] * len(frame.columns)]
    lines += [
        [f"{value:.3f}" if isinstance(value, float) else str(value) for value in row]
        for row in frame.itertuples(index=False, name=None)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def document(sections: Sequence[str], *, command: str) -> str:
    """Return a whole results page.

    Parameters
    ----------
    sections : sequence of str
        Markdown with headings of the second level.
    command : str
        What a reader runs to measure again.

    Returns
    -------
    str
    """
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    introduction = (
        f"# Benchmarks\n\nWritten by `{command}`; don't edit. Measured with {os.cpu_count()} "
        f"processors ({platform.machine()}), Python {platform.python_version()}, {libraries}."
    )
    return "\n\n".join([introduction, *sections]) + "\n"
