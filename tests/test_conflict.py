from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.checking.claims import CheckedClaim
from qa.comparing.conflict import combine, disagreement, same_answer
from qa.types import Passage, Sentence


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("May 24", "Friday, 24 May 2024", True),
        ("May 24", "May 31", False),
        ("5.8 million", "5,800,000 views", True),
        ("eleven", "11 tracks", True),
        ("11 tracks", "twelve", False),
        ("the engineer Tomas Rehn", "Tomas Rehn", True),
        ("Tomas Rehn", "Ada Lindqvist", False),
        # He may be the same.
        ("the engineer Rehn", "Tomas Rehn", None),
        # A year isn't a day of it, nor a name a number.
        ("May 24", "2022", None),
        ("Rehn", "12", None),
        # Long answers may say the same in words of their own.
        (
            "heavy rain and a broken mast kept every crew of the fleet ashore",
            "no boat could land because the storm that winter had blocked both harbours",
            None,
        ),
        # Small words turn an answer around.
        ("above 80 degrees", "below 80 degrees", False),
        ("more than 80 degrees", "less than 80 degrees", False),
        ("over 80 degrees", "above 80 degrees", True),
        ("80 degrees", "above 80 degrees", None),
        ("It may be opened", "It may not be opened", False),
        ("It isn’t open", "It is not open", True),
        ("The mill is open", "The mill isn’t open", False),
        ("The mill is open", "The mill isn’t open in May", None),
        ("nothing", "nothing", True),
        # Amounts are the same in any notation.
        ("€50", "50 euros", True),
        ("EUR 50", "50 €", True),
        ("€1,200", "1,200 euro a year", True),
        ("2000 euros", "€2,000", True),
        ("12 months", "one year", True),
        ("90 minutes", "1 hour and 30 minutes", True),
        ("1.5 km", "1,500 metres", True),
        ("€50", "60 euros", False),
        ("$50", "€50", None),
        ("12 months", "two years", False),
        ("30 days", "one month", None),
        ("ten days", "one month", False),
        ("5 miles", "8 km", None),
        ("50", "60 euros", False),
        ("28 days", "one month", None),
        ("31 days", "one month", None),
        ("33 days", "one month", False),
        ("365 days", "one year", None),
        ("90 minutes", "1 hour 30", True),
        ("90 minutes", "1 hour 20", False),
        ("24", "two dozen", None),
        ("two eggs", "two dozen eggs", None),
        ("2.5 km", "two and a half km", None),
        ("£5", "5 lb", None),
        ("£5", "5 pounds", True),
        # A dial's hand stands so twice a day.
        ("7:30", "7:30 pm", None),
        ("7:30", "19:30", None),
        ("7:30", "8:30 pm", False),
        ("07:30", "19:30", False),
        ("7:30 am", "7:30 pm", False),
        ("7:30 am", "19:30", False),
        # Both ends of a time, or a phrasing.
        ("from 5 May", "until 5 May", False),
        ("from 9:00", "until 9:00", False),
        ("since 2019", "until 2019", False),
        ("from 5 May", "until 9 May", None),
        ("from 5 May", "5 May", True),
        ("from 5 May", "on 9 May", False),
        # Names in short, and other words for the same.
        ("Jan", "January", None),
        ("NYC", "New York City", None),
        ("the U.K.", "the United Kingdom", None),
        ("UK", "Norway", False),
        ("free", "no charge", None),
        ("Free", "No charge", None),
        ("by phone", "call us", False),
        ("in cash", "by card", False),
        ("the mayor", "Ada Lindqvist", None),
        ("blue", "green", False),
        ("not blue", "green", None),
        ("Most", "Few", None),
        ("tuesday", "friday", False),
        # Days whose month isn't repeated; without a weekday a number may be of anything.
        ("Thursday 12 to Sunday 15 June", "Thursday 19 to Sunday 22", False),
        ("Sunday 15 June", "Sunday 15", True),
        ("Sunday 15 June", "Sunday", True),
        ("Saturday 22", "Sunday 22", None),
        ("Sunday", "Monday", False),
        ("15 June", "19", None),
        ("the", "Rehn", None),
        ("", "Rehn", None),
    ],
)
def test_whether_two_answers_are_one(one: str, other: str, same: bool | None) -> None:
    assert same_answer(one, other) is same
    assert same_answer(other, one) is same


@given(one=st.text(), other=st.text())
def test_the_order_of_answers_makes_no_difference(one: str, other: str) -> None:
    assert same_answer(one, one) in (True, None)
    assert same_answer(one, other) is same_answer(other, one)


def claim(text: str, date: str | None, saved: str | None = None) -> CheckedClaim:
    sentence = Sentence(f"{date}.txt", 0, 0, len(text), text)
    passage = Passage(1, sentence, "T", date, 1.0, saved=saved)
    return CheckedClaim(text, (passage,), 0.9, "supported", "", None)


def test_answers_are_put_together() -> None:
    combined = combine(
        claim("Tomas Rehn", "2022-01-01"),
        [
            claim("Ada Lindqvist", "2023-01-01"),
            claim("the engineer Tomas Rehn", "2024-01-01"),
            # It may be Tomas.
            claim("the mason Rehn", "2021-01-01"),
        ],
    )
    assert [each.text for each in combined] == ["Tomas Rehn", "Ada Lindqvist"]
    assert [passage.date for passage in combined[0].passages] == ["2022-01-01", "2024-01-01"]


def test_the_date_that_is_told_is_that_of_the_document_that_is_named() -> None:
    older, newer = claim("Rehn", "2022-01-01"), claim("Rehn", "2024-01-01")
    both = replace(
        older,
        passages=(
            replace(older.passages[0], title="Old"),
            replace(newer.passages[0], title="New"),
        ),
    )
    assert "“Rehn” (New, 2024-01-01)" in disagreement([both, claim("Lindqvist", "2023-01-01")])


def test_when_files_were_saved_orders_only_what_has_no_date_and_is_told() -> None:
    dated, same = claim("Rehn", "2022-01-01"), claim("Falk", None, "2026-11-28")
    older, later = claim("Holm", None, "2025-01-01"), claim("Lindqvist", None, "2026-11-28")
    combined = combine(older, [dated, later])
    assert [each.text for each in combined] == ["Rehn", "Lindqvist", "Holm"]
    assert disagreement(combined) == (
        "The documents give different answers: “Rehn” (T, 2022-01-01); "
        "“Lindqvist” (T, saved 2026-11-28); “Holm” (T, saved 2025-01-01). "
        "Of those without a date, that whose file was saved last comes first."
    )
    assert "saved last" not in disagreement(combine(dated, [later]))
    assert "saved last" not in disagreement(combine(later, [same]))
    assert "(T, undated)" in disagreement([dated, claim("Holm", None)])


@pytest.mark.parametrize(("newer", "cited"), [("below", 1), ("above", 2)])
def test_limits_from_above_and_below_are_no_agreement(newer: str, cited: int) -> None:
    combined = combine(
        claim("above 80 degrees", "2020-01-01"), [claim(f"{newer} 80 degrees", "2024-01-01")]
    )
    assert [len(each.passages) for each in combined] == [cited] * (3 - cited)
    assert combined[0].passages[-1].date == "2024-01-01"
