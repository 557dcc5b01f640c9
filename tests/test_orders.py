from __future__ import annotations

import pytest

from qa.computing.arithmetic import Operand, compute
from qa.computing.computation import Computation


@pytest.mark.parametrize(
    ("plan", "operands", "answer"),
    [
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
        # Of several days the times don't decide.
        (Computation("order", "before"), ["on Tuesday at 9:00", "on Monday at 10:00"], None),
        (Computation("order", "before"), ["on Tuesday at 9:00", "at 10:00"], None),
        (Computation("order", "before"), ["5 May at 9:00", "30 November at 8:00"], None),
        (
            Computation("order", "before"),
            ["Tuesday, 9 am", "10 am on Tuesday"],
            "Yes. Tuesday, 9 am is before 10 am on Tuesday",
        ),
        (Computation("order", "before"), ["every day at 9:00", "at 10:00"], None),
    ],
)
def test_one_thing_is_before_another(
    plan: Computation, operands: list[str], answer: str | None
) -> None:
    assert compute(plan, [Operand(text, "2024-05-11") for text in operands]) == answer


@pytest.mark.parametrize(
    ("one", "other", "is_known"),
    [
        ("7:30", "2 pm", False),
        ("9:00", "7:30 pm", False),
        ("Tuesday, 9:00", "10 am on Tuesday", False),
        ("3 May 2024, 7:30", "3 May 2024, 2 pm", False),
        ("12:00", "9 am", False),
        # Both are of one half of the day, or run on from the morning to the afternoon.
        ("7:30", "9:00", True),
        ("9:00", "4:00", False),
        ("12:30", "1:30", False),
        # The clock of 24 hours is written here.
        ("7:30", "14:00", True),
        ("09:00", "10 am", True),
        ("7:30 am", "2 pm", True),
    ],
)
def test_times_on_a_dial_may_be_of_either_half_of_the_day(
    one: str, other: str, is_known: bool
) -> None:
    plan = Computation("order", "first", options=("the concert", "the lunch"))
    found = compute(plan, [Operand(one, "2024-05-11"), Operand(other, "2024-05-11")])
    assert found == (f"the concert: {one} (the lunch: {other})" if is_known else None)


def test_times_of_two_documents_are_hardly_of_one_day() -> None:
    operands = [Operand("18:00", "2024-05-11"), Operand("20:00", "2024-05-12")]
    assert compute(Computation("order", "before"), operands) is None


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("The talk is at 9:00.", "Dinner is at 10:00.", "Yes. 9:00 is before 10:00"),
        ("On Friday at 9:00, dinner at 10:00", "On Friday at 9:00, dinner at 10:00", "Yes. "),
        ("The talk is on Tuesday at 9:00.", "Dinner is on Monday at 10:00.", None),
        ("The talk is on Tuesday at 9:00.", "Dinner is at 10:00.", None),
        ("Tuesdays at 9:00, Mondays at 10:00", "Tuesdays at 9:00, Mondays at 10:00", None),
    ],
)
def test_times_are_compared_within_one_day(one: str, other: str, answer: str | None) -> None:
    operands = [Operand("9:00", None, one), Operand("10:00", None, other)]
    found = compute(Computation("order", "before"), operands)
    assert found == answer if answer is None else (found or "").startswith(answer)


def test_days_of_one_year_have_an_order_without_it() -> None:
    operands = [Operand("May 10", None), Operand("May 24", None)]
    found = compute(Computation("order", "before"), operands)
    assert found == "Yes. May 10 is before May 24"
