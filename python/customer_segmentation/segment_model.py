"""One version of a segmentation: everything that scoring needs, frozen and readable.

A model is written to JSON and back without losing a bit, so that a table row is the model.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import metadata

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_segmentation.drift import FeatureBins, fit_bins
from customer_segmentation.kmeans import Assignment, assign, canonical_rows, fit_kmeans
from customer_segmentation.lineage import (
    MINIMUM_OVERLAP,
    LineageRow,
    first_lineage,
    match_segments,
    new_segment_ids,
)
from customer_segmentation.representation import (
    Columns,
    Dimension,
    FloatArray,
    Representation,
    Treatment,
    fit_representation,
    read_number,
    read_text,
    sorted_quantile,
    validate_catalogue,
)

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "duckdb", "customer-segmentation")
OUTLIER_RANGES = 3.0
"""Interquartile ranges above the upper quartile of a segment's distances."""
MINIMUM_FOR_LIMIT = 20
"""Segments with fewer customers use the limit of all customers together."""


@dataclass(frozen=True)
class SegmentModel:
    """A fitted segmentation.

    Attributes
    ----------
    version : int
        From 1.
    representation : Representation
    centroids : tuple of tuple of float
        One per segment, in the coordinates of ``representation``.
    segment_ids : tuple of str
        One per centroid, like ``S01``.
    outlier_limits : tuple of float
        A customer farther than this from the own centroid is an outlier.
    counts : tuple of int
        Customers per segment at fit.
    inertia : float
        Sum of squared distances to the own centroid at fit.
    seed : int
    observation_date : str
        ISO date of the fit population; empty for plain arrays.
    population_count : int
    feature_list_hash : str
        See :func:`feature_list_hash`.
    data_snapshot_hash : str
        See :func:`data_snapshot_hash`.
    library_versions : dict of str to str
    feature_bins : tuple of FeatureBins
        Distributions at fit, against which drift is measured.
    lineage : tuple of LineageRow
        How this version's ids follow from the version before.
    """

    version: int
    representation: Representation
    centroids: tuple[tuple[float, ...], ...]
    segment_ids: tuple[str, ...]
    outlier_limits: tuple[float, ...]
    counts: tuple[int, ...]
    inertia: float
    seed: int
    observation_date: str
    population_count: int
    feature_list_hash: str
    data_snapshot_hash: str
    library_versions: dict[str, str]
    feature_bins: tuple[FeatureBins, ...]
    lineage: tuple[LineageRow, ...]

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.segment_ids)

    def assign(self, features: Columns) -> Assignment:
        """Find the nearest segments, as indices into ``segment_ids``.

        Parameters
        ----------
        features : DataFrame or mapping of arrays
            Natural units.

        Returns
        -------
        Assignment
        """
        return assign(self.representation.transform(features), np.array(self.centroids))

    def is_outlier(self, assignment: Assignment) -> NDArray[np.bool_]:
        """Tell which customers lie farther out than the limit frozen at fit.

        Parameters
        ----------
        assignment : Assignment

        Returns
        -------
        ndarray of shape (n,), bool
        """
        limits = np.array(self.outlier_limits)
        flags: NDArray[np.bool_] = assignment.distance > limits[assignment.labels]
        return flags

    def score(self, features: Columns) -> pd.DataFrame:
        """Assign every customer with the stored parameters.

        Parameters
        ----------
        features : DataFrame or mapping of arrays
            Natural units; a DataFrame's index is kept.

        Returns
        -------
        DataFrame
            ``segment_id``, ``distance_to_centroid`` (weighted standard deviations),
            ``runner_up_segment_id`` (None with one segment), ``assignment_margin`` (0 on the
            border to 1 at the centroid) and ``is_outlier``.
        """
        nearest = self.assign(features)
        names = np.array([*self.segment_ids, None], dtype=object)  # -1 picks None
        return pd.DataFrame(
            {
                "segment_id": names[nearest.labels],
                "distance_to_centroid": nearest.distance,
                "runner_up_segment_id": names[nearest.runner_up],
                "assignment_margin": nearest.margin,
                "is_outlier": self.is_outlier(nearest),
            },
            index=features.index if isinstance(features, pd.DataFrame) else None,
        )

    def to_json(self) -> str:
        """Return the model as JSON; the same model always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> SegmentModel:
        """Rebuild a model from :meth:`to_json`.

        Parameters
        ----------
        text : str

        Returns
        -------
        SegmentModel
            Equal to the model that was written, to the bit.

        Raises
        ------
        ValueError
            If the text isn't a model.
        """
        try:
            stored = json.loads(text)
            fitted = stored["representation"]
            representation = Representation(
                dimensions=tuple(Dimension(**row) for row in fitted["dimensions"]),
                treatments=tuple(Treatment(**row) for row in fitted["treatments"]),
            )
            bins = tuple(
                FeatureBins(
                    feature=row["feature"],
                    edges=tuple(row["edges"]),
                    categories=tuple(row["categories"]),
                    counts=tuple(row["counts"]),
                )
                for row in stored["feature_bins"]
            )
            return cls(
                **{
                    **stored,
                    "representation": representation,
                    "centroids": tuple(tuple(row) for row in stored["centroids"]),
                    "segment_ids": tuple(stored["segment_ids"]),
                    "outlier_limits": tuple(stored["outlier_limits"]),
                    "counts": tuple(stored["counts"]),
                    "feature_bins": bins,
                    "lineage": tuple(LineageRow(**row) for row in stored["lineage"]),
                }
            )
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(
                f"this is not a segment model that this version of the package reads ({error}). "
                "Use the version that stored it, or delete the row from segment_models: the next "
                "build then fits a new version"
            ) from error


def fit_segments(
    features: Columns,
    catalogue: pd.DataFrame,
    *,
    k: int,
    seed: int,
    version: int = 1,
    observation_date: str = "",
    representation: Representation | None = None,
    previous: SegmentModel | None = None,
    used_ids: Iterable[str] = (),
    minimum_overlap: float = MINIMUM_OVERLAP,
) -> SegmentModel:
    """Fit one version of a segmentation and carry the ids of the version before.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        The fit population, one row per customer, natural units.
    catalogue : DataFrame
        See :func:`customer_segmentation.representation.fit_representation`.
    k : int
        Segments; 1 where the scan found no structure.
    seed : int
        Seeds the initialisations.
    version : int
        From 1.
    observation_date : str
        ISO date of the features.
    representation : Representation, optional
        One fitted to the same features, to spare fitting it again.
    previous : SegmentModel, optional
        The version whose ids carry over, by overlap on these customers.
    used_ids : iterable of str
        Ids of all earlier versions, which new segments don't get.
    minimum_overlap : float
        See :func:`customer_segmentation.lineage.match_segments`.

    Returns
    -------
    SegmentModel

    Raises
    ------
    ValueError
        If there are fewer distinct customers than ``k``, or the features or the
        catalogue aren't valid; the message names the feature.
    """
    if version < 1:
        raise ValueError(f"version must be at least 1, got {version}")
    fitted = representation or fit_representation(features, catalogue)
    coordinates = fitted.transform(features)
    clusters = fit_kmeans(coordinates, k=k, seed=seed)
    nearest = assign(coordinates, clusters.centroids)
    counts = np.bincount(nearest.labels, minlength=k)
    if previous is None:
        segment_ids = new_segment_ids(k, used_ids)
        lineage = first_lineage(segment_ids, counts.tolist())
    else:
        before = previous.representation.transform(features)
        previous_labels = assign(before, np.array(previous.centroids)).labels
        canonical = _sums_by_segment(before, nearest.labels, k) / np.maximum(counts, 1)[:, None]
        match = match_segments(
            previous_labels,
            nearest.labels,
            previous_ids=previous.segment_ids,
            previous_centroids=previous.centroids,
            centroids=canonical,
            used_ids=used_ids,
            minimum_overlap=minimum_overlap,
        )
        segment_ids, lineage = match.segment_ids, match.rows
    names = [row["feature"] for row in validate_catalogue(catalogue)]
    return SegmentModel(
        version=version,
        representation=fitted,
        centroids=tuple(tuple(float(value) for value in row) for row in clusters.centroids),
        segment_ids=segment_ids,
        outlier_limits=_outlier_limits(nearest, k),
        counts=tuple(int(count) for count in counts),
        inertia=float(np.sum(np.sort(nearest.distance) ** 2)),
        seed=int(seed),
        observation_date=observation_date,
        population_count=len(coordinates),
        feature_list_hash=feature_list_hash(catalogue),
        data_snapshot_hash=data_snapshot_hash(features, fitted),
        library_versions=_library_versions(),
        feature_bins=fit_bins(features, names),
        lineage=lineage,
    )


def feature_list_hash(catalogue: pd.DataFrame) -> str:
    """Return a SHA-256 of what the catalogue says about clustering.

    A new description or display format leaves it as it was; a feature added, removed,
    reweighted or transformed otherwise changes it.

    Parameters
    ----------
    catalogue : DataFrame

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    rows = [row for row in validate_catalogue(catalogue) if row["is_clustering"]]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def data_snapshot_hash(features: Columns, representation: Representation) -> str:
    """Return a SHA-256 of the features that a model rests on, whatever the row order.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
    representation : Representation
        Says which features.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps(representation.features).encode())
    columns = []
    for feature in representation.features:
        kinds = {row.kind for row in representation.dimensions if row.feature == feature}
        if "category" in kinds:
            text = read_text(features, feature)
            words = sorted({value for value in text if value is not None})
            codes = {word: float(code) for code, word in enumerate(words)}
            columns.append(np.array([codes.get(value, -1.0) for value in text]))
            digest.update(json.dumps(words).encode())
        else:
            values = read_number(features, feature)
            columns.append(np.where(np.isnan(values), np.finfo(np.float64).min, values))
    digest.update(canonical_rows(np.column_stack(columns)).tobytes())
    return digest.hexdigest()


def _sums_by_segment(rows: FloatArray, labels: NDArray[np.int32], k: int) -> FloatArray:
    sums = np.zeros((k, rows.shape[1]))
    for index in range(k):
        sums[index] = np.sort(rows[labels == index], axis=0).sum(axis=0)
    return sums


def _outlier_limits(nearest: Assignment, k: int) -> tuple[float, ...]:
    """Return per segment the far fence of its distances, rounded up to six digits.

    Rounding up keeps the limit off every distance at fit, so that the last bit of another
    engine's arithmetic can't turn a flag.
    """

    def fence(distances: FloatArray) -> float:
        ordered = np.sort(distances)
        first, third = sorted_quantile(ordered, 0.25), sorted_quantile(ordered, 0.75)
        limit = third + OUTLIER_RANGES * (third - first)
        return _rounded_up(limit)

    everyone = fence(nearest.distance)
    limits = []
    for index in range(k):
        own = nearest.distance[nearest.labels == index]
        limits.append(fence(own) if len(own) >= MINIMUM_FOR_LIMIT else everyone)
    return tuple(limits)


def _rounded_up(value: float) -> float:
    if value <= 0.0:
        return 1e-6
    unit = 10.0 ** (math.floor(math.log10(value)) - 5)
    return float(f"{(math.floor(value / unit) + 1) * unit:.6g}")


def _library_versions() -> dict[str, str]:
    versions: dict[str, str] = {}
    for library in LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            versions[library] = "not installed"
    return versions


def used_segment_ids(models: Iterable[SegmentModel]) -> tuple[str, ...]:
    """Return every id that any of the versions has had.

    Parameters
    ----------
    models : iterable of SegmentModel

    Returns
    -------
    tuple of str
        Sorted.
    """
    return tuple(sorted({segment_id for model in models for segment_id in model.segment_ids}))
