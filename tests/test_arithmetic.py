from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.computing.arithmetic import Operand, compute
from qa.computing.computation import Computation


@pytest.mark.parametrize(
    ("plan", "operands", "answer"),
    [
        (
            Computation("difference", "day"),
            ["May 10", "released on May 24"],
            "14 days: from May 10 (2024) to released on May 24 (2024)",
        ),
        (
            Computation("difference", "week"),
            ["10 May 2024", "2024-05-24"],
            "2 weeks: from 10 May 2024 to 2024-05-24",
        ),
        (
            Computation("difference", "week"),
            ["10 May 2024", "2024-05-20"],
            "10 days: from 10 May 2024 to 2024-05-20",
        ),
        (Computation("difference", "year"), ["2022", "1921"], "101 years: from 2022 to 1921"),
        (
            Computation("difference", "year"),
            ["30 June 2000", "1 June 2002"],
            "1 year: from 30 June 2000 to 1 June 2002",
        ),
        (
            Computation("difference", "month"),
            ["31 January 2000", "1 March 2000"],
            "1 month: from 31 January 2000 to 1 March 2000",
        ),
        (
            Computation("difference", "year"),
            ["March 2010", "January 2020"],
            "9 years: from March 2010 to January 2020",
        ),
        (
            Computation("difference", "year"),
            ["5 January 2010", "March 2020"],
            "10 years: from 5 January 2010 to March 2020",
        ),
        # What stands beside a date may move or blur it.
        (Computation("difference", "day"), ["two weeks after 5 May 2024", "6 May 2024"], None),
        (Computation("difference", "day"), ["the eve of the fair on 5 May 2024", "May 7"], None),
        (Computation("difference", "day"), ["not on 5 May 2024", "6 May 2024"], None),
        (Computation("difference", "day"), ["possibly on 5 May 2024", "6 May 2024"], None),
        (Computation("difference", "year"), ["about 1990", "2000"], None),
        (Computation("difference", "year"), ["c. 1990", "2000"], None),
        (Computation("difference", "year"), ["~1990", "2000"], None),
        (Computation("difference", "year"), ["1990–", "2000"], None),
        (
            Computation("difference", "day"),
            ["It is set to be released on May 10", "May 11"],
            "1 day: from It is set to be released on May 10 (2024) to May 11 (2024)",
        ),
        # Too vague for what is asked.
        (Computation("difference", "day"), ["May 2024", "May 24, 2024"], None),
        (Computation("difference", "day"), ["in spring", "May 24, 2024"], None),
        (Computation("difference", "day"), ["May 1 or May 2", "May 24"], None),
    ],
)
def test_dates_lie_so_far_apart(plan: Computation, operands: list[str], answer: str | None) -> None:
    assert compute(plan, [Operand(text, "2024-05-11") for text in operands]) == answer


@pytest.mark.parametrize(
    ("plan", "operands", "answer"),
    [
        (Computation("weekday", ""), ["May 24"], "Friday: May 24, 2024"),
        (Computation("weekday", "sunday"), ["May 24, 2024"], "No. May 24, 2024 is a Friday"),
        (Computation("weekday", "friday"), ["May 24, 2024"], "Yes. May 24, 2024 is a Friday"),
        (
            Computation("weekday", "friday"),
            ["on Friday, May 24, 2024, at 1 pm KST"],
            "Yes. May 24, 2024 is a Friday",
        ),
        (Computation("weekday", "friday"), ["closed since May 24"], None),
        (Computation("weekday", ""), ["closed since May 24"], None),
        (Computation("weekday", ""), ["Monday, May 24, 2024"], None),
        (Computation("weekday", ""), ["begins on Fri, May 24."], "Friday: May 24, 2024"),
        (Computation("weekday", ""), ["May 2024"], None),
        (Computation("weekday", ""), ["February 30"], None),
    ],
)
def test_a_date_has_a_weekday(plan: Computation, operands: list[str], answer: str | None) -> None:
    assert compute(plan, [Operand(text, "2024-05-11") for text in operands]) == answer


def test_without_a_document_date_a_day_has_no_year() -> None:
    operands = [Operand("May 10", None), Operand("May 24", None)]
    assert compute(Computation("difference", "day"), operands) is None


@given(st.dates(), st.dates())
def test_days_between_any_two_dates(one: datetime.date, other: datetime.date) -> None:
    operands = [Operand(day.isoformat(), None) for day in (one, other)]
    days = abs((one - other).days)
    # Years before 1000 aren't read: a bare "0987" is no year.
    expected = None if min(one, other).year < 1000 or max(one, other).year > 2999 else days
    text = compute(Computation("difference", "day"), operands)
    assert (text and int(text.split()[0])) == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_operand_breaks_a_computation(one: str, other: str) -> None:
    operands = [Operand(one, "2024-05-11"), Operand(other, None)]
    for operation, detail, options in (
        ("difference", "day", ()),
        ("difference", "year", ()),
        ("difference", "number", ()),
        ("order", "first", ("a", "b")),
        ("weekday", "", ()),
        ("count", "", ()),
    ):
        plan = Computation(operation, detail, options=options)  # type: ignore[arg-type]
        answer = compute(plan, operands)
        assert answer is None or answer.strip()
