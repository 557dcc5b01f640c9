from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.arithmetic import Operand, compute
from qa.computation import Computation


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
        # Too vague for what is asked.
        (Computation("difference", "day"), ["May 2024", "May 24, 2024"], None),
        (Computation("difference", "day"), ["in spring", "May 24, 2024"], None),
        (Computation("difference", "day"), ["May 1 or May 2", "May 24"], None),
        (Computation("difference", "number"), ["1,200 people", "950"], "250: 1,200 people and 950"),
        (Computation("difference", "number"), ["40%", "25 percent"], "15%: 40% and 25 percent"),
        (Computation("difference", "number"), ["40%", "25"], None),
        (
            Computation("difference", "number"),
            ["9 of them", "5 in May"],
            "4: 9 of them and 5 in May",
        ),
        (Computation("difference", "number"), ["2 hours", "90 minutes"], None),
        (Computation("difference", "number"), ["2 hours", "90"], None),
        (Computation("difference", "number"), ["5 km", "300 m"], None),
        (Computation("difference", "number"), ["5 km", "300m"], None),
        (Computation("difference", "number"), ["5 square km", "3 square miles"], None),
        (Computation("difference", "number"), ["USD 500", "EUR 300"], None),
        (Computation("difference", "number"), ["USD 500", "USD 300"], "200: USD 500 and USD 300"),
        (Computation("difference", "number"), ["5 km", "3 km long"], "2: 5 km and 3 km long"),
        (Computation("difference", "number"), ["5 pupils", "1 pupil"], "4: 5 pupils and 1 pupil"),
        (Computation("difference", "number"), ["40 of 50", "25"], None),
        (
            Computation("order", "first", options=("the mill", "the church")),
            ["in 1790", "12 May 1788"],
            "the church: 12 May 1788 (the mill: in 1790)",
        ),
        (
            Computation("order", "last", options=("the mill", "the church")),
            ["in 1790", "12 May 1788"],
            "the mill: in 1790 (the church: 12 May 1788)",
        ),
        (
            Computation("order", "first", options=("the mill", "the church")),
            ["on 2 May 1790", "2 May 1790"],
            "Both at the same time: on 2 May 1790",
        ),
        (Computation("order", "first", options=("a", "b")), ["May 1790", "1790"], None),
        (Computation("order", "before"), ["1790", "1791"], "Yes. 1790 is before 1791"),
        (Computation("order", "after"), ["1790", "1791"], "No. 1790 is before 1791"),
        (
            Computation("order", "before"),
            ["May 10", "10 May"],
            "No. May 10 (2024) is the same time as 10 May (2024)",
        ),
        # Within the same year or month either may be first.
        (Computation("order", "before"), ["1790", "1790"], None),
        (Computation("order", "before"), ["May 1790", "May 1790"], None),
        (Computation("order", "before"), ["2500 BC", "1200 BC"], None),
        (Computation("order", "before"), ["in 2500 v. Chr.", "1200"], None),
        (Computation("order", "before"), ["1200 B.C.E.", "1200"], None),
        (Computation("order", "before"), ["1200 av. J.-C.", "1200"], None),
        (Computation("weekday", ""), ["May 24"], "Friday: May 24, 2024"),
        (Computation("weekday", "sunday"), ["May 24, 2024"], "No. May 24, 2024 is a Friday"),
        (Computation("weekday", "friday"), ["May 24, 2024"], "Yes. May 24, 2024 is a Friday"),
        (
            Computation("weekday", "friday"),
            ["on Friday, May 24, 2024, at 1 pm KST"],
            "Yes. May 24, 2024 is a Friday",
        ),
        (Computation("weekday", "friday"), ["closed since May 24"], None),
        (Computation("weekday", ""), ["May 2024"], None),
        (Computation("weekday", ""), ["February 30"], None),
        (
            Computation("count", ""),
            ["Germany, France, Japan, and Brazil"],
            "4: Germany, France, Japan, and Brazil",
        ),
        (Computation("count", ""), ["Germany"], None),
        (Computation("count", ""), ["46,200 inhabitants"], None),
        (Computation("count", ""), ["46,200 inhabitants and 300 dogs"], None),
        (Computation("count", ""), ["two mills, a church and a school"], None),
        (
            Computation("count", ""),
            ["Apollo 11, Boeing 747 and Osk"],
            "3: Apollo 11, Boeing 747 and Osk",
        ),
        (Computation("count", ""), ["1990, 1995"], "2: 1990, 1995"),
        (
            Computation("count", ""),
            ["May 3, 2024 and May 5, 2024"],
            "2: May 3, 2024 and May 5, 2024",
        ),
        (Computation("count", ""), ["Most are found in Osk and Brenn"], None),
        (Computation("count", ""), ["Will and May"], "2: Will and May"),
        # Nobody knows how many these are.
        (Computation("count", ""), ["Osk, Brenn or Varga"], None),
        (Computation("count", ""), ["mills, churches, etc."], None),
        (Computation("count", ""), ["Osk, Brenn and others"], None),
        (Computation("count", ""), ["Holt & Rehn, Varga & Sons"], None),
        # Of one day the time decides.
        (
            Computation("order", "first", options=("the talk", "the dinner")),
            ["3 May 2024, 18:00", "3 May 2024, 20:00"],
            "the talk: 3 May 2024, 18:00 (the dinner: 3 May 2024, 20:00)",
        ),
        (
            Computation("order", "last", options=("the talk", "the dinner")),
            ["6 pm", "20:00"],
            "the dinner: 20:00 (the talk: 6 pm)",
        ),
        (Computation("order", "before"), ["3 May 2024, 18:00", "3 May 2024"], None),
        (Computation("order", "before"), ["18:00 KST", "19:00 UTC"], None),
        (Computation("order", "before"), ["3 May 2024", "18:00"], None),
    ],
)
def test_answers_are_computed_from_operands(
    plan: Computation, operands: list[str], answer: str | None
) -> None:
    assert compute(plan, [Operand(text, "2024-05-11") for text in operands]) == answer


@pytest.mark.parametrize(
    ("date", "texts", "answer"),
    [
        # Minutes of January tell of December, a notice of December of January.
        (
            "2024-01-08",
            ["damaged on 20 December", "repaired on 3 January"],
            "14 days: from damaged on 20 December (2023) to repaired on 3 January (2024)",
        ),
        (
            "2023-12-20",
            ["20 December", "3 January"],
            "14 days: from 20 December (2023) to 3 January (2024)",
        ),
        # A year's plans are of that year.
        (
            "2024-01-08",
            ["20 January", "24 August"],
            "217 days: from 20 January (2024) to 24 August (2024)",
        ),
        (
            "2024",
            ["20 January", "21 January"],
            "1 day: from 20 January (2024) to 21 January (2024)",
        ),
    ],
)
def test_a_day_without_a_year_is_read_by_the_document_s_date(
    date: str, texts: list[str], answer: str
) -> None:
    operands = [Operand(text, date) for text in texts]
    assert compute(Computation("difference", "day"), operands) == answer


def test_days_of_one_year_have_an_order_without_it() -> None:
    operands = [Operand("May 10", None), Operand("May 24", None)]
    found = compute(Computation("order", "before"), operands)
    assert found == "Yes. May 10 is before May 24"


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
