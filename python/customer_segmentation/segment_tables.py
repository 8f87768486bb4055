"""The segmentation tables, from DuckDB relations to Arrow tables.

Each function makes one table. Relations come in, whoever made them; an Arrow table with a
fixed schema goes out. Rows are put in key order before anything is computed, so that a
table depends on neither the order in which an engine returns rows nor its threads.

Tables that the fit alone determines are extended, never rewritten: they take their own
``existing`` rows and return those of the versions that are still missing.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from customer_segmentation.baselines import compare_baselines
from customer_segmentation.drift import bin_counts, stability_index
from customer_segmentation.explain import feature_effects, name_segments, rule_list
from customer_segmentation.projection import project
from customer_segmentation.reporting.formats import Formatter
from customer_segmentation.representation import fit_representation
from customer_segmentation.segment_model import (
    SegmentModel,
    feature_list_hash,
    fit_segments,
    used_segment_ids,
)
from customer_segmentation.selection import scan_k
from customer_segmentation.stability import agreement_of_halves, bootstrap_jaccard, take

Relation = duckdb.DuckDBPyRelation
BATCH_ROWS = 131_072

_TEXT, _WHOLE, _REAL = pa.string(), pa.int32(), pa.float64()
_COUNT, _FLAG, _DATE = pa.int64(), pa.bool_(), pa.date32()

K_SCAN = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("k", _WHOLE),
        ("criterion", _TEXT),
        ("value", _REAL),
        ("standard_error", _REAL),
        ("reference_value", _REAL),
        ("is_own_choice", _FLAG),
        ("chosen_k", _WHOLE),
        ("verdict", _TEXT),
        ("reason", _TEXT),
        ("is_fixed", _FLAG),
        ("scan_k_choice", _WHOLE),
        ("sample_agreement", _REAL),
        ("second_sample_k", _WHOLE),
        ("observation_date", _DATE),
        ("population_count", _COUNT),
        ("seed", _WHOLE),
        ("feature_list_hash", _TEXT),
        ("fit_reason", _TEXT),
    ]
)
MODELS = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("is_approved", _FLAG),
        ("status", _TEXT),
        ("segments_count", _WHOLE),
        ("verdict", _TEXT),
        ("fit_reason", _TEXT),
        ("observation_date", _DATE),
        ("population_count", _COUNT),
        ("kept_customers_ratio", _REAL),
        ("inertia", _REAL),
        ("seed", _WHOLE),
        ("feature_list_hash", _TEXT),
        ("data_snapshot_hash", _TEXT),
        ("library_versions", _TEXT),
        ("model_parameters", _TEXT),
    ]
)
DIMENSIONS = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("position", _WHOLE),
        ("dimension", _TEXT),
        ("feature", _TEXT),
        ("family", _TEXT),
        ("kind", _TEXT),
        ("category", _TEXT),
        ("transform", _TEXT),
        ("unit", _REAL),
        ("power", _REAL),
        ("imputed_value", _REAL),
        ("lower_cap", _REAL),
        ("upper_cap", _REAL),
        ("centre", _REAL),
        ("scale", _REAL),
        ("weight", _REAL),
    ]
)
CENTROIDS = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("segment_number", _WHOLE),
        ("segment_id", _TEXT),
        ("position", _WHOLE),
        ("dimension", _TEXT),
        ("centroid_coordinate", _REAL),
        ("centroid_z", _REAL),
        ("outlier_limit_distance", _REAL),
        ("fit_customers_count", _COUNT),
    ]
)
LINEAGE = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("event", _TEXT),
        ("segment_id", _TEXT),
        ("previous_segment_id", _TEXT),
        ("overlap_ratio", _REAL),
        ("shared_customers_count", _COUNT),
        ("customers_count", _COUNT),
        ("previous_customers_count", _COUNT),
        ("centroid_distance", _REAL),
        ("matched_on", _TEXT),
    ]
)
SEGMENTS = pa.schema(
    [
        ("customer_id", _TEXT),
        ("observation_date", _DATE),
        ("segment_id", _TEXT),
        ("segment_model_version", _WHOLE),
        ("distance_to_centroid", _REAL),
        ("runner_up_segment_id", _TEXT),
        ("assignment_margin", _REAL),
        ("is_outlier", _FLAG),
    ]
)
TREATMENT = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("feature", _TEXT),
        ("family", _TEXT),
        ("is_clustering", _FLAG),
        ("treatment", _TEXT),
        ("reason", _TEXT),
        ("customers_count", _COUNT),
        ("missing_count", _COUNT),
        ("missing_ratio", _REAL),
        ("imputed_count", _COUNT),
        ("imputed_value", _REAL),
        ("transform", _TEXT),
        ("unit", _REAL),
        ("power", _REAL),
        ("lower_cap_value", _REAL),
        ("upper_cap_value", _REAL),
        ("capped_low_count", _COUNT),
        ("capped_high_count", _COUNT),
        ("has_missing_dimension", _FLAG),
        ("missing_reason", _TEXT),
        ("near_duplicate_of", _TEXT),
        ("rank_correlation", _REAL),
        ("redundancy", _REAL),
        ("variance_share_ratio", _REAL),
    ]
)
STABILITY = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("segment_id", _TEXT),
        ("observation_date", _DATE),
        ("customers_count", _COUNT),
        ("bootstraps_count", _WHOLE),
        ("bootstrap_jaccard_mean", _REAL),
        ("bootstrap_jaccard_mean_lower", _REAL),
        ("bootstrap_jaccard_mean_upper", _REAL),
        ("bootstrap_jaccard_minimum", _REAL),
        ("bootstrap_jaccard_standard_error", _REAL),
        ("dissolved_ratio", _REAL),
        ("recovered_ratio", _REAL),
        ("halves_jaccard", _REAL),
        ("halves_adjusted_rand_index", _REAL),
    ]
)
FEATURE_DRIFT = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("observation_date", _DATE),
        ("feature", _TEXT),
        ("is_clustering", _FLAG),
        ("fit_observation_date", _DATE),
        ("bins_count", _WHOLE),
        ("fit_customers_count", _COUNT),
        ("customers_count", _COUNT),
        ("population_stability_index", _REAL),
        ("expected_index", _REAL),
        ("index_upper_bound", _REAL),
        ("verdict", _TEXT),
    ]
)
SEGMENT_DRIFT = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("observation_date", _DATE),
        ("segment_id", _TEXT),
        ("fit_observation_date", _DATE),
        ("fit_customers_count", _COUNT),
        ("fit_share_ratio", _REAL),
        ("customers_count", _COUNT),
        ("share_ratio", _REAL),
        ("population_stability_index", _REAL),
        ("expected_index", _REAL),
        ("index_upper_bound", _REAL),
        ("verdict", _TEXT),
    ]
)
EFFECTS = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("segment_id", _TEXT),
        ("feature", _TEXT),
        ("family", _TEXT),
        ("is_clustering", _FLAG),
        ("observation_date", _DATE),
        ("customers_count", _COUNT),
        ("known_count", _COUNT),
        ("missing_ratio", _REAL),
        ("mean_value", _REAL),
        ("median_value", _REAL),
        ("lower_quartile_value", _REAL),
        ("upper_quartile_value", _REAL),
        ("rest_mean_value", _REAL),
        ("rest_median_value", _REAL),
        ("mean_z", _REAL),
        ("standardised_difference", _REAL),
        ("effect_rank", _WHOLE),
    ]
)
RULES = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("segment_id", _TEXT),
        ("rule_number", _WHOLE),
        ("rule_text", _TEXT),
        ("observation_date", _DATE),
        ("customers_count", _COUNT),
        ("correct_count", _COUNT),
        ("precision_ratio", _REAL),
        ("recall_ratio", _REAL),
        ("segment_precision_ratio", _REAL),
        ("segment_recall_ratio", _REAL),
        ("fidelity_ratio", _REAL),
        ("is_held_out", _FLAG),
    ]
)
NAMES = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("segment_id", _TEXT),
        ("segment_name", _TEXT),
        ("segment_description", _TEXT),
        ("sets_apart", _TEXT),
        ("name_source", _TEXT),
        ("matched_name", _TEXT),
        ("matched_description", _TEXT),
    ]
)
BASELINES = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("method", _TEXT),
        ("detail", _TEXT),
        ("groups_count", _WHOLE),
        ("gini", _REAL),
        ("gini_lower", _REAL),
        ("gini_upper", _REAL),
        ("gini_standard_error", _REAL),
        ("information_value", _REAL),
        ("smallest_group_ratio", _REAL),
        ("observation_date", _DATE),
        ("fit_customers_count", _COUNT),
        ("held_out_customers_count", _COUNT),
        ("held_out_defaults_count", _COUNT),
    ]
)
PROJECTION = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("point_number", _WHOLE),
        ("segment_id", _TEXT),
        ("component_1", _REAL),
        ("component_2", _REAL),
    ]
)
LOADINGS = pa.schema(
    [
        ("segment_model_version", _WHOLE),
        ("component", _WHOLE),
        ("dimension", _TEXT),
        ("loading", _REAL),
        ("explained_variance_ratio", _REAL),
    ]
)


def k_scan_table(
    features: Relation,
    population: Relation,
    catalogue: Relation,
    existing: Relation | None,
    *,
    seed: int,
    k_minimum: int,
    k_maximum: int,
    fixed_k: int | None,
    minimum_share: float,
    minimum_customers: int,
    sample_size: int,
    refit: bool,
) -> pa.Table:
    """Scan k where a fit is due: none yet, another feature list, or the user's word.

    Parameters
    ----------
    features, population, catalogue : DuckDBPyRelation
        ``customer_features``, ``segment_population`` and ``feature_catalogue``.
    existing : DuckDBPyRelation or None
        The table so far.
    seed : int
    k_minimum, k_maximum : int
        Candidates, both included.
    fixed_k : int or None
        The number of segments that the user asks for, whatever the scan says.
    minimum_share : float
        Smallest share of customers in a segment, 0 to 1.
    minimum_customers : int
        Fewest customers in a segment: what may be shown at all. All figures of a smaller one
        would be hidden.
    sample_size : int
        Customers that the criteria are computed on.
    refit : bool
        Fit a new version although nothing requires it.

    Returns
    -------
    pyarrow.Table
        New rows only, in the schema :data:`K_SCAN`; none where no fit is due.
    """
    if not 2 <= int(k_minimum) <= int(k_maximum):
        raise ValueError(
            f"segment_k_minimum ({k_minimum}) must be at least 2 and at most "
            f"segment_k_maximum ({k_maximum})"
        )
    declared = _catalogue(catalogue)
    list_hash = feature_list_hash(declared)
    version, fit_reason = _fit_due(existing, list_hash, refit=bool(refit))
    if fit_reason is None:
        return K_SCAN.empty_table()
    date, columns = fit_population(features, population)
    representation = fit_representation(columns, declared)
    coordinates = representation.transform(columns)
    n_distinct = len(np.unique(coordinates, axis=0))
    if fixed_k is not None and not 1 <= int(fixed_k) <= n_distinct:
        raise ValueError(f"segment_k is {fixed_k}, but there are {n_distinct} distinct customers")
    candidates = [k for k in range(int(k_minimum), int(k_maximum) + 1) if k < n_distinct]
    common: dict[str, Any] = {
        "segment_model_version": version,
        "observation_date": date,
        "population_count": len(coordinates),
        "seed": int(seed),
        "feature_list_hash": list_hash,
        "fit_reason": fit_reason,
    }
    if not candidates or int(fixed_k or 0) == 1:
        reason = (
            "one segment was asked for"
            if candidates
            else f"customers differ in {n_distinct} ways, too few for {k_minimum} segments"
        )
        scores = pd.DataFrame({"k": [1], "criterion": ["none"], "is_own_choice": [False]})
        frame = scores.assign(
            chosen_k=1, verdict="no structure", reason=reason, is_fixed=fixed_k is not None
        )
        return _table(frame.assign(**common), K_SCAN)
    chosen = scan_k(
        coordinates,
        candidates=candidates,
        seed=int(seed),
        sample_size=int(sample_size),
        minimum_share=min(max(float(minimum_share), minimum_customers / len(coordinates)), 0.999),
        fixed_k=None if fixed_k is None else int(fixed_k),
    )
    frame = chosen.scores.assign(
        chosen_k=chosen.k if chosen.k is not None else 1,
        verdict=chosen.verdict,
        reason=chosen.reason,
        is_fixed=chosen.is_fixed,
        scan_k_choice=chosen.scan_k_choice,
        sample_agreement=chosen.sample_agreement.score,
        second_sample_k=chosen.sample_agreement.second_k,
        **common,
    )
    return _table(frame, K_SCAN)


def models_table(
    features: Relation,
    population: Relation,
    catalogue: Relation,
    k_scan: Relation,
    existing: Relation | None,
    *,
    minimum_overlap: float,
    approved_version: int | None,
) -> pa.Table:
    """Fit the versions that were scanned and have no model yet, and say which is approved.

    Parameters
    ----------
    features, population, catalogue, k_scan : DuckDBPyRelation
    existing : DuckDBPyRelation or None
        The table so far.
    minimum_overlap : float
        Jaccard overlap above which a segment keeps its id, 0 to 1.
    approved_version : int or None
        The version to score with; the newest if None.

    Returns
    -------
    pyarrow.Table
        All versions, in the schema :data:`MODELS`.

    Raises
    ------
    ValueError
        If ``approved_version`` doesn't exist.
    """
    rows = [] if existing is None else _records(existing, "segment_model_version")
    scans = k_scan.project("segment_model_version, chosen_k, verdict, fit_reason, seed").distinct()
    for scan in _records(scans, "segment_model_version"):
        version = int(scan["segment_model_version"])
        if version in {int(row["segment_model_version"]) for row in rows}:
            continue
        earlier = [SegmentModel.from_json(row["model_parameters"]) for row in rows]
        date, columns = fit_population(features, population)
        model = fit_segments(
            columns,
            _catalogue(catalogue),
            k=int(scan["chosen_k"]),
            seed=int(scan["seed"]),
            version=version,
            observation_date=date.isoformat(),
            previous=max(earlier, key=lambda one: one.version) if earlier else None,
            used_ids=used_segment_ids(earlier),
            minimum_overlap=float(minimum_overlap),
        )
        kept = sum(row.shared_customers_count for row in model.lineage if row.event == "kept")
        rows.append(
            {
                "segment_model_version": version,
                "segments_count": model.k,
                "verdict": scan["verdict"],
                "fit_reason": scan["fit_reason"],
                "observation_date": date,
                "population_count": model.population_count,
                "kept_customers_ratio": kept / model.population_count if earlier else None,
                "inertia": model.inertia,
                "seed": model.seed,
                "feature_list_hash": model.feature_list_hash,
                "data_snapshot_hash": model.data_snapshot_hash,
                "library_versions": json.dumps(model.library_versions, sort_keys=True),
                "model_parameters": model.to_json(),
            }
        )
    versions = [int(row["segment_model_version"]) for row in rows]
    approved = max(versions) if approved_version is None else int(approved_version)
    if approved not in versions:
        raise ValueError(
            f"approved_segment_model_version is {approved}, but segment_models has {versions}"
        )
    for row in rows:
        version = int(row["segment_model_version"])
        row["is_approved"] = version == approved
        row["status"] = (
            "approved" if version == approved else "superseded" if version < approved else "waiting"
        )
    return _table(pd.DataFrame(rows, columns=MODELS.names), MODELS)


def dimensions_table(models: Relation) -> pa.Table:
    """List every version's dimensions with all parameters of its representation.

    Parameters
    ----------
    models : DuckDBPyRelation
        ``segment_models``.

    Returns
    -------
    pyarrow.Table
        In the schema :data:`DIMENSIONS`.
    """
    return _per_version(
        ((model.version, model.representation.parameters()) for model in _models(models)),
        DIMENSIONS,
    )


def centroids_table(models: Relation) -> pa.Table:
    """List every version's centroids, one row per segment and dimension.

    Parameters
    ----------
    models : DuckDBPyRelation

    Returns
    -------
    pyarrow.Table
        In the schema :data:`CENTROIDS`.
    """
    rows = [
        {
            "segment_model_version": model.version,
            "segment_number": number + 1,
            "segment_id": segment_id,
            "position": dimension.position,
            "dimension": dimension.dimension,
            "centroid_coordinate": model.centroids[number][dimension.position - 1],
            "centroid_z": model.centroids[number][dimension.position - 1] / dimension.weight,
            "outlier_limit_distance": model.outlier_limits[number],
            "fit_customers_count": model.counts[number],
        }
        for model in _models(models)
        for number, segment_id in enumerate(model.segment_ids)
        for dimension in model.representation.dimensions
    ]
    return _table(pd.DataFrame(rows, columns=CENTROIDS.names), CENTROIDS)


def lineage_table(models: Relation) -> pa.Table:
    """List what became of every segment from version to version.

    Parameters
    ----------
    models : DuckDBPyRelation

    Returns
    -------
    pyarrow.Table
        In the schema :data:`LINEAGE`.
    """
    frames = (
        (model.version, pd.DataFrame([asdict(row) for row in model.lineage]))
        for model in _models(models)
    )
    return _per_version(frames, LINEAGE)


def treatment_table(models: Relation) -> pa.Table:
    """List what every version did with each feature of the catalogue.

    Parameters
    ----------
    models : DuckDBPyRelation

    Returns
    -------
    pyarrow.Table
        In the schema :data:`TREATMENT`.
    """
    return _per_version(
        ((model.version, model.representation.treatment()) for model in _models(models)),
        TREATMENT,
    )


def segments_table(features: Relation, population: Relation, models: Relation) -> pa.Table:
    """Assign every eligible customer at every observation date with the approved version.

    Customers pass through in batches, so memory holds the answer and one batch.

    Parameters
    ----------
    features, population, models : DuckDBPyRelation

    Returns
    -------
    pyarrow.Table
        In the schema :data:`SEGMENTS`, sorted by customer and date.
    """
    model = approved_model(models)
    eligible = _eligible(features, population)
    needed = ["customer_id", "observation_date", *model.representation.features]
    _require_columns(eligible, needed)
    ordered = eligible.project(", ".join(f'"{name}"' for name in needed)).order(
        "customer_id, observation_date"
    )
    names = pa.array(model.segment_ids, _TEXT)
    batches = []
    for batch in ordered.to_arrow_reader(BATCH_ROWS):
        columns = {name: _numpy(batch.column(name)) for name in model.representation.features}
        nearest = model.assign(columns)
        n_rows = len(nearest.labels)
        second = pa.array(nearest.runner_up, mask=nearest.runner_up < 0)
        values = [
            batch.column("customer_id").cast(_TEXT),
            batch.column("observation_date").cast(_DATE),
            names.take(pa.array(nearest.labels)),
            pa.array(np.full(n_rows, model.version, dtype=np.int32)),
            pa.array(nearest.distance),
            names.take(second),
            pa.array(nearest.margin),
            pa.array(model.is_outlier(nearest)),
        ]
        batches.append(pa.RecordBatch.from_arrays(values, schema=SEGMENTS))
    return pa.Table.from_batches(batches, schema=SEGMENTS)


def stability_table(
    features: Relation,
    population: Relation,
    catalogue: Relation,
    models: Relation,
    existing: Relation | None,
    *,
    n_bootstraps: int,
    sample_size: int,
) -> pa.Table:
    """Measure how well each segment of the missing versions would be found again.

    Parameters
    ----------
    features, population, catalogue, models : DuckDBPyRelation
    existing : DuckDBPyRelation or None
    n_bootstraps : int
    sample_size : int
        Most customers that a bootstrap resamples and that the halves are cut from.

    Returns
    -------
    pyarrow.Table
        New rows, in the schema :data:`STABILITY`.
    """
    declared = _catalogue(catalogue)
    frames = []
    for model, date, columns in _missing_versions(features, population, models, existing):
        columns = _sampled(columns, int(sample_size), model.seed)
        coordinates = model.representation.transform(columns)
        labels = model.assign(columns).labels
        bootstrap = bootstrap_jaccard(
            coordinates,
            np.array(model.centroids),
            seed=model.seed,
            n_bootstraps=int(n_bootstraps),
            sample_size=int(sample_size),
        )
        frame = bootstrap.summary()
        try:
            halves = agreement_of_halves(columns, declared, labels, k=model.k, seed=model.seed)
            frame["halves_jaccard"] = halves.jaccard
            frame["halves_adjusted_rand_index"] = halves.adjusted_rand_index
        except ValueError:  # a half has fewer distinct customers than segments
            frame["halves_jaccard"] = frame["halves_adjusted_rand_index"] = np.nan
        frame["segment_id"] = model.segment_ids
        frame["customers_count"] = np.bincount(labels, minlength=model.k)
        frame["observation_date"] = date
        frames.append((model.version, frame))
    return _per_version(frames, STABILITY)


def feature_drift_table(features: Relation, population: Relation, models: Relation) -> pa.Table:
    """Compare each feature at each observation date with the approved version's fit.

    Parameters
    ----------
    features, population, models : DuckDBPyRelation

    Returns
    -------
    pyarrow.Table
        In the schema :data:`FEATURE_DRIFT`.
    """
    model = approved_model(models)
    eligible = _eligible(features, population)
    used = set(model.representation.features)
    rows = []
    present = [bins for bins in model.feature_bins if bins.feature in eligible.columns]
    for date in _dates(eligible) if present else []:
        wanted = ", ".join(f'"{bins.feature}"' for bins in present)
        columns = _at(eligible, date).project(wanted).fetchnumpy()
        for bins in present:
            counts = bin_counts(columns, bins)
            index = stability_index(bins.counts, counts)
            rows.append(
                {
                    "segment_model_version": model.version,
                    "observation_date": date,
                    "feature": bins.feature,
                    "is_clustering": bins.feature in used,
                    "fit_observation_date": _date(model.observation_date),
                    "bins_count": index.degrees_of_freedom + 1,
                    "fit_customers_count": sum(bins.counts),
                    "customers_count": int(counts.sum()),
                    "population_stability_index": index.value,
                    "expected_index": index.expected_value,
                    "index_upper_bound": index.upper_bound,
                    "verdict": index.verdict,
                }
            )
    return _table(pd.DataFrame(rows, columns=FEATURE_DRIFT.names), FEATURE_DRIFT)


def segment_drift_table(segments: Relation, models: Relation) -> pa.Table:
    """Compare the segments' shares at each observation date with those at fit.

    Parameters
    ----------
    segments, models : DuckDBPyRelation

    Returns
    -------
    pyarrow.Table
        In the schema :data:`SEGMENT_DRIFT`; the index belongs to the date and is repeated.
    """
    model = approved_model(models)
    counted = segments.aggregate(
        "observation_date, segment_id, count(*) as customers_count",
        "observation_date, segment_id",
    )
    counts: dict[datetime.date, dict[str, int]] = {}
    for row in _records(counted, "observation_date, segment_id"):
        counts.setdefault(row["observation_date"], {})[row["segment_id"]] = row["customers_count"]
    rows = []
    for date, by_segment in sorted(counts.items()):
        now = [int(by_segment.get(segment_id, 0)) for segment_id in model.segment_ids]
        index = stability_index(model.counts, now)
        rows += [
            {
                "segment_model_version": model.version,
                "observation_date": date,
                "segment_id": segment_id,
                "fit_observation_date": _date(model.observation_date),
                "fit_customers_count": model.counts[number],
                "fit_share_ratio": model.counts[number] / sum(model.counts),
                "customers_count": now[number],
                "share_ratio": now[number] / sum(now),
                "population_stability_index": index.value,
                "expected_index": index.expected_value,
                "index_upper_bound": index.upper_bound,
                "verdict": index.verdict,
            }
            for number, segment_id in enumerate(model.segment_ids)
        ]
    return _table(pd.DataFrame(rows, columns=SEGMENT_DRIFT.names), SEGMENT_DRIFT)


def effects_table(
    features: Relation,
    population: Relation,
    catalogue: Relation,
    models: Relation,
    existing: Relation | None,
) -> pa.Table:
    """Compare each segment of the missing versions with everyone else.

    Parameters
    ----------
    features, population, catalogue, models : DuckDBPyRelation
    existing : DuckDBPyRelation or None

    Returns
    -------
    pyarrow.Table
        New rows, in the schema :data:`EFFECTS`.
    """
    declared = _catalogue(catalogue)
    frames = []
    for model, date, columns in _missing_versions(features, population, models, existing):
        labels = model.assign(columns).labels
        effects = feature_effects(
            columns, labels, model.segment_ids, declared, model.representation
        )
        frames.append((model.version, effects.assign(observation_date=date)))
    return _per_version(frames, EFFECTS)


def rules_table(
    features: Relation,
    population: Relation,
    models: Relation,
    existing: Relation | None,
    *,
    sample_size: int,
) -> pa.Table:
    """Put the segments of the missing versions into rules of natural units.

    Parameters
    ----------
    features, population, models : DuckDBPyRelation
    existing : DuckDBPyRelation or None
    sample_size : int
        Most customers that the tree is fitted to and measured on.

    Returns
    -------
    pyarrow.Table
        New rows, in the schema :data:`RULES`.
    """
    frames = []
    for model, date, columns in _missing_versions(features, population, models, existing):
        columns = _sampled(columns, int(sample_size), model.seed)
        labels = model.assign(columns).labels
        listed = rule_list(
            columns, labels, model.segment_ids, model.representation, seed=model.seed
        )
        frames.append(
            (
                model.version,
                listed.rules.assign(observation_date=date, is_held_out=listed.is_held_out),
            )
        )
    return _per_version(frames, RULES)


def names_table(
    effects: Relation,
    catalogue: Relation,
    playbook: Relation,
    overrides: Relation,
    settings: Relation,
    existing: Relation | None,
) -> pa.Table:
    """Name every version's segments; an id keeps the name that it had.

    Parameters
    ----------
    effects, catalogue, playbook, overrides : DuckDBPyRelation
        ``segment_feature_effects``, ``feature_catalogue`` and the two naming seeds.
    settings : DuckDBPyRelation
        ``report_settings``: the locale and currency in which values are written.
    existing : DuckDBPyRelation or None
        The table so far. Its matched names are kept, so that a reworded playbook renames
        no segment that people know; overrides apply at once and can be taken back.

    Returns
    -------
    pyarrow.Table
        All versions, in the schema :data:`NAMES`.
    """
    declared = _catalogue(catalogue)
    before = [] if existing is None else _records(existing, "segment_model_version, segment_id")
    matched: dict[str, tuple[str, str]] = {}
    for row in before:
        matched[row["segment_id"]] = (row["matched_name"], row["matched_description"])
    frame = effects.order("segment_model_version, segment_id, feature").df()
    versions = sorted({int(version) for version in frame["segment_model_version"]})
    entries = playbook.df()
    overriding = overrides.df()
    written = _records(settings, "source")[0]
    formatter = Formatter(written["report_locale"], written["report_currency"] or "")
    frames = []
    for version in versions:
        own = frame[frame["segment_model_version"] == version]
        plain = name_segments(own, declared, entries, previous_names=matched)
        matched.update(
            {
                row["segment_id"]: (row["segment_name"], row["segment_description"])
                for row in plain.to_dict("records")
            }
        )
        final = name_segments(
            own,
            declared,
            entries,
            overrides=overriding,
            previous_names=matched,
            formatter=formatter,
        )
        is_override = final["name_source"] == "override"
        final["name_source"] = final["name_source"].where(is_override, plain["name_source"])
        final["matched_name"] = plain["segment_name"]
        final["matched_description"] = plain["segment_description"]
        frames.append((version, final))
    return _per_version(frames, NAMES)


def baselines_table(
    features: Relation,
    population: Relation,
    outcomes: Relation,
    catalogue: Relation,
    models: Relation,
    existing: Relation | None,
    *,
    n_bootstraps: int,
    sample_size: int,
) -> pa.Table:
    """Measure the missing versions' way of segmenting beside simpler methods.

    Every scorable customer at every mature observation date counts; a customer is in one
    half with all dates.

    Parameters
    ----------
    features, population, outcomes, catalogue, models : DuckDBPyRelation
    existing : DuckDBPyRelation or None
    n_bootstraps : int
    sample_size : int
        Most rows.

    Returns
    -------
    pyarrow.Table
        New rows, in the schema :data:`BASELINES`; none for a source without enough outcomes.
    """
    declared = _catalogue(catalogue)
    scorable = outcomes.filter("is_mature and is_default is not null").project(
        "customer_id, observation_date, is_default"
    )
    joined = (
        _eligible(features, population)
        .set_alias("features")
        .join(
            scorable.set_alias("outcomes"),
            "features.customer_id = outcomes.customer_id "
            "and features.observation_date = outcomes.observation_date",
        )
        .project("features.*, outcomes.is_default")
        .order("customer_id, observation_date")
    )
    pending = _pending(models, existing)
    frames = []
    if pending:
        columns = joined.fetchnumpy()
        columns = _sampled(columns, int(sample_size), pending[0].seed)
        is_default = np.asarray(columns.pop("is_default"), dtype=bool)
        dates = columns["observation_date"]
        for model in pending:
            frame = compare_baselines(
                columns,
                is_default,
                declared,
                k=model.k,
                seed=model.seed,
                customer_ids=np.asarray(columns["customer_id"]).astype(str),
                n_bootstraps=int(n_bootstraps),
            )
            latest = _date(str(np.max(dates))[:10]) if len(dates) else None
            frames.append((model.version, frame.assign(observation_date=latest)))
    return _per_version(frames, BASELINES)


def projection_table(
    features: Relation,
    population: Relation,
    models: Relation,
    existing: Relation | None,
    *,
    n_points: int,
) -> pa.Table:
    """Draw anonymous customers of the missing versions as points in two dimensions.

    Points carry no customer id and two decimals, because they end up in reports.

    Parameters
    ----------
    features, population, models : DuckDBPyRelation
    existing : DuckDBPyRelation or None
    n_points : int
        Most points.

    Returns
    -------
    pyarrow.Table
        New rows, in the schema :data:`PROJECTION`.
    """
    frames = []
    for model, _, columns in _missing_versions(features, population, models, existing):
        coordinates = model.representation.transform(columns)
        labels = model.assign(columns).labels
        points = np.round(project(coordinates).points, 2) + 0.0
        rows = _sample_rows(len(labels), int(n_points), model.seed)
        rows = np.random.default_rng(model.seed + 1).permutation(rows)
        frame = pd.DataFrame(
            {
                "point_number": np.arange(1, len(rows) + 1),
                "segment_id": np.array(model.segment_ids, dtype=object)[labels[rows]],
                "component_1": points[rows, 0],
                "component_2": points[rows, 1],
            }
        )
        frames.append((model.version, frame))
    return _per_version(frames, PROJECTION)


def loadings_table(
    features: Relation, population: Relation, models: Relation, existing: Relation | None
) -> pa.Table:
    """Say what the axes of the projection are made of and how much variance they show.

    Parameters
    ----------
    features, population, models : DuckDBPyRelation
    existing : DuckDBPyRelation or None

    Returns
    -------
    pyarrow.Table
        New rows, in the schema :data:`LOADINGS`.
    """
    frames = []
    for model, _, columns in _missing_versions(features, population, models, existing):
        projection = project(model.representation.transform(columns))
        names = [dimension.dimension for dimension in model.representation.dimensions]
        frames.append((model.version, projection.loadings_table(names)))
    return _per_version(frames, LOADINGS)


def fit_population(
    features: Relation, population: Relation, *, date: datetime.date | None = None
) -> tuple[datetime.date, dict[str, Any]]:
    """Return the customers that a model is fitted to: the eligible at the latest date.

    Parameters
    ----------
    features, population : DuckDBPyRelation
    date : date, optional
        This observation date instead, where it is there.

    Returns
    -------
    date
    dict of str to ndarray
        Columns of ``customer_features``, sorted by customer.

    Raises
    ------
    ValueError
        If no customer is eligible.
    """
    eligible = _eligible(features, population)
    dates = _dates(eligible)
    if not dates:
        raise ValueError(_why_nobody(population))
    chosen = date if date in dates else dates[-1]
    assert chosen is not None
    return chosen, _at(eligible, chosen).order("customer_id").fetchnumpy()


def _why_nobody(population: Relation) -> str:
    reasons = (
        population.aggregate("observation_date, exclusion_reason, count(*) as customers_count")
        .order("observation_date desc, customers_count desc, exclusion_reason")
        .fetchall()
    )
    if not reasons:
        return (
            "nobody can be segmented: no observation date has the history that the vars "
            "minimum_history_months and observation_dates ask for, or no customer is on file"
        )
    latest = reasons[0][0]
    listed = ", ".join(f"{count} {reason}" for date, reason, count in reasons if date == latest)
    return (
        f"nobody can be segmented: of the customers on {latest}, {listed}. See the vars "
        "minimum_history_months and observation_dates"
    )


def approved_model(models: Relation) -> SegmentModel:
    """Return the version that customers are scored with.

    Parameters
    ----------
    models : DuckDBPyRelation
        ``segment_models``.

    Returns
    -------
    SegmentModel
    """
    row = models.filter("is_approved").project("model_parameters").fetchone()
    if row is None:
        raise ValueError("segment_models has no approved version")
    return SegmentModel.from_json(row[0])


def _fit_due(existing: Relation | None, list_hash: str, *, refit: bool) -> tuple[int, str | None]:
    """Return the next version and why it is due; None where it isn't."""
    rows = []
    if existing is not None:
        newest = existing.order("segment_model_version desc").limit(1)
        rows = newest.project("segment_model_version, feature_list_hash").fetchall()
    if not rows:
        return 1, "no version yet"
    version, newest_hash = int(rows[0][0]), str(rows[0][1])
    if newest_hash != list_hash:
        return version + 1, "the feature list changed"
    return version + 1, "a refit was asked for" if refit else None


def _catalogue(relation: Relation) -> pd.DataFrame:
    return relation.order("family, feature").df()


def _eligible(features: Relation, population: Relation) -> Relation:
    chosen = population.filter("is_eligible").project("customer_id, observation_date")
    return (
        features.set_alias("features")
        .join(
            chosen.set_alias("population"),
            "features.customer_id = population.customer_id "
            "and features.observation_date = population.observation_date",
        )
        .project("features.*")
    )


def _dates(eligible: Relation) -> list[datetime.date]:
    rows = eligible.project("observation_date").distinct().order("observation_date").fetchall()
    return [row[0] for row in rows]


def _at(eligible: Relation, date: datetime.date) -> Relation:
    return eligible.filter(f"observation_date = date '{date.isoformat()}'")


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _models(models: Relation) -> list[SegmentModel]:
    texts = models.order("segment_model_version").project("model_parameters").fetchall()
    return [SegmentModel.from_json(text) for (text,) in texts]


def _pending(models: Relation, existing: Relation | None) -> list[SegmentModel]:
    known: set[int] = set()
    if existing is not None:
        known = {
            int(row[0]) for row in existing.project("segment_model_version").distinct().fetchall()
        }
    return [model for model in _models(models) if model.version not in known]


def _missing_versions(
    features: Relation, population: Relation, models: Relation, existing: Relation | None
) -> Iterator[tuple[SegmentModel, datetime.date, dict[str, Any]]]:
    """Yield each model without rows, with its fit population as far as it is still there."""
    for model in _pending(models, existing):
        date, columns = fit_population(features, population, date=_date(model.observation_date))
        yield model, date, columns


def _sample_rows(n_rows: int, size: int, seed: int) -> NDArray[np.int64]:
    if n_rows <= size:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, size, replace=False))


def _sampled(columns: Mapping[str, Any], size: int, seed: int) -> dict[str, Any]:
    n_rows = len(next(iter(columns.values())))
    return take(columns, _sample_rows(n_rows, size, seed))


def _require_columns(relation: Relation, names: Iterable[str]) -> None:
    for name in names:
        if name not in relation.columns:
            raise ValueError(
                f"the approved segment model needs {name}, which customer_features lacks; "
                "refit, or approve another version"
            )


def _numpy(column: pa.Array) -> NDArray[Any]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array(column.to_pylist(), dtype=object)
    numbers: NDArray[Any] = column.cast(_REAL).to_numpy(zero_copy_only=False)
    return numbers


def _records(relation: Relation, order: str) -> list[dict[str, Any]]:
    ordered = relation.order(order)
    return [dict(zip(ordered.columns, row, strict=True)) for row in ordered.fetchall()]


def _per_version(frames: Iterable[tuple[int, pd.DataFrame]], schema: pa.Schema) -> pa.Table:
    tables = [
        _table(frame.assign(segment_model_version=version), schema)
        for version, frame in frames
        if len(frame)
    ]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return the frame in the schema; a column that it lacks is null, nan becomes null."""
    columns = []
    for field in schema:
        if field.name in frame.columns:
            values = frame[field.name].astype(object)
            values = [None if pd.isna(value) else value for value in values]
            if pa.types.is_integer(field.type):
                values = [None if value is None else int(value) for value in values]
        else:
            values = [None] * len(frame)
        columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)
