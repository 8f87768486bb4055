"""Benchmark pages: numbers as they are read, and the machine they were measured on."""

from __future__ import annotations

import os

import pandas as pd

from customer_segmentation.benchmarks.report import document, markdown_table


def test_table_rounds_real_numbers_and_keeps_the_rest():
    frame = pd.DataFrame({"rule": ["ours"], "gini": [0.48194], "k": [6]}, index=[7])
    assert markdown_table(frame) == "| rule | gini | k |\n| --- | --- | --- |\n| ours | 0.482 | 6 |"


def test_page_names_the_command_and_the_machine():
    text = document(["## One", "## Two"], command="make bench")
    assert "Written by `make bench`" in text
    assert f"{os.cpu_count()} processors" in text
    assert text.endswith("## One\n\n## Two\n")
