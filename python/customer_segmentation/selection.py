"""Choose the number of segments, and say how much the choice is worth.

Customers are mostly a continuum. Any algorithm will cut one into segments, and such
segments can be useful; calling them natural is what misleads. So a scan ends with a
verdict beside the number: see :func:`scan_k` for the rule.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from customer_segmentation import criteria
from customer_segmentation.kmeans import (
    assign,
    canonical_rows,
    draw_rows,
    fit_sample,
    map_in_order,
    single_threaded_libraries,
    validate_values,
)
from customer_segmentation.null_reference import draw_copula_reference

FloatArray = NDArray[np.float64]
Verdict = Literal["natural clusters", "stable partition", "no structure"]

MINIMUM_EXCESS = 0.05
"""Least silhouette beyond the reference for natural clusters, in silhouette units.

Structureless sets reached 0.03 where the copula describes them; the rest (rings, arcs,
bananas) is caught by the border density. Clusters that most people would draw had 0.065
or more. It is an effect size: with many rows any deviation from a copula is significant.
"""

MINIMUM_Z = 3.0
"""Least excess in standard errors, so that a small sample can't reach it by luck."""

MAXIMUM_BORDER_DENSITY = 0.6
"""Most crowded a border between natural clusters may be, relative to the clusters' insides.

A cut through a straight continuum gives 1 or more in theory; curved ones (rings, arcs)
measured 0.7 and up. Of 13 public sets, 11 had less than 0.5; S3 and S4, whose neighbours run
into each other, are called continua, which errs on the side of claiming less."""

NEAR_TIE = 0.8
"""Candidates with this share of the largest excess count as tied with it.

An excess is a mean over rows, so a small cluster hardly moves it; reproducibility, which
looks at the worst cluster, should decide among candidates that are this near."""

STRONG_PREDICTION = 0.8
"""Prediction strength (plus its standard error) of a reproducible partition, after its authors."""

STABLE_JACCARD = 0.75
"""Bootstrap Jaccard similarity of a valid, stable cluster, after Hennig (2007)."""

PATTERN_JACCARD = 0.6
"""The same below which a cluster isn't to be trusted; between the two there is a pattern, but
which rows belong is in doubt. Enough for a k that the excess supports as well."""

COMPARISON_ROWS = 5_000
"""Most rows for whatever is repeated: references, splits, resamples, the second sample."""

N_REFERENCES = 5
N_SPLITS = 4
N_RESAMPLES = 8
N_RESTARTS = 10

_TINY = np.finfo(np.float64).tiny
_SCORE_COLUMNS = ["k", "criterion", "value", "standard_error", "reference_value", "is_own_choice"]


@dataclass(frozen=True)
class SampleAgreement:
    """Whether two disjoint samples lead to the same result.

    Each has up to ``COMPARISON_ROWS`` rows, or half of them where there are fewer than two
    samples need.

    Attributes
    ----------
    score : float
        Adjusted Rand index, from 0 (chance) to 1 (identical), between the partitions that
        the two samples give the same rows, at the chosen k; nan where k is None or the
        samples are too small for it.
    second_k : int or None
        What the second sample alone would choose.
    """

    score: float
    second_k: int | None


@dataclass(frozen=True)
class KSelection:
    """What a scan found.

    Attributes
    ----------
    k : int or None
        The chosen (or fixed) number of segments; None where no candidate is worth using.
    verdict : {'natural clusters', 'stable partition', 'no structure'}
    scores : pandas.DataFrame
        One row per candidate and criterion, in that order: ``k``; ``criterion``; ``value``;
        ``standard_error`` and ``reference_value`` (the mean over null references), nan
        where the criterion has none; ``is_own_choice``, true for the k that the criterion
        alone would choose.
    own_choices : dict of str to int or None
        What each criterion alone would choose; None where it recommends no candidate.
    reason : str
        One plain sentence: why this k and this verdict.
    is_fixed : bool
        Whether the caller had fixed k.
    scan_k_choice : int or None
        What the scan chose or, with a fixed k, would have chosen.
    sample_agreement : SampleAgreement
    """

    k: int | None
    verdict: Verdict
    scores: pd.DataFrame
    own_choices: dict[str, int | None]
    reason: str
    is_fixed: bool
    scan_k_choice: int | None
    sample_agreement: SampleAgreement


@dataclass(frozen=True)
class _Choice:
    k: int | None
    verdict: Verdict
    reason: str


def scan_k(
    values: ArrayLike,
    *,
    candidates: Sequence[int],
    seed: int,
    sample_size: int = 20_000,
    minimum_share: float = 0.0,
    fixed_k: int | None = None,
) -> KSelection:
    """Choose the number of segments by the weight of several criteria, with a verdict.

    No single criterion can be trusted (the benchmark in ``benchmarks.known_k`` shows each
    of them failing), and they fail on different data. The rule asks three questions of the
    candidates whose smallest cluster has at least ``minimum_share`` of the rows:

    1. *Is there more than columns and correlations explain?* The simplified silhouette is
       compared with that of Gaussian-copula references, which keep every column and its
       rank correlations. The excess has to reach ``MINIMUM_EXCESS`` and ``MINIMUM_Z``
       standard errors, and the worst cluster a Jaccard similarity of ``PATTERN_JACCARD``:
       one outlier, given a cluster to itself, can lift a silhouette too.
    2. *Which k?* Candidates with at least ``NEAR_TIE`` of the largest excess are tied. Among
       them the largest that both kinds of resampling find again wins: a prediction strength
       that with its standard error reaches ``STRONG_PREDICTION`` (the published rule) and a
       bootstrap Jaccard similarity of ``STABLE_JACCARD``, each for the worst cluster. Where
       there is none, the candidate with the emptiest borders wins.
    3. *Are the borders valleys?* A ring or an arc differs from a copula without holding
       clusters. ``border_density`` has to stay at or below ``MAXIMUM_BORDER_DENSITY``, and
       one of the two thresholds in 2 has to be passed.

    Three times yes: 'natural clusters'. Otherwise the data are a continuum, or clusters that
    run into each other, and the number of segments is a business choice. The verdict is
    'stable partition' with the largest candidate that resampling finds again
    (``STABLE_JACCARD``) or that question 2 singled out, since a finer partition that can be
    found again says more; failing both, with the largest of ``STRONG_PREDICTION``. Where no
    candidate does, for instance in a spherical normal cloud: 'no structure'.

    Values are not rescaled here.

    Parameters
    ----------
    values : array-like of shape (n, d)
        Rows to cluster, already scaled. Row order doesn't matter.
    candidates : sequence of int
        Numbers of segments to try, each from 2 to n - 1; order and repetition don't matter.
    seed : int
        Seeds every sample, reference and initialisation.
    sample_size : int
        Most rows to scan.
    minimum_share : float
        Smallest share of rows that a segment may have, from 0 to below 1. It doesn't bind a
        fixed k.
    fixed_k : int or None
        A number that the business has settled. It is used, and the verdict is about it;
        ``scan_k_choice`` still says what the scan would have chosen.

    Returns
    -------
    KSelection
        Rows that are all identical give 'no structure' with k None and empty scores.

    Raises
    ------
    ValueError
        If ``values`` is malformed (the message names the column), a candidate is out of
        range or exceeds the number of distinct rows (it names the candidate), or another
        argument is out of range.

    References
    ----------
    Tibshirani and Walther (2005), doi:10.1198/106186005X59243
    Hennig (2007), doi:10.1016/j.csda.2006.11.025
    Hennig and Lin (2015), doi:10.1007/s11222-015-9566-5, for references that keep what
    isn't clustering.
    """
    matrix = validate_values(values)
    tried = _validated_candidates(candidates, fixed_k, len(matrix))
    if not 0 <= minimum_share < 1:
        raise ValueError(f"minimum_share must be from 0 to below 1, got {minimum_share}")
    if sample_size <= 2 * tried[-1]:
        raise ValueError(
            f"sample_size is {sample_size}; candidate {tried[-1]} needs more than {2 * tried[-1]}"
        )
    matrix = canonical_rows(matrix)
    sample = draw_rows(matrix, size=sample_size, seed=seed)
    n_distinct = len(np.unique(sample, axis=0))
    if n_distinct == 1 and fixed_k is None:
        return _selection_of_identical_rows()
    if n_distinct < tried[-1]:
        raise ValueError(f"candidate {tried[-1]} exceeds the {n_distinct} distinct rows")
    rows = draw_rows(sample, size=COMPARISON_ROWS, seed=seed)
    with single_threaded_libraries(), warnings.catch_warnings():
        # A resample may hold fewer distinct rows than k, which its score then shows.
        warnings.simplefilter("ignore", ConvergenceWarning)
        measured = _measure(sample, rows, tried, seed)
        scanned = _choose(measured, minimum_share)
        final = scanned if fixed_k is None else _judge_fixed(measured, scanned, fixed_k)
        agreement = _compare_samples(matrix, tried, seed, minimum_share, final.k)
    own_choices = _own_choices(measured, minimum_share)
    return KSelection(
        k=final.k,
        verdict=final.verdict,
        scores=_long_scores(measured, own_choices),
        own_choices=own_choices,
        reason=final.reason,
        is_fixed=fixed_k is not None,
        scan_k_choice=scanned.k,
        sample_agreement=agreement,
    )


def _validated_candidates(candidates: Sequence[int], fixed_k: int | None, n_rows: int) -> list[int]:
    fixed = [] if fixed_k is None else [fixed_k]
    tried = sorted({int(k) for k in (*candidates, *fixed)})
    if not tried:
        raise ValueError("candidates is empty")
    for k in tried:
        if not 2 <= k <= n_rows - 1:
            raise ValueError(f"candidate {k} is out of range: 2 to {n_rows - 1} for {n_rows} rows")
    return tried


def _measure(
    sample: FloatArray, rows: FloatArray, candidates: Sequence[int], seed: int
) -> pd.DataFrame:
    """Return one row per candidate: the criteria, their errors and their references."""
    references = [
        draw_copula_reference(rows, seed=derived)
        for derived in np.random.SeedSequence(seed).generate_state(N_REFERENCES)
    ]
    widening = np.sqrt(1 + 1 / N_REFERENCES)  # a prediction's error, not the mean's

    def one_candidate(k: int) -> dict[str, float]:
        compared_centroids = fit_sample(rows, k=k, seed=seed, n_restarts=N_RESTARTS)
        compared = assign(rows, compared_centroids)
        centroids, nearest = compared_centroids, compared
        if len(rows) < len(sample):
            # The references have as many rows as what they are compared with; whatever
            # needs none is measured on the whole sample.
            centroids = fit_sample(sample, k=k, seed=seed, n_restarts=1, start=compared_centroids)
            nearest = assign(sample, centroids)
        null_centroids = [
            fit_sample(reference, k=k, seed=seed, n_restarts=criteria.resample_restarts(k))
            for reference in references
        ]
        null = [assign(*pair) for pair in zip(references, null_centroids, strict=True)]
        null_silhouettes = [criteria.simplified_silhouette(one) for one in null]
        null_log_inertias = [np.log(max(criteria.inertia(one), _TINY)) for one in null]
        log_inertia = np.log(max(criteria.inertia(compared), _TINY))
        strength, strength_error = criteria.prediction_strength(
            rows, k=k, seed=seed, n_splits=N_SPLITS
        )
        return {
            "k": k,
            "inertia": criteria.inertia(nearest),
            "simplified_silhouette": criteria.simplified_silhouette(nearest),
            "simplified_silhouette_reference": float(np.mean(null_silhouettes)),
            "calinski_harabasz": criteria.calinski_harabasz(sample, nearest, k=k),
            "davies_bouldin": criteria.davies_bouldin(sample, nearest),
            "gap": float(np.mean(null_log_inertias)) - log_inertia,
            "gap_error": float(np.std(null_log_inertias, ddof=1)) * widening,
            "silhouette_excess": criteria.simplified_silhouette(compared)
            - float(np.mean(null_silhouettes)),
            "silhouette_excess_error": float(np.std(null_silhouettes, ddof=1)) * widening,
            "border_density": criteria.border_density(sample, centroids, nearest),
            "border_density_reference": float(
                np.mean(
                    [
                        criteria.border_density(*parts)
                        for parts in zip(references, null_centroids, null, strict=True)
                    ]
                )
            ),
            "prediction_strength": strength,
            "prediction_strength_error": strength_error,
            "bootstrap_jaccard": criteria.bootstrap_jaccard(
                rows, compared_centroids, seed=seed, n_resamples=N_RESAMPLES
            ),
            "smallest_share": criteria.smallest_share(nearest, k=k),
        }

    # The largest first, so that no thread is left alone with it at the end.
    return pd.DataFrame(map_in_order(one_candidate, candidates[::-1])[::-1])


def _choose(measured: pd.DataFrame, minimum_share: float) -> _Choice:
    large_enough = measured[measured["smallest_share"] >= minimum_share]
    preferred = _preferred_by_excess(large_enough)
    if (
        preferred is not None
        and preferred["border_density"] <= MAXIMUM_BORDER_DENSITY
        and preferred["is_stable"]
    ):
        k = int(preferred["k"])
        return _Choice(
            k,
            "natural clusters",
            f"{k} clusters are {preferred['silhouette_excess']:.2f} more distinct (silhouette) "
            "than columns and correlations alone explain, and their borders hold "
            f"{preferred['border_density']:.0%} as many rows as their insides.",
        )
    is_candidate = large_enough["bootstrap_jaccard"] >= STABLE_JACCARD
    if preferred is not None:
        is_candidate |= large_enough["k"] == preferred["k"]
    elif not is_candidate.any():
        is_candidate = _is_strong(large_enough)
    if not is_candidate.any():
        return _Choice(
            None,
            "no structure",
            "No candidate gives segments that are large enough and are found again in "
            "resampled rows.",
        )
    chosen = large_enough[is_candidate].iloc[-1]
    return _Choice(
        int(chosen["k"]),
        "stable partition",
        f"{_why_no_clusters(preferred)}, and {int(chosen['k'])} is the largest number of segments "
        "that is found again in resampled rows (similarity "
        f"{chosen['bootstrap_jaccard']:.2f} for the least stable); fewer would be as valid.",
    )


def _why_no_clusters(preferred: dict[str, float] | None) -> str:
    if preferred is None:
        return "The rows are a continuum"
    k, excess = int(preferred["k"]), preferred["silhouette_excess"]
    if preferred["border_density"] > MAXIMUM_BORDER_DENSITY:
        shortcoming = (
            "no clear valley parts them: their borders hold "
            f"{preferred['border_density']:.0%} as many rows as their insides"
        )
    else:
        shortcoming = "the least stable is not found again reliably enough in resampled rows"
    return (
        f"{k} clusters would be {excess:.2f} more distinct (silhouette) than columns and "
        f"correlations alone explain, but {shortcoming}"
    )


def _judge_fixed(measured: pd.DataFrame, scanned: _Choice, fixed_k: int) -> _Choice:
    if scanned.k == fixed_k:
        return _Choice(fixed_k, scanned.verdict, f"k was fixed at {fixed_k}. {scanned.reason}")
    row = measured[measured["k"] == fixed_k]
    is_stable = bool(_is_stable(row).iloc[0])
    found = "are" if is_stable else "are not all"
    return _Choice(
        fixed_k,
        "stable partition" if is_stable else "no structure",
        f"k was fixed at {fixed_k}, whose segments {found} found again in resampled rows; the "
        f"scan would have chosen {scanned.k if scanned.k is not None else 'none'}.",
    )


def _preferred_by_excess(measured: pd.DataFrame) -> dict[str, float] | None:
    """Return the measures of the candidate that questions 1 and 2 of the rule single out."""
    measured = measured.assign(is_stable=_is_stable(measured))
    excess, error = measured["silhouette_excess"], measured["silhouette_excess_error"]
    clear = measured[
        (excess >= MINIMUM_EXCESS)
        & (excess >= MINIMUM_Z * error)
        & (measured["bootstrap_jaccard"] >= PATTERN_JACCARD)
    ]
    if clear.empty:
        return None
    tied = clear[clear["silhouette_excess"] >= NEAR_TIE * clear["silhouette_excess"].max()]
    strong = tied[_is_strong(tied) & (tied["bootstrap_jaccard"] >= STABLE_JACCARD)]
    if not strong.empty:
        return dict(strong.iloc[-1])
    return dict(tied.loc[tied["border_density"].idxmin()])


def _is_strong(measured: pd.DataFrame) -> pd.Series:
    reach = measured["prediction_strength"] + measured["prediction_strength_error"]
    return reach >= STRONG_PREDICTION


def _is_stable(measured: pd.DataFrame) -> pd.Series:
    return _is_strong(measured) | (measured["bootstrap_jaccard"] >= STABLE_JACCARD)


def _compare_samples(
    matrix: FloatArray, candidates: Sequence[int], seed: int, minimum_share: float, k: int | None
) -> SampleAgreement:
    """Scan a second sample, disjoint from the first, and compare the partitions."""
    size = min(COMPARISON_ROWS, len(matrix) // 2)
    usable = [candidate for candidate in candidates if 2 * candidate < size]
    order = np.random.default_rng((seed, 1)).permutation(len(matrix))
    first, second = (matrix[np.sort(part)] for part in (order[:size], order[size : 2 * size]))
    if not usable or len(np.unique(second, axis=0)) < usable[-1]:
        return SampleAgreement(np.nan, None)
    second_k = _choose(_measure(second, second, usable, seed), minimum_share).k
    if k is None or k not in usable:
        return SampleAgreement(np.nan, second_k)
    labels = [
        assign(first, fit_sample(part, k=k, seed=seed, n_restarts=N_RESTARTS)).labels
        for part in (first, second)
    ]
    return SampleAgreement(max(0.0, float(adjusted_rand_score(*labels))), second_k)


def _own_choices(measured: pd.DataFrame, minimum_share: float) -> dict[str, int | None]:
    candidates = measured["k"].to_numpy()

    def largest(passes: pd.Series) -> int | None:
        return int(candidates[passes].max()) if passes.any() else None

    def at(position: int) -> int:
        return int(candidates[position])

    # The elbow: farthest below the chord from the first candidate to the last.
    inertia = measured["inertia"].to_numpy()
    chord = np.interp(candidates, candidates[[0, -1]], inertia[[0, -1]])
    gap = measured["gap"].to_numpy()
    # The published rule: the first that the next doesn't beat by more than its error.
    follows = gap[:-1] >= gap[1:] - measured["gap_error"].to_numpy()[1:]
    excess = measured["silhouette_excess"]
    return {
        "inertia": at(int(np.argmax(chord - inertia))),
        "simplified_silhouette": at(int(measured["simplified_silhouette"].argmax())),
        "calinski_harabasz": at(int(measured["calinski_harabasz"].argmax())),
        "davies_bouldin": at(int(measured["davies_bouldin"].argmin())),
        "gap": at(int(np.argmax(follows))) if follows.any() else None,
        "silhouette_excess": at(int(excess.argmax())) if excess.max() >= MINIMUM_EXCESS else None,
        "border_density": at(int(np.argmin(measured["border_density"].fillna(np.inf)))),
        "prediction_strength": largest(_is_strong(measured)),
        "bootstrap_jaccard": largest(measured["bootstrap_jaccard"] >= STABLE_JACCARD),
        "smallest_share": largest(measured["smallest_share"] >= minimum_share),
    }


def _long_scores(measured: pd.DataFrame, own_choices: dict[str, int | None]) -> pd.DataFrame:
    records = [
        {
            "k": int(row["k"]),
            "criterion": criterion,
            "value": float(row[criterion]),
            "standard_error": float(row.get(f"{criterion}_error", np.nan)),
            "reference_value": float(row.get(f"{criterion}_reference", np.nan)),
            "is_own_choice": own_choice is not None and int(row["k"]) == own_choice,
        }
        for _, row in measured.iterrows()
        for criterion, own_choice in own_choices.items()
    ]
    return pd.DataFrame(records, columns=_SCORE_COLUMNS)


def _selection_of_identical_rows() -> KSelection:
    return KSelection(
        k=None,
        verdict="no structure",
        scores=pd.DataFrame(columns=_SCORE_COLUMNS),
        own_choices={},
        reason="All rows are identical, so there is nothing to divide.",
        is_fixed=False,
        scan_k_choice=None,
        sample_agreement=SampleAgreement(np.nan, None),
    )
