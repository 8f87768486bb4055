"""Measure on the sample lender, whose customer types are known, what segments recover and keep."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.kmeans import assign
from customer_segmentation.segment_model import SegmentModel, fit_segments

_TYPES = """
    select customer_id, as_of_on as observation_date, planted_type, bayes_type
    from read_parquet($truth)
"""


def measure_recovery(connection: duckdb.DuckDBPyConnection, truth: Path) -> pd.DataFrame:
    """Compare the segments with the planted types, date by date.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To a database with ``marts.segments`` of the sample.
    truth : Path
        ``customer_types.parquet`` of the sample.

    Returns
    -------
    pandas.DataFrame
        One row per observation date: ``observation_date``, ``customers_count``,
        ``segments_count``, ``segments_ari`` and ``bayes_ari`` (adjusted Rand index against
        the planted types of the segments, and of the Bayes rule on the same customers) and
        ``ratio``, the first over the second.
    """
    joined = connection.execute(
        f"""
        select segments.observation_date, segments.segment_id, types.planted_type, types.bayes_type
        from marts.segments
        inner join ({_TYPES}) as types using (customer_id, observation_date)
        order by segments.observation_date, segments.customer_id
        """,
        {"truth": str(truth)},
    ).df()
    records = []
    for date, rows in joined.groupby("observation_date"):
        ours = adjusted_rand_score(rows["planted_type"], rows["segment_id"])
        bayes = adjusted_rand_score(rows["planted_type"], rows["bayes_type"])
        records.append(
            {
                "observation_date": pd.Timestamp(str(date)).date(),
                "customers_count": len(rows),
                "segments_count": rows["segment_id"].nunique(),
                "segments_ari": ours,
                "bayes_ari": bayes,
                "ratio": ours / bayes,
            }
        )
    return pd.DataFrame(records)


def count_types(connection: duckdb.DuckDBPyConnection, truth: Path) -> pd.DataFrame:
    """Count customers by planted type and segment at the latest observation date.

    Parameters
    ----------
    connection, truth
        See :func:`measure_recovery`.

    Returns
    -------
    pandas.DataFrame
        Planted types down, segments across.
    """
    joined = connection.execute(
        f"""
        select types.planted_type, segments.segment_id
        from marts.segments
        inner join ({_TYPES}) as types using (customer_id, observation_date)
        where segments.observation_date = (select max(observation_date) from marts.segments)
        """,
        {"truth": str(truth)},
    ).df()
    return pd.crosstab(joined["planted_type"], joined["segment_id"])


def measure_refits(
    connection: duckdb.DuckDBPyConnection, truth: Path, *, k: int, seed: int
) -> pd.DataFrame:
    """Fit at each observation date and again at the next, and count the ids that stay.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To a database with the sample's features, population and feature catalogue.
    truth : Path
        See :func:`measure_recovery`.
    k, seed : int
        Of every fit.

    Returns
    -------
    pandas.DataFrame
        One row per pair of successive observation dates: ``fitted_on``, ``refitted_on``,
        ``months`` between them, ``customers_count`` (at both dates and of the same planted
        type), ``kept_ratio`` (the share of them whose segment id is the same under the first
        model at the first date and under the second at the second) and
        ``same_data_kept_ratio`` (of all customers, when refitted on the same data).
    """
    catalogue = connection.sql("from reference.feature_catalogue").df()
    types = connection.execute(_TYPES, {"truth": str(truth)}).df()
    dates = [
        row[0]
        for row in connection.sql(
            "select observation_date from features.observation_dates order by 1"
        ).fetchall()
    ]
    records = []
    for first, second in itertools.pairwise(dates):
        before, after = (_features(connection, date) for date in (first, second))
        model = fit_segments(before, catalogue, k=k, seed=seed)

        def again(frame: pd.DataFrame, previous: SegmentModel = model) -> pd.Series:
            refitted = fit_segments(
                frame, catalogue, k=k, seed=seed, version=2, previous=previous,
                used_ids=previous.segment_ids,
            )  # fmt: skip
            return _ids(refitted, frame)

        was = _ids(model, before)
        same_type = _types_at(types, first).eq(_types_at(types, second))
        both = was.index.intersection(pd.Index(after["customer_id"]))
        stayed = both[same_type.reindex(both, fill_value=False).to_numpy()]
        records.append(
            {
                "fitted_on": first,
                "refitted_on": second,
                "months": (second.year - first.year) * 12 + second.month - first.month,
                "customers_count": len(stayed),
                "kept_ratio": float((was[stayed] == again(after)[stayed]).mean()),
                "same_data_kept_ratio": float((was == again(before)).mean()),
            }
        )
    return pd.DataFrame(records)


def _features(connection: duckdb.DuckDBPyConnection, date: object) -> pd.DataFrame:
    return connection.execute(
        """
        select features.*
        from features.customer_features as features
        inner join features.segment_population as population using (customer_id, observation_date)
        where features.observation_date = $date and population.exclusion_reason is null
        order by features.customer_id
        """,
        {"date": date},
    ).df()


def _ids(model: SegmentModel, frame: pd.DataFrame) -> pd.Series:
    labels = assign(model.representation.transform(frame), np.array(model.centroids)).labels
    return pd.Series(np.array(model.segment_ids)[labels], index=frame["customer_id"])


def _types_at(types: pd.DataFrame, date: object) -> pd.Series:
    now = types[types["observation_date"] == pd.Timestamp(str(date))]
    return now.set_index("customer_id")["planted_type"]
