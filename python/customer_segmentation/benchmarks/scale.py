"""Time the scan and the fit on a million customers against a scikit-learn sweep.

Run ``python -m customer_segmentation.benchmarks.scale``; ``--sweep`` adds scikit-learn,
which takes two minutes or more.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans

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


def main() -> None:
    """Print the timings."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=16)
    parser.add_argument("--sweep", action="store_true")
    arguments = parser.parse_args()
    results = run_scale(
        n_rows=arguments.rows, n_columns=arguments.columns, with_sweep=arguments.sweep
    )
    print(results.round(3).to_string(index=False))
    print(results.groupby("step")["seconds"].sum().round(1).to_string())


if __name__ == "__main__":
    main()
