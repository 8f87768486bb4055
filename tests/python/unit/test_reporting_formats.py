"""Numbers and dates in the words of a locale."""

from __future__ import annotations

import datetime as dt

import pytest

from customer_segmentation.reporting.components import (
    feature_label,
    rule_words,
    words,
)
from customer_segmentation.reporting.formats import Formatter

ENGLISH = Formatter("en-GB", "EUR")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1234567, "integer", "1,234,567"),
        (0.0647, "percent", "6.5%"),
        (0.1165, "percent", "11.7%"),
        (0.0154, "percentage_points", "+1.5\u00a0pp"),
        (-0.0154, "percentage_points", "\u22121.5\u00a0pp"),
        (1234.5, "currency", "\u20ac1,235"),
        (-1526.2, "currency", "\u2212\u20ac1,526"),
        (0, "currency", "\u20ac0"),
        (0.2, "currency", "<\u20ac1"),
        (-0.2, "currency", ">\u2212\u20ac1"),
        (0.004, "currency_precise", "<\u20ac0.01"),
        (0.0, "percent", "0.0%"),
        (1e-17, "percent", "0.0%"),
        (0.0004, "percent", "<0.1%"),
        (0.0005, "percent", "0.1%"),
        (-0.0004, "percent", ">\u22120.1%"),
        (0.9996, "percent", ">99.9%"),
        (0.9994, "percent", "99.9%"),
        (1.0, "percent", "100.0%"),
        (0.0004, "percentage_points", "<+0.1\u00a0pp"),
        (-0.0004, "percentage_points", ">\u22120.1\u00a0pp"),
        (0.0, "percentage_points", "0.0\u00a0pp"),
        (-0.001, "signed", "0.00"),
        (0.936, "precise", "0.94"),
        (-1.17, "signed", "\u22121.17"),
        (dt.date(2025, 12, 31), "date", "31 Dec 2025"),
        (True, "text", "yes"),
    ],
)
def test_english(value: object, kind: str, expected: str) -> None:
    assert ENGLISH(value, kind) == expected


def test_other_locales_use_their_own_marks() -> None:
    german = Formatter("de-DE", "EUR")
    assert german(1234567, "integer") == "1.234.567"
    assert german(0.0647, "percent") == "6,5\u00a0%"
    assert german(1234.5, "currency") == "1.235\u00a0\u20ac"


def test_units_follow_the_catalogue() -> None:
    assert ENGLISH(0.5, "unit", "ratio") == "50.0%"
    assert ENGLISH(3.25, "unit", "months") == "3.3 months"
    assert ENGLISH(82.0, "unit", "months") == "82 months"
    assert ENGLISH(2290.0, "unit", "currency a month") == "\u20ac2,290 a month"


def test_unknown_locale_is_named() -> None:
    with pytest.raises(ValueError, match="report_locale is 'xx-zz-q'"):
        Formatter("xx-zz-q")


FEATURES = {
    "bureau_score": {"label": "bureau score", "unit": "points"},
    "utilisation_mean_ratio": {"label": "card limit in use", "unit": "ratio"},
}


def test_codes_become_words() -> None:
    assert words("credit_card") == "Credit card"


def test_features_are_called_by_their_labels() -> None:
    assert feature_label("utilisation_mean_ratio", FEATURES) == "Card limit in use"
    assert feature_label("bureau_score__missing", FEATURES) == "Bureau score unknown"
    assert feature_label("home=own", FEATURES) == "Home: own"


def test_rules_read_as_words() -> None:
    text = rule_words(
        "bureau_score <= 658 and utilisation_mean_ratio > 0.289 and other > 1", FEATURES, ENGLISH
    )
    assert text == "Bureau score at most 658 and card limit in use above 28.9% and other > 1"
