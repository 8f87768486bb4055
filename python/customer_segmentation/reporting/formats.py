"""Numbers, money, dates and units in the words of a locale."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol, parse_pattern

#: Formats that a column may have, each with the pattern that Evidence understands.
EVIDENCE_FORMATS = {
    "integer": "#,##0",
    "decimal": "#,##0.0",
    "trimmed": "#,##0.0",
    "precise": "#,##0.00",
    "percent": "0.0%",
    # Of a hundred times the value; see `evidence._scaled`.
    "percentage_points": '+0.0" pp";-0.0" pp";0.0" pp"',
    "signed": "+0.00;-0.00",
    "currency": "#,##0",
    "currency_precise": "#,##0.00",
    "date": "d mmm yyyy",
    "month": "mmm yyyy",
    "code": "0",
}
# As people round, and as browsers do in the Evidence pages.
_HALVES_UP = Context(rounding=ROUND_HALF_UP)
# Below this a double holds the error of its calculation and nothing else.
_NOISE = 1e-9
NUMERIC = frozenset(EVIDENCE_FORMATS) - {"date", "month"} | {"unit"}


@lru_cache(maxsize=8)
def _locale(name: str) -> Locale:
    return Locale.parse(name.replace("-", "_"))


@lru_cache(maxsize=64)
def _percent_pattern(name: str, digits: int) -> NumberPattern:
    text = _locale(name).percent_formats[None].pattern
    return parse_pattern(text.replace("#,##0", "#,##0" + ("." + "0" * digits if digits else "")))


@dataclass(frozen=True)
class Formatter:
    """Formats values for readers.

    Parameters
    ----------
    locale : str
        A locale such as ``en-GB``.
    currency : str
        ISO 4217 code, or an empty string where the source doesn't say.
    """

    locale: str = "en-GB"
    currency: str = ""

    def __post_init__(self) -> None:
        try:
            _locale(self.locale)
        except ValueError as error:
            raise ValueError(
                f"report_locale is '{self.locale}', which is no known locale; write it as en-GB"
            ) from error

    def number(self, value: Any, digits: int = 0, *, signed: bool = False) -> str:
        """Return a number with a fixed count of decimals."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        if signed:
            pattern = f"+{pattern};-{pattern}"
        with localcontext(_HALVES_UP):
            text = format_decimal(value, format=pattern, locale=_locale(self.locale))
        return self._minus(text)

    def percent(self, value: float, digits: int = 1, *, signed: bool = False) -> str:
        """Return a ratio as a percentage; what is neither none nor all never reads as such."""
        step = 10.0 ** -(digits + 2)
        mark = ""
        if _NOISE < abs(value) < step / 2:
            mark, value = ("<" if value > 0 else ">"), math.copysign(step, value)
        elif not signed and 1 - step / 2 <= value < 1 - _NOISE:
            mark, value = ">", 1 - step
        with localcontext(_HALVES_UP):
            text = _percent_pattern(self.locale, digits).apply(value, _locale(self.locale))
        return mark + self._minus(("+" if signed and value > 0 else "") + text)

    @property
    def symbol(self) -> str:
        """The currency's symbol, or an empty string where the source doesn't say."""
        if not self.currency:
            return ""
        return str(get_currency_symbol(self.currency, locale=_locale(self.locale)))

    def money(self, value: Any, digits: int = 0) -> str:
        """Return an amount with the currency's symbol where it has one; a little is not nothing."""
        step = 10.0**-digits
        if _NOISE < abs(value) < step / 2:
            mark = "<" if value > 0 else ">"
            return mark + self.money(math.copysign(step, value), digits)
        plain = self.number(abs(value), digits)
        sign = "\u2212" if value < 0 and plain.strip("0.,") else ""
        if not self.currency:
            return sign + plain
        symbol = self.symbol
        gap = "\u00a0" if len(symbol) > 1 and symbol.isalpha() else ""
        if _locale(self.locale).currency_formats["standard"].pattern.startswith("\xa4"):
            return f"{sign}{symbol}{gap}{plain}"
        return f"{sign}{plain}\u00a0{symbol}"

    def date(self, value: dt.date, pattern: str = "d MMMM y") -> str:
        """Return a date in words."""
        return str(format_date(value, format=pattern, locale=_locale(self.locale)))

    def __call__(self, value: Any, kind: str = "text", unit: str = "") -> str:
        """Format a value; ``kind`` is a key of EVIDENCE_FORMATS, ``text`` or ``unit``."""
        if kind == "unit":
            kind, suffix = UNITS.get(unit, ("precise", ""))
            text = self(value, kind)
            return f"{text} {suffix}" if suffix else text
        if isinstance(value, dt.datetime):
            value = value.date()
        if kind in ("date", "month") and isinstance(value, dt.date):
            return self.date(value, "MMM y" if kind == "month" else "d MMM y")
        if isinstance(value, dt.date):
            return self.date(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if not isinstance(value, int | float | Decimal):
            return str(value)
        if not math.isfinite(value):
            return "not a number"
        match kind:
            case "percent":
                return self.percent(float(value))
            case "percentage_points":
                # A difference of two percentages is no percentage.
                text = self.percent(float(value), signed=True)
                return text.replace("%", "").strip() + "\u00a0pp"
            case "decimal":
                return self.number(value, 1)
            case "trimmed":
                return self.number(value, 0 if round(float(value), 1).is_integer() else 1)
            case "precise":
                return self.number(value, 2)
            case "signed":
                return self.number(value, 2, signed=True)
            case "currency":
                return self.money(value)
            case "currency_precise":
                return self.money(value, 2)
            case "code":
                return str(int(value))
            case "integer":
                return self.number(value)
            case _:
                return self.number(value, 0 if isinstance(value, int) else 2)

    @staticmethod
    def _minus(text: str) -> str:
        if not re.search("[1-9]", text):  # what rounds to zero has no sign
            return text.removeprefix("-")
        return text.replace("-", "\u2212")


#: Units of the feature catalogue: the format and what to write after the number.
UNITS = {
    "currency": ("currency", ""),
    "currency a month": ("currency", "a month"),
    "ratio": ("percent", ""),
    "days": ("trimmed", "days"),
    "months": ("trimmed", "months"),
    "count": ("trimmed", ""),
    "count a month": ("trimmed", "a month"),
    "points": ("integer", ""),
}
