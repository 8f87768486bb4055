"""Turn features into coordinates whose Euclidean distances mean something.

Money, ratios, days and counts can't be compared as they come: whatever has the widest
spread would decide alone, and five balances that say the same would count five times.
The representation is fitted once, stored with the model and applied unchanged when
scoring. Every step has a closed form, so that plain SQL can repeat it::

    coordinate = weight * (cap(transform(impute(value))) - centre) / scale

Impute
    In natural units, before the transform, with the value that the catalogue gives: zero,
    a number, or the median of the known values.
Transform
    ``log`` is ``sign(x) ln(1 + |x| / unit)``, ``power`` is Yeo-Johnson of ``x / unit`` with a
    fitted exponent, ``logit`` is ``ln(p / (1 - p))`` of a share kept within 0.01 and 0.99.
    The unit is what is small for the feature, the lowest decile of its absolute values
    other than zero. So amounts in cents, euros or thousands give the same segments, and
    the difference between a tenth of a month and a month isn't lost in the one.
Cap
    On the transformed scale. Only a value beyond both Tukey's far fence (three
    interquartile ranges outside the quartiles) and the outermost 1% is pulled in, so
    that at most 1% of customers are capped on each side of each feature, and a feature that
    is mostly zero isn't flattened.
Scale
    To mean 0 and standard deviation 1 over the fit population, imputed values included.
Weigh
    A dimension's variance is ``(1 - t) / (1 + what the others in its family repeat)``. The
    first part is the variance of its mid-ranks relative to ranks without ties, ``t`` being the
    sum of the cubed shares of equal values (Kendall 1945): a feature that is the same for
    nine customers in ten tells few of them apart, and standardising alone would let the tenth
    decide the segments. The repetition is the sum of squared correlations with them. The sum
    over a family is its effective number of features, so that five balances that say the
    same have one vote and five that say different things have five.

Where missingness means something (not a holder, nothing due) and is neither rare nor
universal, it becomes a dimension of its own with a quarter of the weight of a feature. A
nominal feature enters as in factor analysis of mixed data (Pages 2004), category by
category in inverse proportion to its share, with half the weight of a numeric feature in
total. Both weigh less because K-means is drawn to discrete dimensions.

References
----------
Yeo and Johnson (2000), doi:10.1093/biomet/87.4.954
Tukey (1977), Exploratory data analysis.
Kendall (1945), The treatment of ties in ranking problems, doi:10.1093/biomet/33.3.239
Pages (2004), Analyse factorielle de donnees mixtes, Revue de statistique appliquee 52(4).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import rankdata

from customer_segmentation.kmeans import canonical_rows, draw_rows, single_threaded_libraries

FloatArray = NDArray[np.float64]
Columns = pd.DataFrame | Mapping[str, Any]

TRANSFORMS = ("none", "log", "power", "logit", "nominal")
NULL_MEANINGS = ("nothing_due", "not_a_holder", "unknown")

FENCE_RANGES = 3.0
"""Interquartile ranges between a quartile and Tukey's far fence."""
TAIL_SHARE = 0.01
"""Largest share of customers capped on one side of a feature."""
UNIT_SHARE = 0.1
"""Share of the absolute values other than zero that lie within the unit of a feature."""
LOGIT_MARGIN = 0.01
"""Shares are kept this far from 0 and 1 before a logit."""
NEAR_CONSTANT_SHARE = 0.95
"""A feature is dropped when this share of customers has one and the same value.

The few others would lie many standard deviations away and make a segment of their own that is
too small to use."""
NEAR_DUPLICATE_CORRELATION = 0.98
"""A feature is dropped when its rank correlation with another one exceeds this."""
UNKNOWN_SHARE = 0.5
"""A feature whose nulls mean 'unknown' is dropped when more than this share is missing."""
MATERIAL_SHARE = 0.05
"""Missingness gets a dimension when its share lies between this and one minus this."""
CATEGORY_SHARE = 0.01
"""Categories below this share are pooled and get no dimension of their own."""
INDICATOR_WEIGHT = 0.25
"""Variance of a missingness dimension beside the 1 of a feature.

Someone in a group of 10% and someone outside then differ about as much as two customers
typically do in one feature."""
NOMINAL_WEIGHT = 0.5
"""Variance of all categories of a nominal feature together, beside the 1 of a feature."""
INDICATOR_VARIANCE_FLOOR = 0.09
"""Variance of a 10% indicator; rarer ones are scaled as if they were that common."""
POWER_BOUNDS = (-1.0, 2.0)
CORRELATION_ROWS = 20_000
"""Customers on whom rank correlations are measured."""

_DIGITS = 12  # kept of every fitted number, so that the order of a sum can't show
_UNKNOWN = np.finfo(np.float64).min  # stands for null where rows are put in order


@dataclass(frozen=True)
class Dimension:
    """One coordinate and everything that plain SQL needs to compute it.

    Attributes
    ----------
    position : int
        From 1, the order of columns in the matrix.
    dimension : str
        The feature, or ``<feature>__missing``, or ``<feature>=<category>``.
    feature, family : str
    kind : str
        ``value``, ``missing`` (1 where the feature is null) or ``category`` (1 where it
        equals ``category``).
    category : str or None
    transform : str
        ``none``, ``log``, ``power`` or ``logit``; ``none`` unless ``kind`` is ``value``.
    unit : float
        Divides the value before a ``log`` or ``power`` transform; 1 for others.
    power : float or None
        Exponent of the Yeo-Johnson transform.
    imputed_value : float or None
        In natural units, in place of null; None unless ``kind`` is ``value``.
    lower_cap, upper_cap : float or None
        On the transformed scale.
    centre, scale : float
        On the transformed scale.
    weight : float
        Multiplies the standardised value; its square is the dimension's variance.
    """

    position: int
    dimension: str
    feature: str
    family: str
    kind: str
    category: str | None
    transform: str
    unit: float
    power: float | None
    imputed_value: float | None
    lower_cap: float | None
    upper_cap: float | None
    centre: float
    scale: float
    weight: float


@dataclass(frozen=True)
class Treatment:
    """What the fit did with one feature of the catalogue; counts are customers.

    Attributes
    ----------
    feature, family : str
    is_clustering : bool
        Whether the catalogue asks for it.
    treatment : str
        ``used``, ``dropped`` or ``not for clustering``.
    reason : str or None
        Why it was dropped.
    customers_count, missing_count, imputed_count : int
    missing_ratio : float or None
        0 to 1; None for an empty population.
    imputed_value : float or None
        In natural units.
    transform : str
    unit : float or None
        In natural units.
    power : float or None
    lower_cap_value, upper_cap_value : float or None
        In natural units.
    capped_low_count, capped_high_count : int
    has_missing_dimension : bool
    missing_reason : str or None
        Why meaningful missingness got no dimension.
    near_duplicate_of : str or None
    rank_correlation : float or None
        With ``near_duplicate_of``.
    redundancy : float or None
        Sum of squared correlations with the others of its family.
    variance_share_ratio : float or None
        Share of the total variance that distances rest on, 0 to 1, all the feature's
        dimensions together.
    """

    feature: str
    family: str
    is_clustering: bool
    treatment: str
    reason: str | None = None
    customers_count: int = 0
    missing_count: int = 0
    missing_ratio: float | None = None
    imputed_count: int = 0
    imputed_value: float | None = None
    transform: str = "none"
    unit: float | None = None
    power: float | None = None
    lower_cap_value: float | None = None
    upper_cap_value: float | None = None
    capped_low_count: int = 0
    capped_high_count: int = 0
    has_missing_dimension: bool = False
    missing_reason: str | None = None
    near_duplicate_of: str | None = None
    rank_correlation: float | None = None
    redundancy: float | None = None
    variance_share_ratio: float | None = None


@dataclass(frozen=True)
class Representation:
    """A fitted, frozen map from features to coordinates.

    Attributes
    ----------
    dimensions : tuple of Dimension
    treatments : tuple of Treatment
        One per catalogue feature, by family and feature.
    """

    dimensions: tuple[Dimension, ...]
    treatments: tuple[Treatment, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Features that a call of :meth:`transform` needs, in order of first use."""
        return tuple(dict.fromkeys(dimension.feature for dimension in self.dimensions))

    def transform(self, features: Columns) -> FloatArray:
        """Compute the coordinates with the stored parameters.

        Parameters
        ----------
        features : DataFrame or mapping of arrays
            Natural units, null where the feature is; other columns are ignored.

        Returns
        -------
        ndarray of shape (n, d), float64
            In weighted standard deviations of the fit population.

        Raises
        ------
        ValueError
            If a feature is absent, isn't numeric, or holds an infinity.
        """
        columns: dict[str, NDArray[Any]] = {}
        for dimension in self.dimensions:
            if dimension.feature not in columns:
                is_nominal = dimension.kind == "category"
                read = read_text if is_nominal else read_number
                columns[dimension.feature] = read(features, dimension.feature)
        n_rows = len(next(iter(columns.values()))) if columns else 0
        matrix = np.empty((n_rows, len(self.dimensions)))
        for index, dimension in enumerate(self.dimensions):
            matrix[:, index] = _coordinate(columns[dimension.feature], dimension)
        return matrix

    def parameters(self) -> pd.DataFrame:
        """Return one row per dimension, with the attributes of :class:`Dimension`."""
        names = [field.name for field in fields(Dimension)]
        return pd.DataFrame([asdict(row) for row in self.dimensions], columns=names)

    def treatment(self) -> pd.DataFrame:
        """Return one row per catalogue feature, with the attributes of :class:`Treatment`."""
        names = [field.name for field in fields(Treatment)]
        return pd.DataFrame([asdict(row) for row in self.treatments], columns=names)


def fit_representation(features: Columns, catalogue: pd.DataFrame) -> Representation:
    """Fit imputation, transforms, caps, scales and weights to a population.

    The result depends on neither the order of rows nor the number of threads, and is the
    same when every customer is there twice.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        One row per customer, natural units; nan or null where a feature is missing.
    catalogue : DataFrame
        ``feature``, ``family``, ``null_meaning``, ``imputation``, ``transform``,
        ``is_clustering``, ``is_protected`` and, if there is one, ``weight`` (default 1).

    Returns
    -------
    Representation

    Raises
    ------
    ValueError
        If there is no row, a column of the catalogue or its value isn't valid, a
        clustering feature is protected, holds an infinity or text, or none can be used;
        the message names the feature.
    """
    declared = validate_catalogue(catalogue)
    clustering = [row for row in declared if row["is_clustering"]]
    raw, categories, absent = _raw_matrix(features, clustering)
    if len(raw) == 0:
        raise ValueError("there is no customer to fit a representation to")
    raw = canonical_rows(raw)
    raw[raw == _UNKNOWN] = np.nan
    n_rows = len(raw)

    candidates: list[_Candidate] = []
    treatments: dict[str, Treatment] = {}
    for index, row in enumerate(clustering):
        name = row["feature"]
        column = raw[:, index]
        missing = np.isnan(column)
        base = Treatment(
            feature=name,
            family=row["family"],
            is_clustering=True,
            treatment="used",
            customers_count=n_rows,
            missing_count=int(missing.sum()),
            missing_ratio=float(missing.mean()),
            transform=row["transform"],
        )
        if name in absent or missing.all():
            treatments[name] = _dropped(base, "not available in this source")
        elif row["null_meaning"] == "unknown" and missing.mean() > UNKNOWN_SHARE:
            treatments[name] = _dropped(base, "unknown for more than half of customers")
        elif row["transform"] == "nominal":
            treatments[name] = _fit_nominal(column, categories[name], row, base, candidates)
        else:
            treatments[name] = _fit_numeric(column, row, base, candidates)

    candidates = _without_duplicates(candidates, treatments)
    if not candidates:
        reasons = ", ".join(f"{name}: {row.reason}" for name, row in treatments.items())
        raise ValueError(f"no clustering feature can be used ({reasons or 'none declared'})")
    dimensions = _weigh(candidates, treatments)
    ordered = [
        treatments.get(
            row["feature"],
            Treatment(
                feature=row["feature"],
                family=row["family"],
                is_clustering=False,
                treatment="not for clustering",
                reason="protected attribute" if row["is_protected"] else None,
                transform=row["transform"],
            ),
        )
        for row in declared
    ]
    return Representation(dimensions=dimensions, treatments=tuple(ordered))


def validate_catalogue(catalogue: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the catalogue as typed rows by family and feature, or say what is wrong with it.

    A table has no order of its own, so the rows are put in one.

    Parameters
    ----------
    catalogue : DataFrame
        See :func:`fit_representation`.

    Returns
    -------
    list of dict
        ``imputation`` is ``median`` or a float; ``weight`` a float above 0.

    Raises
    ------
    ValueError
        If a column is absent, a feature is there twice, or a value isn't allowed.
    """
    required = ("feature", "family", "null_meaning", "imputation", "transform")
    for column in (*required, "is_clustering", "is_protected"):
        if column not in catalogue.columns:
            raise ValueError(f"the feature catalogue has no column {column}")
    rows = []
    seen: set[str] = set()
    for record in catalogue.to_dict("records"):
        name = str(record["feature"])
        if name in seen:
            raise ValueError(f"feature {name} is in the catalogue twice")
        seen.add(name)
        row = {str(column): record[column] for column in required}
        row["feature"] = name
        row["is_clustering"] = _is_true(record["is_clustering"], name, "is_clustering")
        row["is_protected"] = _is_true(record["is_protected"], name, "is_protected")
        row["transform"] = str(record["transform"])
        if row["transform"] not in TRANSFORMS:
            raise ValueError(f"feature {name}: transform {row['transform']} is not in {TRANSFORMS}")
        if row["null_meaning"] not in NULL_MEANINGS:
            raise ValueError(
                f"feature {name}: null_meaning {row['null_meaning']} is not in {NULL_MEANINGS}"
            )
        if row["is_clustering"] and row["is_protected"]:
            raise ValueError(f"feature {name} is protected and must not be a clustering feature")
        row["imputation"] = _imputation(record["imputation"], name, row["transform"])
        weight = record.get("weight", 1.0)
        row["weight"] = 1.0 if weight is None or pd.isna(weight) else float(weight)
        if not (math.isfinite(row["weight"]) and row["weight"] > 0):
            raise ValueError(f"feature {name}: weight must be a number above 0, got {weight}")
        rows.append(row)
    return sorted(rows, key=lambda row: (row["family"], row["feature"]))


@dataclass
class _Candidate:
    """A dimension on the way: parameters, its standardised values and its weights."""

    name: str
    feature: str
    family: str
    kind: str
    category: str | None
    transform: str
    unit: float
    power: float | None
    imputed_value: float | None
    lower_cap: float | None
    upper_cap: float | None
    centre: float
    scale: float
    standardised: FloatArray
    type_weight: float
    catalogue_weight: float


def _is_true(value: Any, feature: str, column: str) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise ValueError(f"feature {feature}: {column} must be true or false, got {value}")
    return text == "true"


def _imputation(value: Any, feature: str, transform: str) -> str | float:
    if transform == "nominal":
        return "median"  # unused: a null is a category of its own
    text = str(value).strip().lower()
    if text == "median":
        return text
    if text == "zero":
        return 0.0
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"feature {feature}: imputation must be zero, median or a number")
    return number


def read_number(features: Columns, name: str) -> FloatArray:
    """Return a column as float64 with nan for null; infinity and text are refused."""
    try:
        column = features[name]
    except KeyError:
        raise ValueError(f"the features have no column {name}") from None
    try:
        if isinstance(column, np.ma.MaskedArray):
            values = np.ma.filled(column.astype(np.float64), np.nan)
        elif isinstance(column, pd.Series):
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            values = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"feature {name} holds values that aren't numbers") from None
    n_infinite = int(np.isinf(values).sum())
    if n_infinite:
        raise ValueError(f"feature {name} holds {n_infinite} infinite values")
    return values


def read_text(features: Columns, name: str) -> NDArray[Any]:
    """Return a column as objects, text or None."""
    try:
        column = features[name]
    except KeyError:
        raise ValueError(f"the features have no column {name}") from None
    if isinstance(column, np.ma.MaskedArray):
        column = np.ma.filled(column.astype(object), None)
    series = pd.Series(column, dtype=object)
    text = np.array([None if pd.isna(value) else str(value) for value in series], dtype=object)
    return text


def _raw_matrix(
    features: Columns, clustering: list[dict[str, Any]]
) -> tuple[FloatArray, dict[str, list[str]], set[str]]:
    """Return a float matrix of the clustering features, categories as their index."""
    categories: dict[str, list[str]] = {}
    absent: set[str] = set()
    columns: list[NDArray[Any] | None] = []
    available = set(features)
    n_rows = len(features) if isinstance(features, pd.DataFrame) else -1
    for row in clustering:
        name = row["feature"]
        if name not in available:
            absent.add(name)
            columns.append(None)
        elif row["transform"] == "nominal":
            text = read_text(features, name)
            categories[name] = sorted({value for value in text if value is not None})
            codes = {value: float(code) for code, value in enumerate(categories[name])}
            columns.append(np.array([codes.get(value, _UNKNOWN) for value in text]))
        else:
            values = read_number(features, name)
            columns.append(np.where(np.isnan(values), _UNKNOWN, values))
        newest = columns[-1]
        if newest is not None:
            n_rows = max(n_rows, len(newest))
    raw = np.full((max(n_rows, 0), len(clustering)), _UNKNOWN)
    for index, column in enumerate(columns):
        if column is not None:
            raw[:, index] = column
    return raw, categories, absent


def _dropped(base: Treatment, reason: str, **changes: Any) -> Treatment:
    return Treatment(**{**asdict(base), **changes, "treatment": "dropped", "reason": reason})


def _fit_numeric(
    column: FloatArray, row: dict[str, Any], base: Treatment, candidates: list[_Candidate]
) -> Treatment:
    missing = np.isnan(column)
    known = np.sort(column[~missing])
    imputed = sorted_quantile(known, 0.5) if row["imputation"] == "median" else row["imputation"]
    filled = np.where(missing, imputed, column)
    ordered = np.sort(filled)
    unit = _unit(ordered) if row["transform"] in ("log", "power") else 1.0
    power = _fit_power(ordered / unit) if row["transform"] == "power" else None
    transformed = _transform(ordered / unit, row["transform"], power)
    lower, upper = _caps(transformed)
    capped = np.clip(transformed, lower, upper)
    counts = {
        "imputed_count": base.missing_count,
        "imputed_value": float(imputed),
        "unit": unit,
        "power": power,
        "lower_cap_value": _rounded(unit * _inverse(lower, row["transform"], power)),
        "upper_cap_value": _rounded(unit * _inverse(upper, row["transform"], power)),
        "capped_low_count": int((transformed < lower).sum()),
        "capped_high_count": int((transformed > upper).sum()),
    }
    centre = _rounded(float(capped.mean()))
    scale = _rounded(float(np.sqrt(np.mean((capped - centre) ** 2))))
    if _most_common_share(capped) >= NEAR_CONSTANT_SHARE or scale <= 1e-9 * max(1.0, abs(centre)):
        return _dropped(base, "nearly the same for every customer", **counts)
    values = np.clip(_transform(filled / unit, row["transform"], power), lower, upper)
    common = {
        "feature": row["feature"],
        "family": row["family"],
        "category": None,
        "catalogue_weight": row["weight"],
    }
    candidates.append(
        _Candidate(
            name=row["feature"],
            kind="value",
            transform=row["transform"],
            unit=unit,
            power=power,
            imputed_value=float(imputed),
            lower_cap=lower,
            upper_cap=upper,
            centre=centre,
            scale=scale,
            standardised=(values - centre) / scale,
            type_weight=_distinguishing_share(capped),
            **common,
        )
    )
    share = float(missing.mean())
    if row["null_meaning"] == "unknown" or share == 0.0:
        return Treatment(**{**asdict(base), **counts})
    if not MATERIAL_SHARE <= share <= 1 - MATERIAL_SHARE:
        return Treatment(
            **{**asdict(base), **counts, "missing_reason": "missing for too few or too many"}
        )
    name = f"{row['feature']}__missing"
    candidates.append(_indicator(missing, name=name, kind="missing", **common))
    return Treatment(**{**asdict(base), **counts, "has_missing_dimension": True})


def _distinguishing_share(ordered: FloatArray) -> float:
    """Variance of the mid-ranks over that without ties, 1 where all values differ."""
    _, counts = np.unique(ordered, return_counts=True)
    return _rounded(1.0 - math.fsum((counts / len(ordered)) ** 3))


def _fit_nominal(
    column: FloatArray,
    categories: list[str],
    row: dict[str, Any],
    base: Treatment,
    candidates: list[_Candidate],
) -> Treatment:
    kept: list[tuple[str | None, NDArray[np.bool_]]] = []
    for code, category in enumerate(categories):
        members = column == code
        if members.mean() >= CATEGORY_SHARE:
            kept.append((category, members))
    missing = np.isnan(column)
    if missing.mean() >= CATEGORY_SHARE:
        kept.append((None, missing))
    largest = max((float(members.mean()) for _, members in kept), default=0.0)
    if not kept:
        return _dropped(base, "no category reaches 1% of customers")
    if largest >= NEAR_CONSTANT_SHARE:
        return _dropped(base, "nearly the same for every customer")
    total = sum(1.0 - float(members.mean()) for _, members in kept)
    for label, members in kept:
        name = f"{row['feature']}__missing" if label is None else f"{row['feature']}={label}"
        share_of_total = (1.0 - float(members.mean())) / total
        candidates.append(
            _indicator(
                members,
                name=name,
                kind="missing" if label is None else "category",
                feature=row["feature"],
                family=row["family"],
                category=label,
                catalogue_weight=row["weight"],
                type_weight=NOMINAL_WEIGHT * share_of_total,
            )
        )
    return Treatment(**{**asdict(base), "has_missing_dimension": kept[-1][0] is None})


def _indicator(
    members: NDArray[np.bool_],
    *,
    name: str,
    kind: str,
    feature: str,
    family: str,
    category: str | None,
    catalogue_weight: float,
    type_weight: float = INDICATOR_WEIGHT,
) -> _Candidate:
    share = float(members.mean())
    centre = _rounded(share)
    scale = _rounded(math.sqrt(max(share * (1.0 - share), INDICATOR_VARIANCE_FLOOR)))
    return _Candidate(
        name=name,
        feature=feature,
        family=family,
        kind=kind,
        category=category,
        transform="none",
        unit=1.0,
        power=None,
        imputed_value=None,
        lower_cap=None,
        upper_cap=None,
        centre=centre,
        scale=scale,
        standardised=(members.astype(np.float64) - centre) / scale,
        type_weight=type_weight,
        catalogue_weight=catalogue_weight,
    )


def _without_duplicates(
    candidates: list[_Candidate], treatments: dict[str, Treatment]
) -> list[_Candidate]:
    """Drop what repeats another dimension.

    Values stay before indicators, then what is known for more customers, then the first by
    family and feature.
    """
    if len(candidates) < 2:
        return candidates
    sample = draw_rows(
        np.column_stack([candidate.standardised for candidate in candidates]),
        size=CORRELATION_ROWS,
        seed=0,
    )
    correlation = _rank_correlations(sample, [candidate.kind for candidate in candidates])
    kept: list[int] = []
    order = sorted(
        range(len(candidates)),
        key=lambda index: (
            candidates[index].kind != "value",
            treatments[candidates[index].feature].missing_count,
            index,
        ),
    )
    for index in order:
        candidate = candidates[index]
        if candidate.kind == "category" or (
            candidate.kind == "missing" and treatments[candidate.feature].transform == "nominal"
        ):
            kept.append(index)  # the categories of one feature stand or fall together
            continue
        treatment = treatments[candidate.feature]
        if candidate.kind == "missing" and treatment.treatment == "dropped":
            treatments[candidate.feature] = Treatment(
                **{**asdict(treatment), "has_missing_dimension": False}
            )
            continue
        close = [
            other for other in kept if abs(correlation[index, other]) > NEAR_DUPLICATE_CORRELATION
        ]
        if not close:
            kept.append(index)
        elif candidate.kind == "value":
            treatments[candidate.feature] = _dropped(
                treatment,
                "says the same as another feature",
                near_duplicate_of=candidates[close[0]].feature,
                rank_correlation=_rounded(float(correlation[index, close[0]])),
            )
        else:
            treatments[candidate.feature] = Treatment(
                **{
                    **asdict(treatment),
                    "has_missing_dimension": False,
                    "missing_reason": f"told by {candidates[close[0]].name}",
                }
            )
    return [candidates[index] for index in sorted(kept)]


def _rank_correlations(sample: FloatArray, kinds: list[str]) -> FloatArray:
    """Return rank correlations that a shared heap of equal values can't make by itself.

    Two features that are zero for the same 80% of customers correlate by rank whatever
    the other 20% say. So the correlation is measured again on the customers for whom at
    least one of the two departs from its commonest value, and the weaker of the two counts.
    """
    correlation = _correlation(np.apply_along_axis(rankdata, 0, sample))
    departs = np.column_stack([column != _mode(column) for column in sample.T])
    for i, j in np.argwhere(np.abs(correlation) > NEAR_DUPLICATE_CORRELATION):
        rows = departs[:, i] | departs[:, j]
        if i < j and kinds[i] == kinds[j] == "value" and 1 < rows.sum() < len(rows):
            ranks = np.apply_along_axis(rankdata, 0, sample[rows][:, [i, j]])
            apart = _correlation(ranks)[0, 1]
            if abs(apart) < abs(correlation[i, j]):
                correlation[i, j] = correlation[j, i] = apart
    return correlation


def _mode(column: FloatArray) -> float:
    values, counts = np.unique(column, return_counts=True)
    return float(values[np.argmax(counts)])


def _weigh(candidates: list[_Candidate], treatments: dict[str, Treatment]) -> tuple[Dimension, ...]:
    """Turn type, catalogue and family weights into one multiplier per dimension."""
    standardised = np.column_stack([candidate.standardised for candidate in candidates])
    squared = _correlation(standardised) ** 2
    n_dimensions = len(candidates)
    shared = np.zeros(n_dimensions)
    for i, one in enumerate(candidates):
        for j, other in enumerate(candidates):
            same_nominal = one.feature == other.feature and "category" in (one.kind, other.kind)
            # Not to hold a product is one fact, however many families it leaves blank.
            is_related = one.family == other.family or one.kind == other.kind == "missing"
            if i != j and is_related and not same_nominal:
                shared[i] += other.type_weight * squared[i, j]
    variance = np.array([candidate.type_weight for candidate in candidates]) / (1.0 + shared)
    variance *= np.array([candidate.catalogue_weight for candidate in candidates])
    dimensions = tuple(
        Dimension(
            position=position,
            dimension=candidate.name,
            feature=candidate.feature,
            family=candidate.family,
            kind=candidate.kind,
            category=candidate.category,
            transform=candidate.transform,
            unit=candidate.unit,
            power=candidate.power,
            imputed_value=candidate.imputed_value,
            lower_cap=candidate.lower_cap,
            upper_cap=candidate.upper_cap,
            centre=candidate.centre,
            scale=candidate.scale,
            weight=_rounded(math.sqrt(variance[position - 1])),
        )
        for position, candidate in enumerate(candidates, start=1)
    )
    spread = variance * np.array([float(np.mean(c.standardised**2)) for c in candidates])
    for feature in dict.fromkeys(candidate.feature for candidate in candidates):
        own = [i for i, candidate in enumerate(candidates) if candidate.feature == feature]
        treatments[feature] = Treatment(
            **{
                **asdict(treatments[feature]),
                "redundancy": _rounded(float(shared[own].max())),
                "variance_share_ratio": _rounded(float(spread[own].sum() / spread.sum())),
            }
        )
    return dimensions


def _coordinate(column: NDArray[Any], dimension: Dimension) -> FloatArray:
    if dimension.kind == "missing":
        values = np.asarray(pd.isna(column), dtype=np.float64)
    elif dimension.kind == "category":
        values = (column == dimension.category).astype(np.float64)
    else:
        assert dimension.imputed_value is not None
        filled = np.where(np.isnan(column), dimension.imputed_value, column)
        values = _capped(filled, dimension)
    result: FloatArray = dimension.weight * (values - dimension.centre) / dimension.scale
    return result


def standardised_values(values: FloatArray, dimension: Dimension) -> FloatArray:
    """Return a feature in standard deviations of the fit population, null where it is.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        Natural units.
    dimension : Dimension
        Of kind ``value``.

    Returns
    -------
    ndarray of shape (n,), float64
        Transformed and capped, without the weight.
    """
    result: FloatArray = (_capped(values, dimension) - dimension.centre) / dimension.scale
    return result


def _capped(values: FloatArray, dimension: Dimension) -> FloatArray:
    transformed = _transform(values / dimension.unit, dimension.transform, dimension.power)
    capped: FloatArray = np.clip(transformed, dimension.lower_cap, dimension.upper_cap)
    return capped


def _transform(values: FloatArray, transform: str, power: float | None) -> FloatArray:
    if transform == "log":
        logged: FloatArray = np.sign(values) * np.log1p(np.abs(values))
        return logged
    if transform == "power":
        assert power is not None
        return _yeo_johnson(values, power)
    if transform == "logit":
        share = np.clip(values, LOGIT_MARGIN, 1.0 - LOGIT_MARGIN)
        odds: FloatArray = np.log(share / (1.0 - share))
        return odds
    return values


def _yeo_johnson(values: FloatArray, power: float) -> FloatArray:
    result = np.empty_like(values, dtype=np.float64)
    positive = values >= 0
    up, down = values[positive], -values[~positive]
    if power == 0.0:
        result[positive] = np.log1p(up)
    else:
        result[positive] = ((1.0 + up) ** power - 1.0) / power
    if power == 2.0:
        result[~positive] = -np.log1p(down)
    else:
        result[~positive] = -((1.0 + down) ** (2.0 - power) - 1.0) / (2.0 - power)
    return result


def _inverse(value: float, transform: str, power: float | None) -> float:
    """Return the natural value behind a transformed one."""
    if transform == "log":
        return math.copysign(math.expm1(abs(value)), value)
    if transform == "logit":
        return 1.0 / (1.0 + math.exp(-value))
    if transform == "power":
        assert power is not None
        if value >= 0:
            return (
                math.expm1(value)
                if power == 0.0
                else math.exp(math.log1p(value * power) / power) - 1.0
            )
        other = 2.0 - power
        return (
            -math.expm1(-value)
            if other == 0.0
            else 1.0 - math.exp(math.log1p(-value * other) / other)
        )
    return value


def _fit_power(ordered: FloatArray) -> float:
    """Return the Yeo-Johnson exponent of greatest likelihood, to two decimals.

    It is fitted to 2,001 quantiles, which settle it as well as a million values would.
    """
    grid = ordered[np.ceil(np.linspace(0.0, 1.0, 2_001)[1:] * len(ordered)).astype(np.int64) - 1]
    logs = float(np.sum(np.sign(grid) * np.log1p(np.abs(grid))))

    def loss(power: float) -> float:
        variance = float(np.var(_yeo_johnson(grid, power)))
        if not (math.isfinite(variance) and variance > 0.0):
            return math.inf
        return 0.5 * len(grid) * math.log(variance) - (power - 1.0) * logs

    if grid[0] == grid[-1]:
        return 1.0
    best = minimize_scalar(loss, bounds=POWER_BOUNDS, method="bounded", options={"xatol": 1e-4})
    return round(float(best.x), 2) + 0.0


def _unit(ordered: FloatArray) -> float:
    sizes = np.sort(np.abs(ordered[ordered != 0.0]))
    return _rounded(sorted_quantile(sizes, UNIT_SHARE)) if len(sizes) else 1.0


def _caps(ordered: FloatArray) -> tuple[float, float]:
    first, third = sorted_quantile(ordered, 0.25), sorted_quantile(ordered, 0.75)
    reach = FENCE_RANGES * (third - first)
    lower = min(first - reach, sorted_quantile(ordered, TAIL_SHARE))
    upper = max(third + reach, sorted_quantile(ordered, 1.0 - TAIL_SHARE))
    return float(max(lower, ordered[0])), float(min(upper, ordered[-1]))


def sorted_quantile(ordered: ArrayLike, share: float) -> float:
    """Return the smallest value that at least ``share`` of a sorted array doesn't exceed.

    Without interpolation a quantile stays put when every customer is there twice.
    """
    values = np.asarray(ordered, dtype=np.float64)
    rank = math.ceil(round(share * len(values), 9))
    return float(values[min(max(rank, 1), len(values)) - 1])


def _most_common_share(ordered: FloatArray) -> float:
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(starts, len(ordered)))
    return float(lengths.max() / len(ordered))


def _correlation(columns: FloatArray) -> FloatArray:
    """Return Pearson correlations, 0 where a column is constant."""
    centred = columns - columns.mean(axis=0)
    norms = np.sqrt(np.einsum("ij,ij->j", centred, centred))
    scaled = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0)
    with single_threaded_libraries():
        product = scaled.T @ scaled
    rounded: FloatArray = np.round(product, _DIGITS)
    return rounded


def _rounded(value: float) -> float:
    """Return ``value`` to twelve significant digits."""
    return float(f"{value:.{_DIGITS - 1}e}")
