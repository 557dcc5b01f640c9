from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language.units import differ, measured
from qa.language.values import Date, Number


def number(amount: str, unit: str = "") -> Number:
    return Number(Decimal(amount), unit)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("€50", [number("50", "€")]),
        ("50 €", [number("50", "€")]),
        ("50 euros", [number("50", "€")]),
        ("EUR 50 a head", [number("50", "€"), "head"]),
        ("2000 dollars", [number("2000", "$")]),
        ("2.4 million euros", [number("2400000", "€")]),
        ("£50 or 50 pounds", [number("50", "£"), "or", number("50", "£")]),
        ("two weeks", [number("1209600", "second")]),
        ("1 hour 30 minutes", [number("5400", "second")]),
        ("one year and six months", [number("18", "month")]),
        ("1 hour 30", [number("5400", "second")]),
        ("1 hour and 30, in May", [number("5400", "second"), "in", "may"]),
        ("1 hour 30 people", [number("3600", "second"), number("30"), "people"]),
        ("1 hour, 30", [number("3600", "second"), number("30")]),
        ("1 hour 90", [number("3600", "second"), number("90")]),
        ("30 minutes 15", [number("1800", "second"), number("15")]),
        ("5 lb or 5 pounds", [number("5", "lb"), "or", number("5", "£")]),
        # Two amounts, not one.
        ("30 minutes and 1 hour", [number("1800", "second"), "and", number("3600", "second")]),
        ("1 hour or 30 minutes", [number("3600", "second"), "or", number("1800", "second")]),
        ("1 hour and 5 km", [number("3600", "second"), "and", number("5000", "metre")]),
        # A year has no unit but money.
        ("by 2019 days were", ["by", Date(2019), "days", "were"]),
        ("won 12 medals", ["won", Number(Decimal(12)), "medals"]),
        ("", []),
    ],
)
def test_an_amount_and_its_unit_are_one_number(text: str, values: list[object]) -> None:
    found = measured(text)
    assert [
        Number(each.amount, each.unit) if isinstance(each, Number) else each for each in found
    ] == values


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        (number("50", "€"), number("50", "€"), False),
        (number("50", "€"), number("60", "€"), True),
        (number("50", "€"), number("50", "$"), None),
        (number("50"), number("60", "€"), True),
        (number("50"), number("50", "€"), None),
        (number("2592000", "second"), number("1", "month"), None),
        (number("864000", "second"), number("1", "month"), True),
        (number("2419200", "second"), number("1", "month"), None),
        (number("2678400", "second"), number("1", "month"), None),
        (number("2332800", "second"), number("1", "month"), True),
        (number("31622400", "second"), number("12", "month"), None),
        (number("31622400", "second"), number("24", "month"), True),
        (number("5", "£"), number("5", "lb"), None),
    ],
)
def test_which_amounts_can_not_both_be_true(
    one: Number, other: Number, different: bool | None
) -> None:
    assert differ(one, other) is different
    assert differ(other, one) is different


@given(text=st.text())
def test_any_text_is_read(text: str) -> None:
    assert measured(text) == measured(text)
