"""What templates call: the same calls make HTML or Evidence pages."""

from __future__ import annotations

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from markupsafe import Markup

from customer_segmentation.reporting.colours import UNSEGMENTED
from customer_segmentation.reporting.errors import MissingMartError, ReportError
from customer_segmentation.reporting.formats import NUMERIC, UNITS, Formatter
from customer_segmentation.reporting.relations import Database, Parameter, Relation, Row
from customer_segmentation.reporting.text import safe_text


@dataclass(frozen=True)
class Column:
    """A column of a table: what to show, as what, under which heading."""

    name: str
    label: str
    kind: str = "text"
    lower: str | None = None
    upper: str | None = None
    unit: str | None = None
    flag: str | None = None
    help: str | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether values are numbers, which are set flush right."""
        return self.kind in NUMERIC

    @property
    def names(self) -> list[str]:
        """Every column of the mart that is needed."""
        return [
            name
            for name in (self.name, self.lower, self.upper, self.unit, self.flag)
            if name is not None
        ]


def col(name: str, label: str, kind: str = "text", **options: Any) -> Column:
    """Return a column of a table."""
    return Column(name, label, kind, **options)


def rate(name: str, label: str, kind: str = "percent", **options: Any) -> Column:
    """Return a rate with its interval, from the columns ``<name>_lower`` and ``<name>_upper``."""
    return Column(name, label, kind, lower=f"{name}_lower", upper=f"{name}_upper", **options)


@dataclass(frozen=True)
class Segment:
    """A segment as readers know it."""

    segment_id: str
    name: str
    description: str


@dataclass(frozen=True)
class Settings:
    """How this lender's reports are written."""

    source: str
    formatter: Formatter
    minimum_cell_count: int
    title: str = "Customer segments"


@dataclass
class Context:
    """What the pages of a site share."""

    database: Database
    settings: Settings
    segments: list[Segment]
    glossary: dict[str, str]
    features: dict[str, Row] = field(default_factory=dict)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each segment by id."""
        return {segment.segment_id: segment.name for segment in self.segments}


def read_settings(database: Database) -> Settings:
    """Read how reports are written; a database without settings gets plain ones."""
    source, locale, currency, minimum = "", "en-GB", "", 20
    if database.has("report_settings"):
        row = Relation(database, "report_settings").rows()[0]
        source, locale = row["source"], row["report_locale"]
        currency, minimum = row["report_currency"] or "", row["minimum_cell_count"]
    elif database.has("row_accounting"):
        source = Relation(database, "row_accounting").rows()[0]["source"]
    return Settings(source or database.path.stem, Formatter(locale, currency), int(minimum))


def read_context(database: Database, glossary: dict[str, str]) -> Context:
    """Read what every page needs."""
    segments = []
    if database.has("segment_overview"):
        segments = [
            Segment(
                row["segment_id"],
                row["segment_name"] or row["segment_id"],
                row["segment_description"] or "",
            )
            for row in Relation(database, "segment_overview").order("segment_id").rows()
        ]
    features = {}
    if database.has("report_features"):
        features = {
            row["feature"]: row
            for row in Relation(database, "report_features").order("feature").rows()
        }
    return Context(database, read_settings(database), segments, glossary, features)


def feature_label(feature: str, features: Mapping[str, Row]) -> str:
    """Return what readers call a feature or one of a model's dimensions.

    Names are those of ``report_features``. A dimension says what it adds to its feature:
    ``home=own`` a category, ``income__missing`` whether the value is unknown.
    """
    name, mark, added = feature.partition("=")
    known = name.removesuffix("__missing")
    said = str(features[known]["label"]) if known in features else known.replace("_", " ")
    said += " unknown" if name != known else f": {added}" if mark else ""
    return said[:1].upper() + said[1:]


#: What readers call the customers of no segment.
NOT_SEGMENTED = "Not segmented"

#: Codes whose words are more than the code with spaces.
_WORDS = {
    "none": "None",
    "sms": "SMS",
    "calinski_harabasz": "Calinski-Harabasz (higher is better)",
    "davies_bouldin": "Davies-Bouldin (lower is better)",
    "bootstrap_jaccard": "Bootstrap overlap (higher is better)",
    "border_density": "Border density (lower is better)",
    "gap": "Gap statistic (higher is better)",
    "inertia": "Inertia (falls with every segment)",
    "prediction_strength": "Prediction strength (higher is better)",
    "silhouette_excess": "Silhouette above chance (higher is better)",
    "simplified_silhouette": "Simplified silhouette (higher is better)",
    "smallest_share": "Smallest segment's share",
    "bureau_score": "Bureau score",
    "unsegmented": "Before segmentation",
}


def shown_codes(codes: Iterable[Any]) -> dict[str, str]:
    """Return those of the codes whose words are more than the code with spaces."""
    return {code: _WORDS[code] for code in codes if code in _WORDS}


def words(code: str) -> str:
    """Return a code such as ``credit_card`` in words."""
    if code in _WORDS:
        return _WORDS[code]
    text = str(code).replace("_", " ")
    return text[:1].upper() + text[1:]


def filter_label(options: Mapping[str, Any]) -> str:
    """Return what stands before the choice that narrows a table's rows."""
    return str(options.get("filter_label") or words(str(options["filter"]).removesuffix("_id")))


_CONDITION = re.compile(r"(\w+) (<=|>=|<|>) (-?[\d.]+(?:e[+-]?\d+)?)")
_COMPARISONS = {"<=": "at most", "<": "below", ">=": "at least", ">": "above"}


def rule_words(text: str, features: Mapping[str, Row], formatter: Formatter) -> str:
    """Return a rule in words: features by their labels, thresholds in their units."""

    def condition(found: re.Match[str]) -> str:
        feature, comparison, threshold = found[1], found[2], float(found[3])
        if feature not in features:
            return found[0]
        shown = formatter(threshold, "unit", str(features[feature]["unit"]))
        return f"{features[feature]['label']} {_COMPARISONS[comparison]} {shown}"

    said = _CONDITION.sub(condition, text)
    return said[:1].upper() + said[1:]


class Components(ABC):
    """The calls that templates make. Subclasses write them for one kind of site."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.shown = 0

    # What templates know besides the components.

    def namespace(self) -> dict[str, Any]:
        """Names that templates may use."""
        context = self.context
        return {
            "mart": self.mart,
            "has": context.database.has,
            "col": col,
            "rate": rate,
            "value": self.value,
            "table": self.table,
            "chart": self.chart,
            "note": self.note,
            "not_available": self.not_available,
            "grid": self.grid,
            "fold": self.fold,
            "term": self.term,
            "link": self.link,
            "segment_link": self.segment_link,
            "segment_title": self.segment_title,
            "segment_cards": self.segment_cards,
            "feature_label": self.feature_label,
            "words": words,
            "long_date": context.settings.formatter.date,
            "segments": context.segments,
            "settings": context.settings,
            "glossary": context.glossary,
        }

    def mart(self, name: str) -> Relation:
        """Return a table of the published database."""
        return Relation(self.context.database, name)

    def count_text(self, count: Any) -> str:
        """How many customers a figure rests on, in words."""
        if count is None:
            return ""
        if isinstance(count, int):
            return f"{self.context.settings.formatter.number(count)} customers"
        return str(count)

    def source_line(
        self, *, as_of: Any, population: str, count: Any = None, note: str = ""
    ) -> list[str]:
        """Return the parts of the line under a figure: as-of date, population, count and notes."""
        if not population:
            raise ReportError("each figure must say whom it describes: population is empty")
        formatter = self.context.settings.formatter
        if isinstance(as_of, dt.date):
            as_of = f"As of {formatter.date(as_of)}"
        parts = [as_of or "No date applies", population, self.count_text(count), note]
        return [part for part in parts if part]

    def availability(self, mart: str) -> str:
        """Why a mart has nothing to show, from ``data_availability``."""
        database = self.context.database
        if database.has("data_availability"):
            found = Relation(database, "data_availability").where(subject_type="mart", subject=mart)
            said = [str(row["reason"]) for row in found.rows() if row["reason"]]
            if said:
                return " ".join(dict.fromkeys(said))
        if database.has(mart):
            return "What it needs is unknown, or rests on too few customers to be shown."
        if mart not in database.tables:
            return f"The published database has no table {mart}."
        return "The source lacks the data for it."

    def axis_title(self, label: str, kind: str) -> str:
        """Return an axis's title, with the currency where the axis shows money."""
        symbol = self.context.settings.formatter.symbol
        return f"{label} ({symbol})" if kind.startswith("currency") and symbol else label

    def suppressed_text(self) -> str:
        """Say why a cell is hidden; it may be there to keep another one from being worked out."""
        return "hidden: too few customers, or it would give such a figure away"

    def all_hidden(self, what: str) -> Markup:
        """Say that a table would show hidden cells only."""
        return self.note(f"{what}: every figure is {self.suppressed_text()}.")

    @staticmethod
    def is_hidden(row: Row, column: Column) -> bool:
        """Whether a cell is empty because the mart hides it."""
        flag = column.flag or "is_suppressed"
        return row[column.name] is None and flag in row and bool(row[flag])

    @staticmethod
    def with_interval(relation: Relation, column: Column) -> Column:
        """Return the column with its bounds, where the mart has them."""
        lower, upper = f"{column.name}_lower", f"{column.name}_upper"
        has_both = {lower, upper} <= set(relation.columns)
        return replace(column, lower=lower, upper=upper) if has_both else column

    def shows_nothing(self, rows: Sequence[Row], columns: Sequence[Column]) -> bool:
        """Whether every row hides its figures and shows no other."""
        figures = [column for column in columns if column.is_numeric]
        return all(
            all(row[column.name] is None for column in figures)
            and any(self.is_hidden(row, column) for column in figures)
            for row in rows
        )

    @staticmethod
    def hides_marks(relation: Relation, options: Mapping[str, Any]) -> bool:
        """Whether a chart lacks marks because the mart hides their figures."""
        flag = options.get("flag", "is_suppressed")
        keys = ("value", "x", "y", "size", "total")
        names = [str(options[key]) for key in keys if options.get(key)] or ["customers_count"]
        return any(
            flag in row and row[flag] and any(name in row and row[name] is None for name in names)
            for row in relation.rows()
        )

    # What each kind of site writes in its own way.

    @abstractmethod
    def value(self, relation: Relation, column: str, kind: str = "text", **options: Any) -> Markup:
        """Return a single figure within a sentence."""

    @abstractmethod
    def table(self, relation: Relation, columns: Sequence[Column], **options: Any) -> Markup:
        """Return a table that sorts and downloads.

        With ``filter='product_type'`` a choice above it narrows the rows by that column, under
        the name ``filter_label='Product'``.
        """

    @abstractmethod
    def chart(self, kind: str, relation: Relation, **options: Any) -> Markup:
        """Return a chart with its source line and its figures."""

    @abstractmethod
    def note(self, text: str) -> Markup:
        """Return a remark."""

    @abstractmethod
    def grid(self, layout: str, caller: Any) -> Markup:
        """Blocks side by side where there is room."""

    @abstractmethod
    def fold(self, title: str, caller: Any) -> Markup:
        """Blocks that a reader opens."""

    @abstractmethod
    def term(self, name: str, text: str | None = None) -> Markup:
        """Return a word of the glossary."""

    @abstractmethod
    def link(self, page: str, text: str) -> Markup:
        """Return a link to another page."""

    @abstractmethod
    def segment_link(self, segment_id: str) -> Markup:
        """Return a link to a segment's page."""

    @abstractmethod
    def segment_cards(self, relation: Relation, **options: Any) -> Markup:
        """Return the segments in one screen."""

    def segment_title(self, segment_id: str) -> str:
        """Return a segment's id and name as plain text."""
        name = self.context.names.get(segment_id)
        if segment_id == UNSEGMENTED:
            return NOT_SEGMENTED
        return f"{segment_id} {name}" if name else words(segment_id)

    def not_available(self, mart: str, what: str) -> Markup:
        """Say that something is not available for this source, and why."""
        return self.note(f"{what}: not available for this source. {self.availability(mart)}")

    def glossary_text(self, name: str) -> str:
        """Return a word's explanation, which must exist."""
        key = name.lower()
        if key not in self.context.glossary:
            raise ReportError(f"the glossary has no '{name}'; add it to glossary.csv")
        return self.context.glossary[key]

    def feature_label(self, feature: str) -> str:
        """Return what readers call a feature."""
        return feature_label(feature, self.context.features)

    def feature_unit(self, feature: str) -> str:
        """Return unit of a feature in the catalogue."""
        row = self.context.features.get(feature)
        return str(row["unit"]) if row is not None else ""

    def text(self, value: str) -> Markup:
        """Text that is safe everywhere."""
        return safe_text(value)


__all__ = [
    "UNITS",
    "Column",
    "Components",
    "Context",
    "MissingMartError",
    "Parameter",
    "Segment",
    "Settings",
    "col",
    "feature_label",
    "rate",
    "read_context",
    "words",
]
