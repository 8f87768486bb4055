"""Compare our choice of k with the usual rules, on sets whose answer is known.

Two questions, because a rule that always answers is right half the time by default: does it
find k where there is one, and does it keep quiet where there is none?
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from kneed import KneeLocator
from numpy.typing import NDArray

from customer_segmentation import criteria
from customer_segmentation.kmeans import (
    Assignment,
    assign,
    canonical_rows,
    fit_sample,
    single_threaded_libraries,
)
from customer_segmentation.null_reference import draw_uniform_reference
from customer_segmentation.selection import scan_k

FloatArray = NDArray[np.float64]

TRUE_K = {
    "s1": 15,
    "s2": 15,
    "s3": 15,
    "s4": 15,
    "a1": 20,
    "r15": 15,
    "unbalance": 8,
    "hepta": 7,
    "tetra": 4,
    "mk1": 3,
    "x1": 3,
    "g2mg_2_30": 2,
    "g2mg_8_40": 2,
}
"""Clusters in each public set (SIPU, FCPS, WUT and G2 families)."""

STRUCTURELESS_CANDIDATES = range(2, 11)


def standardise(values: FloatArray) -> FloatArray:
    """Return the columns with mean 0 and standard deviation 1; constant ones become 0.

    Parameters
    ----------
    values : ndarray of shape (n, d)

    Returns
    -------
    ndarray of shape (n, d)
    """
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def load_known_set(directory: Path, name: str) -> FloatArray:
    """Return one public set, standardised.

    Parameters
    ----------
    directory : Path
        Where ``NAME.data.gz`` lies.
    name : str
        A key of ``TRUE_K``.

    Returns
    -------
    ndarray of shape (n, d)
    """
    return standardise(np.loadtxt(directory / f"{name}.data.gz"))


def candidates_for(true_k: int) -> range:
    """Return the candidates 2 to one and a half times the true k, rounded up."""
    return range(2, int(np.ceil(1.5 * true_k)) + 1)


def draw_structureless(kind: str, *, seed: int, n_rows: int = 3_000) -> FloatArray:
    """Return a standardised set without clusters.

    Parameters
    ----------
    kind : str
        A key of ``STRUCTURELESS``.
    seed : int
    n_rows : int

    Returns
    -------
    ndarray of shape (n, d)

    Raises
    ------
    ValueError
        If ``kind`` is unknown.
    """
    if kind not in STRUCTURELESS:
        raise ValueError(f"unknown kind {kind!r}; choose from {sorted(STRUCTURELESS)}")
    return standardise(STRUCTURELESS[kind](np.random.default_rng(seed), n_rows))


def _ring(generator: np.random.Generator, n: int) -> FloatArray:
    angle = generator.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angle), np.sin(angle)]) + generator.normal(0, 0.05, (n, 2))


def _grid(generator: np.random.Generator, n: int) -> FloatArray:
    side = np.arange(int(np.sqrt(n)), dtype=np.float64)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def _ball(generator: np.random.Generator, n: int) -> FloatArray:
    directions = generator.normal(size=(n, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions * generator.uniform(size=(n, 1)) ** (1 / 3))


STRUCTURELESS: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "uniform_2d": lambda generator, n: generator.uniform(size=(n, 2)),
    "normal_2d": lambda generator, n: generator.normal(size=(n, 2)),
    "normal_8d": lambda generator, n: generator.normal(size=(n, 8)),
    "normal_30d": lambda generator, n: generator.normal(size=(n, 30)),
    "correlated_normal": lambda generator, n: (
        generator.normal(size=(n, 6)) @ generator.normal(size=(6, 6))
    ),
    "lognormal": lambda generator, n: generator.lognormal(size=(n, 3)),
    "ring": _ring,
    "grid": _grid,
    "student_t": lambda generator, n: generator.standard_t(3, size=(n, 4)),
    "ball": _ball,
    "gamma": lambda generator, n: generator.gamma(1.5, size=(n, 4)),
}
"""Sets without clusters, by kind: a continuum, however it is shaped."""


def score_rules(values: FloatArray, candidates: range, *, seed: int) -> dict[str, int | None]:
    """Return what each of the usual rules answers, each as it is published or taught.

    Parameters
    ----------
    values : ndarray of shape (n, d)
        Standardised.
    candidates : range
        Without gaps, from 2.
    seed : int

    Returns
    -------
    dict of str to int or None
        None where a rule can abstain and does; the gap answers 1 for "one cluster", which
        is the same and counts as None.
    """
    rows = canonical_rows(values)
    with single_threaded_libraries():
        fits = {k: fit_sample(rows, k=k, seed=seed, n_restarts=10) for k in (1, *candidates)}
        nearest = {k: assign(rows, fit) for k, fit in fits.items()}
        inertias = [criteria.inertia(nearest[k]) for k in candidates]
        knee = KneeLocator(list(candidates), inertias, curve="convex", direction="decreasing").knee
        strengths = {
            k: criteria.prediction_strength(rows, k=k, seed=seed, n_splits=4)[0] for k in candidates
        }
        gap_choice = _first_gap_maximum(rows, [1, *candidates], nearest, seed)
    return {
        "elbow (kneedle)": None if knee is None else int(knee),
        "largest silhouette": max(
            candidates, key=lambda k: criteria.simplified_silhouette(nearest[k])
        ),
        "Calinski-Harabasz": max(
            candidates, key=lambda k: criteria.calinski_harabasz(rows, nearest[k], k=k)
        ),
        "Davies-Bouldin": min(candidates, key=lambda k: criteria.davies_bouldin(rows, nearest[k])),
        "gap, first local maximum": gap_choice,
        "prediction strength >= 0.8": max(
            (k for k in candidates if strengths[k] >= 0.8), default=None
        ),
    }


def _first_gap_maximum(
    rows: FloatArray, candidates: list[int], nearest: dict[int, Assignment], seed: int
) -> int | None:
    n_references = 10
    references = [draw_uniform_reference(rows, seed=seed + i) for i in range(n_references)]
    gaps, errors = [], []
    for k in candidates:
        logs = [
            np.log(criteria.inertia(assign(one, fit_sample(one, k=k, seed=seed, n_restarts=3))))
            for one in references
        ]
        gaps.append(np.mean(logs) - np.log(criteria.inertia(nearest[k])))
        errors.append(np.std(logs) * np.sqrt(1 + 1 / n_references))
    for index, k in enumerate(candidates[:-1]):
        if gaps[index] >= gaps[index + 1] - errors[index + 1]:
            return k if k > 1 else None
    return None


def run_known_k(directory: Path, *, seed: int) -> pd.DataFrame:
    """Run our rule and the usual ones on every known and every structureless set.

    Parameters
    ----------
    directory : Path
        Where the public sets lie.
    seed : int
        Seeds the rules and draws the structureless sets.

    Returns
    -------
    pandas.DataFrame
        One row per set and rule: ``set``, ``true_k`` (0 where there is no cluster),
        ``rule``, ``k`` (0 where the rule found no cluster), ``verdict`` (ours only) and
        ``is_right``. Ours is right on a structureless set when its verdict isn't
        'natural clusters', though it may offer a number of segments.
    """
    sets = [
        (name, true_k, load_known_set(directory, name), candidates_for(true_k))
        for name, true_k in TRUE_K.items()
    ] + [
        (kind, 0, draw_structureless(kind, seed=seed), STRUCTURELESS_CANDIDATES)
        for kind in STRUCTURELESS
    ]
    records: list[tuple[str, int, str, int, str, bool]] = []
    for name, true_k, values, candidates in sets:
        ours = scan_k(values, candidates=candidates, seed=seed)
        is_right = ours.k == true_k if true_k else ours.verdict != "natural clusters"
        records.append((name, true_k, "ours", ours.k or 0, ours.verdict, is_right))
        for rule, k in score_rules(values, candidates, seed=seed).items():
            records.append((name, true_k, rule, k or 0, "", (k or 0) == true_k))
    return pd.DataFrame(records, columns=["set", "true_k", "rule", "k", "verdict", "is_right"])
