"""Spoil clean extracts as real ones are spoiled, and keep a record of every spoiled row.

A dirty row is either an *extra* row on top of the clean ones or a clean row changed *in
place*. Extra rows that must be rejected carry a key of their own, marked by an ``X`` after
the prefix, so that rejecting them costs no good row; repeats and re-deliveries share the
key of the row that they repeat.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Frame = pd.DataFrame

KEYS: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "accounts": ("account_id",),
    "account_months": ("account_id", "month_end_on"),
    "transactions": ("transaction_id",),
    "loan_applications": ("application_id",),
    "loans": ("loan_id",),
    "instalments": ("loan_id", "instalment_number"),
    "bureau_reports": ("customer_id", "report_on"),
    "campaigns": ("campaign_id",),
    "campaign_contacts": ("contact_id",),
}
UNREADABLE_DATES = ("31/02/2024", "unknown", "2024-13-45", "00000000")
TEXT_NUMBERS = ("n/a", "12,5OO", "see note", "1.2.3")
IMPOSSIBLE_BIRTHS = ("1850-06-01", "1799-12-31", "2031-03-15", "2090-01-01")

EXACT_DUPLICATE = "exact_duplicate"
REDELIVERED = "redelivered_correction"
UNREADABLE_DATE = "unreadable_date"
IMPOSSIBLE_AGE = "impossible_age"
NEGATIVE_LIMIT = "negative_limit"
ORPHAN = "orphan"
TEXT_IN_NUMBER = "text_in_number"
UNTIDY_CODE = "mixed_case_or_spaces"
LATE_ARRIVAL = "late_arrival"


@dataclasses.dataclass(frozen=True)
class Dirt:
    """One way in which an entity is spoiled.

    Attributes
    ----------
    entity, kind, column : str
        What is spoiled, how, and where.
    rate : float
        Dirty rows as a share of the entity's rows; at least one row per chunk.
    """

    entity: str
    kind: str
    column: str
    rate: float


DIRT: tuple[Dirt, ...] = (
    Dirt("customers", EXACT_DUPLICATE, "customer_id", 0.001),
    Dirt("customers", REDELIVERED, "gross_annual_income", 0.002),
    Dirt("customers", UNREADABLE_DATE, "birth_date", 0.001),
    Dirt("customers", IMPOSSIBLE_AGE, "birth_date", 0.002),
    Dirt("customers", TEXT_IN_NUMBER, "gross_annual_income", 0.001),
    Dirt("customers", UNTIDY_CODE, "employment_status", 0.005),
    Dirt("customers", LATE_ARRIVAL, "loaded_at", 0.002),
    Dirt("accounts", EXACT_DUPLICATE, "account_id", 0.001),
    Dirt("accounts", REDELIVERED, "closed_on", 0.001),
    Dirt("accounts", UNREADABLE_DATE, "opened_on", 0.001),
    Dirt("accounts", ORPHAN, "customer_id", 0.001),
    Dirt("accounts", UNTIDY_CODE, "product_type", 0.005),
    Dirt("accounts", LATE_ARRIVAL, "loaded_at", 0.002),
    Dirt("account_months", EXACT_DUPLICATE, "account_id", 0.001),
    Dirt("account_months", REDELIVERED, "balance_amount", 0.001),
    Dirt("account_months", UNREADABLE_DATE, "month_end_on", 0.0003),
    Dirt("account_months", NEGATIVE_LIMIT, "limit_amount", 0.0005),
    Dirt("account_months", ORPHAN, "account_id", 0.0005),
    Dirt("account_months", TEXT_IN_NUMBER, "balance_amount", 0.0003),
    Dirt("account_months", LATE_ARRIVAL, "loaded_at", 0.001),
    Dirt("transactions", EXACT_DUPLICATE, "transaction_id", 0.001),
    Dirt("transactions", REDELIVERED, "amount", 0.001),
    Dirt("transactions", UNREADABLE_DATE, "posted_at", 0.0005),
    Dirt("transactions", ORPHAN, "account_id", 0.0005),
    Dirt("transactions", TEXT_IN_NUMBER, "amount", 0.0005),
    Dirt("transactions", UNTIDY_CODE, "category", 0.003),
    Dirt("transactions", UNTIDY_CODE, "channel", 0.002),
    Dirt("transactions", LATE_ARRIVAL, "loaded_at", 0.001),
    Dirt("loan_applications", EXACT_DUPLICATE, "application_id", 0.002),
    Dirt("loan_applications", UNREADABLE_DATE, "applied_on", 0.002),
    Dirt("loan_applications", ORPHAN, "customer_id", 0.002),
    Dirt("loan_applications", TEXT_IN_NUMBER, "requested_amount", 0.002),
    Dirt("loan_applications", UNTIDY_CODE, "decision", 0.005),
    Dirt("loans", EXACT_DUPLICATE, "loan_id", 0.001),
    Dirt("loans", REDELIVERED, "principal_amount", 0.001),
    Dirt("loans", UNREADABLE_DATE, "originated_on", 0.001),
    Dirt("loans", ORPHAN, "customer_id", 0.001),
    Dirt("loans", TEXT_IN_NUMBER, "annual_rate", 0.001),
    Dirt("instalments", EXACT_DUPLICATE, "loan_id", 0.001),
    Dirt("instalments", REDELIVERED, "paid_amount", 0.001),
    Dirt("instalments", UNREADABLE_DATE, "due_on", 0.0003),
    Dirt("instalments", ORPHAN, "loan_id", 0.0005),
    Dirt("instalments", TEXT_IN_NUMBER, "due_amount", 0.0003),
    Dirt("instalments", LATE_ARRIVAL, "loaded_at", 0.001),
    Dirt("bureau_reports", EXACT_DUPLICATE, "customer_id", 0.001),
    Dirt("bureau_reports", REDELIVERED, "score", 0.001),
    Dirt("bureau_reports", UNREADABLE_DATE, "report_on", 0.0005),
    Dirt("bureau_reports", ORPHAN, "customer_id", 0.0005),
    Dirt("bureau_reports", TEXT_IN_NUMBER, "total_debt_amount", 0.0005),
    Dirt("bureau_reports", LATE_ARRIVAL, "loaded_at", 0.002),
    Dirt("campaigns", UNTIDY_CODE, "channel", 0.05),
    Dirt("campaign_contacts", EXACT_DUPLICATE, "contact_id", 0.001),
    Dirt("campaign_contacts", UNREADABLE_DATE, "contacted_at", 0.001),
    Dirt("campaign_contacts", ORPHAN, "customer_id", 0.001),
    Dirt("campaign_contacts", TEXT_IN_NUMBER, "margin_amount", 0.001),
    Dirt("campaign_contacts", LATE_ARRIVAL, "loaded_at", 0.002),
)

# Rows whose key is made of other entities' keys have no identifier to mark with an X.
COMPOSITE_KEYS = frozenset({"account_months", "instalments", "bureau_reports"})
REJECTED = frozenset({UNREADABLE_DATE, IMPOSSIBLE_AGE, TEXT_IN_NUMBER})
IN_PLACE = frozenset({NEGATIVE_LIMIT, UNTIDY_CODE, LATE_ARRIVAL})


def is_extra(dirt: Dirt) -> bool:
    """Whether the dirt comes as rows on top; otherwise it replaces clean rows."""
    if dirt.kind in IN_PLACE:
        return False
    return not (dirt.kind in REJECTED and dirt.entity in COMPOSITE_KEYS)


def _later(rows: Frame, days: np.ndarray) -> pd.Series:
    loaded = pd.to_datetime(rows["loaded_at"]) + pd.to_timedelta(days, unit="D")
    return loaded.dt.strftime("%Y-%m-%d %H:%M:%S")


def _mark(values: pd.Series) -> pd.Series:
    return values.str[:1] + "X" + values.str[2:]


def _cycle(rows: Frame, choices: tuple[str, ...]) -> list[str]:
    return [choices[index % len(choices)] for index in range(len(rows))]


def _wrong_value(rows: Frame, column: str) -> pd.Series:
    if column == "closed_on":
        return pd.Series([None] * len(rows), index=rows.index, dtype="str")
    if column == "score":
        return (pd.to_numeric(rows[column]) - 40).clip(300).astype(int).astype(str)
    shifted = pd.to_numeric(rows[column]) * 10
    return shifted.map(lambda value: f"{value:.2f}")


def _untidy(value: str, style: int) -> str:
    return (f"  {value.title()} ", value.upper(), f"{value} ", value.title())[style % 4]


def _eligible(table: pa.Table, dirt: Dirt) -> np.ndarray:
    """Rows that the dirt can hit."""
    column = table[dirt.column]
    valid = pc.is_valid(column)
    if dirt.kind == REDELIVERED and dirt.entity == "bureau_reports":
        valid = pc.and_(valid, pc.equal(pc.utf8_length(column), 3))
    if dirt.kind == REDELIVERED and dirt.entity == "instalments":
        valid = pc.and_(valid, pc.is_valid(table["paid_on"]))
    if dirt.kind == NEGATIVE_LIMIT:
        valid = pc.and_(valid, pc.not_equal(column, "0.00"))
    return np.flatnonzero(valid.to_numpy())


def _spoil(rows: Frame, dirt: Dirt, rng: np.random.Generator) -> Frame:
    """Rows as the extract will carry them."""
    dirty, column = rows.copy(), dirt.column
    identifier = KEYS[dirt.entity][0]
    if dirt.kind in REJECTED and is_extra(dirt):
        dirty[identifier] = _mark(rows[identifier])
    if dirt.kind == UNREADABLE_DATE:
        dirty[column] = _cycle(rows, UNREADABLE_DATES)
    elif dirt.kind == IMPOSSIBLE_AGE:
        dirty[column] = _cycle(rows, IMPOSSIBLE_BIRTHS)
    elif dirt.kind == TEXT_IN_NUMBER:
        dirty[column] = _cycle(rows, TEXT_NUMBERS)
    elif dirt.kind == NEGATIVE_LIMIT:
        dirty[column] = "-" + rows[column]
    elif dirt.kind == ORPHAN:
        dirty[identifier] = _mark(rows[identifier])
        dirty[column] = _mark(rows[column])
    elif dirt.kind == UNTIDY_CODE:
        dirty[column] = [_untidy(value, index) for index, value in enumerate(rows[column])]
    elif dirt.kind == LATE_ARRIVAL:
        dirty["loaded_at"] = _later(rows, rng.integers(70, 300, len(rows)))
    return dirty


def add_dirt(
    tables: dict[str, pa.Table], rng: np.random.Generator
) -> tuple[dict[str, pa.Table], pa.Table]:
    """Spoil the extracts of a chunk.

    Parameters
    ----------
    tables : dict of str to pyarrow.Table
        Clean extracts; they are not changed.
    rng : numpy.random.Generator
        Chooses the rows.

    Returns
    -------
    tables : dict of str to pyarrow.Table
        Extracts with dirty rows at the end.
    planted : pyarrow.Table
        One row per dirty row: entity, kind, raw key as the extract carries it (parts of a
        composite key joined by ``|``), column, raw value, whether the row is extra, 1.
    """
    spoiled, records = {}, []
    for entity, table in tables.items():
        taken = np.zeros(table.num_rows, dtype=np.bool_)
        removed = np.zeros(table.num_rows, dtype=np.bool_)
        additions: list[pa.Table] = []
        for dirt in (dirt for dirt in DIRT if dirt.entity == entity):
            free = _eligible(table, dirt)
            free = free[~taken[free]]
            count = min(max(1, round(dirt.rate * table.num_rows)), len(free))
            chosen = np.sort(rng.choice(free, size=count, replace=False))
            taken[chosen] = True
            rows = table.take(pa.array(chosen)).to_pandas()
            dirty = _spoil(rows, dirt, rng)
            if dirt.kind == REDELIVERED:
                # The row that came first was wrong; the later one holds the right value.
                first = rows.copy()
                first[dirt.column] = _wrong_value(rows, dirt.column)
                dirty["loaded_at"] = _later(rows, rng.integers(2, 20, count))
                removed[chosen] = True
                additions.append(_table(first, table.schema))
            removed[chosen] |= not is_extra(dirt)
            additions.append(_table(dirty, table.schema))
            records.append(_record(dirty, dirt))
        kept = table.filter(pa.array(~removed))
        spoiled[entity] = pa.concat_tables([kept, *additions]).combine_chunks()
    return spoiled, pa.concat_tables(records)


def _table(rows: Frame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(rows, schema=schema, preserve_index=False).replace_schema_metadata(
        None
    )


def _record(dirty: Frame, dirt: Dirt) -> pa.Table:
    key = dirty[list(KEYS[dirt.entity])].agg("|".join, axis=1)
    count = len(dirty)
    return pa.table(
        {
            "entity": pa.array([dirt.entity] * count, type=pa.string()),
            "kind": pa.array([dirt.kind] * count, type=pa.string()),
            "raw_key": pa.array(key.tolist(), type=pa.string()),
            "column_name": pa.array([dirt.column] * count, type=pa.string()),
            "raw_value": pa.array(
                dirty[dirt.column].astype(object).where(dirty[dirt.column].notna(), None).tolist(),
                type=pa.string(),
            ),
            "is_extra_row": pa.array([is_extra(dirt)] * count, type=pa.bool_()),
            "planted_count": pa.array([1] * count, type=pa.int32()),
        }
    )
