"""Say what the segments are: effects, rules, a profile of medians and a name.

Nothing here tests significance. The segments were made from these very features, so every
difference between them would be 'significant'; effect sizes say how large it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.tree import DecisionTreeClassifier

from customer_segmentation.reporting.formats import Formatter
from customer_segmentation.representation import (
    Columns,
    Dimension,
    Representation,
    fit_representation,
    read_number,
    read_text,
    standardised_values,
    validate_catalogue,
)

NEGLIGIBLE_EFFECT = 0.2
"""Standardised differences below this aren't worth a word (Cohen 1988)."""
RULE_DIGITS = 3
"""Significant digits of a threshold; fidelity is measured with the rounded one."""
PLAIN = Formatter()
"""Writes numbers where nobody said how."""
_CONDITION = re.compile(r"^\s*(\w+)\s*(>=|<=)\s*(-?\d+(?:\.\d+)?)\s*$")


@dataclass(frozen=True)
class RuleList:
    """A shallow decision tree that imitates the assignment, leaf by leaf.

    Attributes
    ----------
    rules : DataFrame
        One row per leaf, the segment's largest first: ``segment_id``, ``rule_number``,
        ``rule_text``, ``customers_count`` (who meet it), ``correct_count`` (of them in the
        segment), ``precision_ratio`` and ``recall_ratio`` of the rule,
        ``segment_precision_ratio`` and ``segment_recall_ratio`` of all the segment's rules
        together, and ``fidelity_ratio``, the share of customers that the list puts where
        the model does. Measured on customers that the tree wasn't fitted to where there are
        at least 200.
    is_held_out : bool
        Whether they were.
    """

    rules: pd.DataFrame
    is_held_out: bool


def feature_effects(
    features: Columns,
    labels: ArrayLike,
    segment_ids: Sequence[str],
    catalogue: pd.DataFrame,
    representation: Representation,
) -> pd.DataFrame:
    """Compare each segment with everyone else, feature by feature.

    Known values only: an imputed value says nothing about a segment. Protected attributes
    are left out here; the governance marts audit them.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        Natural units.
    labels : array-like of shape (n,), int
        Index into ``segment_ids``.
    segment_ids : sequence of str
    catalogue : DataFrame
    representation : Representation
        The model's; a feature that it doesn't use is standardised by one of its own.

    Returns
    -------
    DataFrame
        One row per segment and numeric feature: ``segment_id``, ``feature``, ``family``,
        ``is_clustering`` (whether the model uses it), ``customers_count``,
        ``known_count``, ``missing_ratio``, then in natural units ``mean_value``,
        ``median_value``, ``lower_quartile_value``, ``upper_quartile_value``,
        ``rest_mean_value``, ``rest_median_value``; ``mean_z`` (population standard deviations
        from the population mean, on the transformed scale), ``standardised_difference``
        (Cohen's d against the rest, on that scale; null with one segment) and
        ``effect_rank`` (1 is the strongest among clustering features, null for others).

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences.
    """
    own = np.asarray(labels)
    used = {row.feature: row for row in representation.dimensions if row.kind == "value"}
    rows: list[dict[str, Any]] = []
    for entry in validate_catalogue(catalogue):
        name = entry["feature"]
        if entry["is_protected"] or entry["transform"] == "nominal" or name not in features:
            continue
        values = read_number(features, name)
        known = ~np.isnan(values)
        if not known.any():
            continue
        dimension = used.get(name) or _own_dimension(values, name, catalogue)
        z = standardised_values(values, dimension) if dimension else np.full(len(values), np.nan)
        for index, segment_id in enumerate(segment_ids):
            inside = own == index
            rows.append(
                {
                    "segment_id": segment_id,
                    "feature": name,
                    "family": entry["family"],
                    "is_clustering": name in used,
                    "customers_count": int(inside.sum()),
                    **_contrast(values, z, inside, known),
                }
            )
    effects = pd.DataFrame(rows)
    strength = effects["standardised_difference"].abs().where(effects["is_clustering"])
    ranked = effects.assign(strength=strength).sort_values(
        ["segment_id", "strength", "feature"], ascending=[True, False, True], kind="stable"
    )
    rank = ranked.groupby("segment_id").cumcount() + 1
    effects["effect_rank"] = rank.where(ranked["strength"].notna()).reindex(effects.index)
    return effects


def rule_list(
    features: Columns,
    labels: ArrayLike,
    segment_ids: Sequence[str],
    representation: Representation,
    *,
    seed: int,
    max_depth: int = 4,
    minimum_share: float = 0.01,
) -> RuleList:
    """Imitate the segments by a shallow tree over natural units.

    Parameters
    ----------
    features : DataFrame or mapping of arrays
        Natural units, sorted by key.
    labels : array-like of shape (n,), int
    segment_ids : sequence of str
    representation : Representation
        Says which features, and what stands for null.
    seed : int
        Draws the half that the tree is fitted to.
    max_depth : int
        Most conditions per rule.
    minimum_share : float
        Smallest share of customers in a leaf, 0 to 1.

    Returns
    -------
    RuleList
    """
    own = np.asarray(labels)
    matrix = np.column_stack(
        [_natural(features, dimension) for dimension in representation.dimensions]
    )
    n_rows = len(matrix)
    is_held_out = n_rows >= 200
    shuffled = np.random.default_rng(seed).permutation(n_rows)
    fit_rows = np.sort(shuffled[: n_rows // 2]) if is_held_out else np.arange(n_rows)
    check_rows = np.sort(shuffled[n_rows // 2 :]) if is_held_out else np.arange(n_rows)
    tree = DecisionTreeClassifier(
        max_depth=max_depth,
        max_leaf_nodes=max(2, 3 * len(segment_ids)),
        min_samples_leaf=max(1, int(minimum_share * len(fit_rows))),
        random_state=seed,
    ).fit(matrix[fit_rows], own[fit_rows])

    leaves = _leaves(tree, representation.dimensions)
    checked, truth = matrix[check_rows], own[check_rows]
    met = [_meets(checked, bounds) for _, bounds in leaves]
    predicted = np.full(len(checked), -1)
    for (label, _), members in zip(leaves, met, strict=True):
        predicted[members] = label
    fidelity = float((predicted == truth).mean())
    rows = []
    for (label, bounds), members in zip(leaves, met, strict=True):
        correct = int((members & (truth == label)).sum())
        claimed, present = int((predicted == label).sum()), int((truth == label).sum())
        both = int(((predicted == label) & (truth == label)).sum())
        rows.append(
            {
                "segment_id": segment_ids[label],
                "rule_text": _rule_text(bounds, representation.dimensions),
                "customers_count": int(members.sum()),
                "correct_count": correct,
                "precision_ratio": _ratio(correct, int(members.sum())),
                "recall_ratio": _ratio(correct, present),
                "segment_precision_ratio": _ratio(both, claimed),
                "segment_recall_ratio": _ratio(both, present),
                "fidelity_ratio": fidelity,
            }
        )
    rules = pd.DataFrame(rows).sort_values(
        ["segment_id", "correct_count", "rule_text"], ascending=[True, False, True]
    )
    rules.insert(1, "rule_number", rules.groupby("segment_id").cumcount() + 1)
    return RuleList(rules.reset_index(drop=True), is_held_out)


def name_segments(
    effects: pd.DataFrame,
    catalogue: pd.DataFrame,
    playbook: pd.DataFrame,
    *,
    overrides: pd.DataFrame | None = None,
    previous_names: Mapping[str, tuple[str, str]] | None = None,
    formatter: Formatter = PLAIN,
) -> pd.DataFrame:
    """Give each segment a name, one line of description and what sets it apart.

    A name that people gave comes first, then the name that the id already had, then the
    playbook: its entries are taken in order of priority, and each goes to the segment that
    meets all its conditions by the widest mean margin. A segment that meets none is
    named after its two strongest effects. Names are distinct.

    Parameters
    ----------
    effects : DataFrame
        From :func:`feature_effects`, one version.
    catalogue : DataFrame
        With ``label`` and ``display_format`` where there are any.
    playbook : DataFrame
        ``name``, ``description``, ``conditions`` (on the segment's mean z, such as
        ``utilisation_mean_ratio >= 0.5; payment_ratio <= -0.3``) and ``priority``
        (the lowest goes first).
    overrides : DataFrame, optional
        ``segment_id``, ``segment_name``, ``segment_description``.
    previous_names : mapping of segment id to (name, description), optional
        Of the versions before.
    formatter : Formatter, optional
        Writes numbers and money as the lender's reports do.

    Returns
    -------
    DataFrame
        ``segment_id``, ``segment_name``, ``segment_description``, ``sets_apart`` and
        ``name_source`` (``override``, ``carried``, ``playbook`` or ``profile``).

    Raises
    ------
    ValueError
        If a condition can't be read, a playbook name or an overridden segment is there
        twice, or two overrides give the same name.
    """
    profile = effects.pivot(index="segment_id", columns="feature", values="mean_z")
    segment_ids = sorted(profile.index)
    entries = _playbook_entries(playbook)
    apart = {
        segment_id: sets_apart(effects, catalogue, segment_id, formatter=formatter)
        for segment_id in segment_ids
    }
    given = _override_names(overrides)

    chosen: dict[str, tuple[str, str, str]] = {}
    taken: set[str] = set()

    def give(segment_id: str, name: str, description: str, source: str) -> None:
        chosen[segment_id] = (name, description, source)
        taken.add(name.casefold())

    for segment_id in segment_ids:
        if segment_id in given:
            name, description = given[segment_id]
            give(segment_id, name, description, "override")
    carried = previous_names or {}
    for segment_id in segment_ids:
        if segment_id not in chosen and segment_id in carried:
            name, description = carried[segment_id]
            if name.casefold() not in taken:
                give(segment_id, name, description, "carried")
    if len(segment_ids) == 1 and segment_ids[0] not in chosen:
        give(segment_ids[0], "All customers", "No partition holds; one segment for all.", "profile")
    for name, description, conditions in entries:
        if name.casefold() in taken:
            continue
        margins = {
            segment_id: margin
            for segment_id in segment_ids
            if segment_id not in chosen
            and (margin := _margin(profile.loc[segment_id], conditions)) is not None
        }
        if margins:
            winner = min(margins, key=lambda segment_id: (-margins[segment_id], segment_id))
            give(winner, name, description, "playbook")
    for segment_id in segment_ids:
        if segment_id not in chosen:
            name = _profile_name(effects, catalogue, segment_id)
            if name.casefold() in taken:
                name = f"{name} ({segment_id})"
            give(segment_id, name, f"Stands out by {apart[segment_id]}.", "profile")
    return pd.DataFrame(
        [
            {
                "segment_id": segment_id,
                "segment_name": chosen[segment_id][0],
                "segment_description": chosen[segment_id][1],
                "sets_apart": apart[segment_id],
                "name_source": chosen[segment_id][2],
            }
            for segment_id in segment_ids
        ]
    )


def sets_apart(
    effects: pd.DataFrame,
    catalogue: pd.DataFrame,
    segment_id: str,
    *,
    n_features: int = 3,
    formatter: Formatter = PLAIN,
) -> str:
    """Say in natural units which features set a segment apart from everyone else.

    Parameters
    ----------
    effects : DataFrame
        From :func:`feature_effects`.
    catalogue : DataFrame
    segment_id : str
    n_features : int
        Most features to name.
    formatter : Formatter, optional
        Writes numbers and money as the lender's reports do.

    Returns
    -------
    str
        Such as ``days past due now 60 (others 0); average share of months past due 0.6%
        (others 16%)``: medians or, where the two medians read the same, means, which are
        called average.
    """
    strongest = _strongest(effects, segment_id).head(n_features)
    if strongest.empty:
        return "no clustering feature"
    formats = _by_feature(catalogue, "display_format")
    labels = _by_feature(catalogue, "label")
    parts = []
    for row in strongest.to_dict("records"):
        style = formats.get(row["feature"], "decimal")
        label = _label(row["feature"], labels)
        inside = _shown(row["median_value"], style, formatter)
        rest = _shown(row["rest_median_value"], style, formatter)
        if inside == rest:
            label = f"average {label}"
            inside = _shown(row["mean_value"], style, formatter)
            rest = _shown(row["rest_mean_value"], style, formatter)
        parts.append(f"{label} {inside} (others {rest})")
    return "; ".join(parts)


def _contrast(
    values: NDArray[np.float64],
    z: NDArray[np.float64],
    inside: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> dict[str, Any]:
    mine, others = np.sort(values[inside & known]), np.sort(values[~inside & known])
    my_z, other_z = np.sort(z[inside & known]), np.sort(z[~inside & known])
    return {
        "known_count": len(mine),
        "missing_ratio": 1.0 - _ratio(len(mine), int(inside.sum())),
        "mean_value": _mean(mine),
        "median_value": _quantile(mine, 0.5),
        "lower_quartile_value": _quantile(mine, 0.25),
        "upper_quartile_value": _quantile(mine, 0.75),
        "rest_mean_value": _mean(others),
        "rest_median_value": _quantile(others, 0.5),
        "mean_z": _mean(my_z),
        "standardised_difference": _cohens_d(my_z, other_z),
    }


def _cohens_d(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    freedom = len(one) + len(other) - 2
    if not len(one) or not len(other) or freedom < 1:
        return float("nan")
    squares = ((one - one.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum()
    spread = float(np.sqrt(squares / freedom))
    difference = float(one.mean() - other.mean())
    if spread == 0.0:
        return 0.0 if difference == 0.0 else float("nan")
    return difference / spread


def _own_dimension(
    values: NDArray[np.float64], name: str, catalogue: pd.DataFrame
) -> Dimension | None:
    """Standardise a feature that the model doesn't use, or None where it hardly varies."""
    alone = catalogue[catalogue["feature"] == name].assign(
        is_clustering=True, null_meaning="not_a_holder"
    )
    try:
        fitted = fit_representation({name: values}, alone)
    except ValueError:
        return None
    return next(row for row in fitted.dimensions if row.kind == "value")


def _natural(features: Columns, dimension: Dimension) -> NDArray[np.float64]:
    if dimension.kind == "category":
        members = read_text(features, dimension.feature) == dimension.category
        return np.asarray(members, dtype=np.float64)
    if dimension.kind == "missing":
        return np.asarray(pd.isna(features[dimension.feature]), dtype=np.float64)
    values = read_number(features, dimension.feature)
    assert dimension.imputed_value is not None
    return np.where(np.isnan(values), dimension.imputed_value, values)


_Bounds = dict[int, tuple[float, float]]


def _leaves(
    tree: DecisionTreeClassifier, dimensions: Sequence[Dimension]
) -> list[tuple[int, _Bounds]]:
    """Return each leaf's class and the interval (lower, upper] of each dimension."""
    nodes = tree.tree_

    def walk(node: int, bounds: _Bounds) -> list[tuple[int, _Bounds]]:
        if nodes.children_left[node] == -1:
            return [(int(tree.classes_[nodes.value[node][0].argmax()]), bounds)]
        column = int(nodes.feature[node])
        threshold = float(nodes.threshold[node])
        if dimensions[column].kind == "value":
            threshold = float(f"{threshold:.{RULE_DIGITS}g}")
        lower, upper = bounds.get(column, (-np.inf, np.inf))
        left = {**bounds, column: (lower, min(upper, threshold))}
        right = {**bounds, column: (max(lower, threshold), upper)}
        return walk(int(nodes.children_left[node]), left) + walk(
            int(nodes.children_right[node]), right
        )

    return walk(0, {})


def _meets(matrix: NDArray[np.float64], bounds: _Bounds) -> NDArray[np.bool_]:
    members = np.ones(len(matrix), dtype=bool)
    for column, (lower, upper) in bounds.items():
        members &= (matrix[:, column] > lower) & (matrix[:, column] <= upper)
    return members


def _rule_text(bounds: _Bounds, dimensions: Sequence[Dimension]) -> str:
    parts = []
    for column, (lower, upper) in sorted(bounds.items()):
        dimension = dimensions[column]
        if dimension.kind != "value":
            what = f"= '{dimension.category}'" if dimension.kind == "category" else "is null"
            wanted = lower >= 0.0
            negated = "is not null" if dimension.kind == "missing" else f"<> '{dimension.category}'"
            parts.append(f"{dimension.feature} {what if wanted else negated}")
            continue
        if np.isfinite(lower):
            parts.append(f"{dimension.feature} > {lower:.{RULE_DIGITS}g}")
        if np.isfinite(upper):
            parts.append(f"{dimension.feature} <= {upper:.{RULE_DIGITS}g}")
    return " and ".join(parts) or "everyone"


def _playbook_entries(
    playbook: pd.DataFrame,
) -> list[tuple[str, str, list[tuple[str, str, float]]]]:
    entries = []
    for record in playbook.to_dict("records"):
        conditions = []
        for text in str(record["conditions"]).split(";"):
            found = _CONDITION.match(text)
            if found is None:
                raise ValueError(
                    f"playbook entry {record['name']}: condition '{text.strip()}' must read "
                    "like 'payment_ratio >= 0.5'"
                )
            conditions.append((found[1], found[2], float(found[3])))
        entries.append(
            (float(record["priority"]), str(record["name"]), str(record["description"]), conditions)
        )
    names = [name.casefold() for _, name, _, _ in entries]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"playbook entry {name} is there twice")
    return [(name, text, conditions) for _, name, text, conditions in sorted(entries)]


def _override_names(overrides: pd.DataFrame | None) -> dict[str, tuple[str, str]]:
    given: dict[str, tuple[str, str]] = {}
    if overrides is None:
        return given
    for record in overrides.to_dict("records"):
        segment_id, name = str(record["segment_id"]), str(record["segment_name"])
        if segment_id in given:
            raise ValueError(f"segment {segment_id} is in the name overrides twice")
        if any(name.casefold() == other.casefold() for other, _ in given.values()):
            raise ValueError(f"the name overrides give '{name}' to two segments")
        given[segment_id] = (name, str(record["segment_description"]))
    return given


def _margin(profile: pd.Series, conditions: list[tuple[str, str, float]]) -> float | None:
    """Return the mean margin by which all conditions hold, or None where one doesn't."""
    margins = []
    for feature, relation, limit in conditions:
        z = profile.get(feature)
        if z is None or pd.isna(z):
            return None
        margin = float(z) - limit if relation == ">=" else limit - float(z)
        if margin < 0:
            return None
        margins.append(margin)
    return float(np.mean(margins))


def _strongest(effects: pd.DataFrame, segment_id: str) -> pd.DataFrame:
    own = effects[(effects["segment_id"] == segment_id) & effects["effect_rank"].notna()]
    own = own.sort_values("effect_rank")
    notable = own[own["standardised_difference"].abs() >= NEGLIGIBLE_EFFECT]
    return notable if len(notable) else own.head(1)


def _profile_name(effects: pd.DataFrame, catalogue: pd.DataFrame, segment_id: str) -> str:
    labels = _by_feature(catalogue, "label")
    words = [
        ("high " if row["standardised_difference"] > 0 else "low ") + _label(row["feature"], labels)
        for row in _strongest(effects, segment_id).head(2).to_dict("records")
    ]
    return ", ".join(words).capitalize() or f"Segment {segment_id}"


def _by_feature(catalogue: pd.DataFrame, column: str) -> dict[str, str]:
    if column not in catalogue.columns:
        return {}
    return dict(zip(catalogue["feature"], catalogue[column], strict=True))


def _label(feature: str, labels: Mapping[str, str]) -> str:
    return labels.get(feature) or feature.replace("_", " ")


def _shown(value: float, style: str, formatter: Formatter) -> str:
    """Write a value as a reader remembers it: money to three digits, small shares to one more."""
    if pd.isna(value):
        return "unknown"
    if style == "percent":
        return formatter.percent(value, int(0.0005 <= abs(value) < 0.095))
    if style == "currency":
        return formatter.money(float(f"{value:.3g}"))
    if style == "integer":
        return formatter.number(value, 0 if abs(value) >= 0.95 or value == 0 else 1)
    return formatter(value, "trimmed")


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else float("nan")


def _mean(ordered: NDArray[np.float64]) -> float:
    return float(ordered.mean()) if len(ordered) else float("nan")


def _quantile(ordered: NDArray[np.float64], share: float) -> float:
    """Return the quantile as SQL's ``percentile_cont`` does: profiles give the same medians."""
    return float(np.quantile(ordered, share)) if len(ordered) else float("nan")
