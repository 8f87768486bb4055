"""Time the scan and the fit on a million customers against a scikit-learn sweep."""

from __future__ import annotations

import time
from pathlib import Path

import click
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from customer_segmentation.benchmarks.report import document, markdown_table
from customer_segmentation.kmeans import fit_kmeans
from customer_segmentation.selection import scan_k

CANDIDATES = range(2, 13)


def draw_customers(n_rows: int, n_columns: int, *, seed: int) -> NDArray[np.float64]:
    """Return overlapping types of unequal size, as customers are.

    Parameters
    ----------
    n_rows, n_columns : int
    seed : int

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        Standardised.
    """
    generator = np.random.default_rng(seed)
    shares = np.array([0.30, 0.20, 0.16, 0.14, 0.12, 0.08])
    centres = generator.normal(size=(len(shares), n_columns))
    kind = generator.choice(len(shares), n_rows, p=shares)
    values = centres[kind] + generator.normal(size=(n_rows, n_columns))
    return np.asarray((values - values.mean(axis=0)) / values.std(axis=0))


def run_scale(
    *, n_rows: int = 1_000_000, n_columns: int = 16, seed: int = 0, with_sweep: bool = True
) -> pd.DataFrame:
    """Time ours (scan with every criterion, then fit) and a sweep with ten restarts.

    Parameters
    ----------
    n_rows, n_columns : int
    seed : int
    with_sweep : bool
        Whether to run scikit-learn for every candidate on all rows.

    Returns
    -------
    pandas.DataFrame
        ``step``, ``seconds``, ``k`` and ``inertia`` (nan for the scan).
    """
    values = draw_customers(n_rows, n_columns, seed=seed)
    records = []
    start = time.perf_counter()
    selection = scan_k(values, candidates=CANDIDATES, seed=seed)
    records.append(("scan", time.perf_counter() - start, selection.k, np.nan))
    k = selection.k or CANDIDATES[0]
    start = time.perf_counter()
    fit = fit_kmeans(values, k=k, seed=seed)
    records.append(("fit", time.perf_counter() - start, k, fit.inertia))
    if with_sweep:
        for candidate in CANDIDATES:
            start = time.perf_counter()
            model = KMeans(candidate, n_init=10, random_state=seed).fit(values)
            seconds = time.perf_counter() - start
            records.append(("scikit-learn", seconds, candidate, model.inertia_))
    return pd.DataFrame(records, columns=["step", "seconds", "k", "inertia"])


@click.command()
@click.option("--rows", default=1_000_000, show_default=True)
@click.option("--columns", default=16, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/BENCHMARKS_SCALE.md"))
def main(rows: int, columns: int, out: Path) -> None:
    """Time ours and the sweep in one run; print the ratio and write the results."""
    results = run_scale(n_rows=rows, n_columns=columns)
    seconds = results.groupby("step")["seconds"].sum()
    ours = seconds["scan"] + seconds["fit"]
    ratio = seconds["scikit-learn"] / ours
    chosen = int(results.loc[results["step"] == "fit", "k"].iloc[0])
    swept = results[(results["step"] == "scikit-learn") & (results["k"] == chosen)]
    inertia = results.loc[results["step"] == "fit", "inertia"].iloc[0] / swept["inertia"].iloc[0]
    section = (
        f"## Scan and fit at {rows:,} x {columns}\n\n"
        f"The scan of k from {CANDIDATES[0]} to {CANDIDATES[-1]} with every criterion, and the "
        f"fit on all rows, took {ours:.0f} s; scikit-learn's sweep over the same k, ten restarts, "
        f"{seconds['scikit-learn']:.0f} s in the same run: **{ratio:.1f} times** as long. At the "
        f"chosen k = {chosen} our inertia is {inertia:.5f} of scikit-learn's.\n\n"
        + markdown_table(results)
    )
    click.echo(section)
    out.write_text(document([section], command="make bench-scale"), "utf-8")


if __name__ == "__main__":
    main()
