from __future__ import annotations

import datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.arithmetic import Operand, compute, number_difference
from qa.computation import Computation
from qa.moments import moment, surroundings


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
        (Computation("difference", "number"), ["1,200 people", "950"], "250: 1,200 people and 950"),
        (Computation("difference", "number"), ["40%", "25 percent"], "15%: 40% and 25 percent"),
        (Computation("difference", "number"), ["40%", "25"], None),
        # For a month or for a year.
        (Computation("difference", "number"), ["$5 per month", "$50 per year"], None),
        (Computation("difference", "number"), ["5 a day", "3 per week"], None),
        (Computation("difference", "number"), ["€5/month", "€50/year"], None),
        (Computation("difference", "number"), ["€5 monthly", "€50 annually"], None),
        (Computation("difference", "number"), ["€5 a month", "€50"], None),
        (
            Computation("difference", "number"),
            ["€5 per month", "€3 a month"],
            "€2: €5 per month and €3 a month",
        ),
        (Computation("difference", "number"), ["5 a day", "3 daily"], "2: 5 a day and 3 daily"),
        # Not what exactly one amount is.
        (Computation("difference", "number"), ["1.250 euros", "900 euros"], None),
        (Computation("difference", "number"), ["more than 300", "at most 100"], None),
        (Computation("difference", "number"), ["about 300", "100"], None),
        (Computation("difference", "number"), ["~300", "100"], None),
        (Computation("difference", "number"), ["300+", "100"], None),
        (Computation("difference", "number"), ["300 or more", "100"], None),
        (Computation("difference", "number"), ["300 pupils at least", "100"], None),
        (Computation("difference", "number"), ["3 times as many", "2"], None),
        (Computation("difference", "number"), ["exactly 300", "100"], "200: exactly 300 and 100"),
        # Numbers of which only a part is read.
        (
            Computation("difference", "number"),
            ["a hundred and twenty thousand", "50,000"],
            None,
        ),
        (Computation("difference", "number"), ["two and a half", "1"], None),
        (Computation("difference", "number"), ["5½", "1"], None),
        (Computation("difference", "number"), ["5k", "300"], None),
        (Computation("difference", "number"), ["two dozen", "20"], None),
        (Computation("difference", "number"), ["$2", "$3 million"], None),
        (Computation("difference", "number"), ["100 €", "90 $"], None),
        (
            Computation("difference", "number"),
            ["2 people", "3 million people"],
            "2,999,998: 2 people and 3 million people",
        ),
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
        (Computation("weekday", ""), ["closed since May 24"], None),
        (Computation("weekday", ""), ["Monday, May 24, 2024"], None),
        (Computation("weekday", ""), ["begins on Fri, May 24."], "Friday: May 24, 2024"),
        (Computation("weekday", ""), ["May 2024"], None),
        (Computation("weekday", ""), ["February 30"], None),
        (
            Computation("count", ""),
            ["Germany, France, Japan, and Brazil"],
            "4: Germany, France, Japan, and Brazil",
        ),
        (Computation("count", ""), ["Germany"], None),
        # Commas and "and" join more than single things.
        (Computation("count", ""), ["Ada and her brothers"], None),
        (Computation("count", ""), ["many friends and relatives"], None),
        (Computation("count", ""), ["parents, teachers and pupils"], None),
        (Computation("count", ""), ["the judges, the mayor and the clerk"], None),
        (Computation("count", ""), ["his children, his wife and his father"], None),
        (Computation("count", ""), ["branches in Osk, Norway and Lund, Sweden"], None),
        (Computation("count", ""), ["milk, eggs and, if you like, nuts"], None),
        (Computation("count", ""), ["Ada Holt, the mayor, and Tom Rehn"], None),
        (Computation("count", ""), ["Ada Holt, mayor of Osk, and Tom Rehn"], None),
        (Computation("count", ""), ["Portland, Oregon"], None),
        (Computation("count", ""), ["Osk, Lund, Brenn"], None),
        (Computation("count", ""), ["Kim, Lee, Ada and Kim"], None),
        (Computation("count", ""), ["salt and pepper, oil and vinegar"], None),
        (Computation("count", ""), ["friends of Ada, Tom and Kim"], None),
        (Computation("count", ""), ["Osk, Lund and perhaps Brenn"], None),
        (Computation("count", ""), ["“Osk,” “Lund” and “Brenn”"], None),
        (Computation("count", ""), ["milk and flour"], None),
        (Computation("count", ""), ["A, iTunes and Osk"], "3: A, iTunes and Osk"),
        (Computation("count", ""), ["milk, eggs and flour"], "3: milk, eggs and flour"),
        (
            Computation("count", ""),
            ["the mill, a church and the school"],
            "3: the mill, a church and the school",
        ),
        (
            Computation("count", ""),
            ["branches in Osk, Lund and Brenn"],
            "3: branches in Osk, Lund and Brenn",
        ),
        (
            Computation("count", ""),
            ["“Right Place, Wrong Person” and “Indigo”"],
            "2: “Right Place, Wrong Person” and “Indigo”",
        ),
        (
            Computation("count", ""),
            ["Osk, Norway; Lund, Sweden; and Brenn"],
            "3: Osk, Norway; Lund, Sweden; and Brenn",
        ),
        (
            Computation("count", ""),
            ["Ada Holt and Rehn of Osk"],
            "2: Ada Holt and Rehn of Osk",
        ),
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
        (Computation("count", ""), ["Will Holt and May"], "2: Will Holt and May"),
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
        # August of this year or of the last, which is nearer.
        ("2024-01-08", ["20 January", "24 August"], None),
        ("2024", ["20 January", "21 January"], None),
        # A weekday tells the year.
        (
            "2024-01-08",
            ["20 January", "Saturday, 24 August"],
            "217 days: from 20 January (2024) to Saturday, 24 August (2024)",
        ),
        ("2024-01-08", ["20 January", "Monday, 24 August"], None),
        ("2024-01-08", ["Monday, 20 January", "21 January 2024"], None),
        (None, ["Monday, 20 January", "21 January"], None),
    ],
)
def test_a_day_without_a_year_is_read_by_the_document_s_date(
    date: str | None, texts: list[str], answer: str | None
) -> None:
    operands = [Operand(text, date) for text in texts]
    assert compute(Computation("difference", "day"), operands) == answer


@pytest.mark.parametrize(
    ("text", "passage", "answer"),
    [
        ("Monday, 5 May", "", "Monday: May 5, 2025"),
        ("5 May", "The course begins on Monday, 5 May.", "Monday: May 5, 2025"),
        ("5 May", "The course begins on 5 May (Mon).", "Monday: May 5, 2025"),
        ("5 May", "Not on Sunday 4 May, Monday 5 May is its day.", "Monday: May 5, 2025"),
        ("5 May", "The course begins on Tuesday, 5 May.", None),
        ("5 May", "The course begins on 5 May.", None),
        ("5 January", "The course begins on 5 January.", "Sunday: January 5, 2025"),
        ("5 January", "It begins two days after 5 January.", None),
        ("29 February", "It begins on 29 February.", None),
    ],
)
def test_a_weekday_tells_the_year_of_its_date(text: str, passage: str, answer: str | None) -> None:
    operand = Operand(text, "2024-12-20", passage)
    assert compute(Computation("weekday", ""), [operand]) == answer


@pytest.mark.parametrize(
    "passage",
    [
        "There are more than 300 pupils.",
        "There are between 200 and 300.",
        "300 or more come.",
        "They paid 300 a month.",
        "Some 300 million of them.",
    ],
)
def test_what_an_answer_leaves_out_of_its_passage_counts(passage: str) -> None:
    plan = Computation("difference", "number")
    other = Operand("100", None, "There are 100.")
    assert compute(plan, [Operand("300", None, "There are 300."), other])
    assert compute(plan, [Operand("300", None, passage), other]) is None


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


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("The mill was built in 1900", True),
        ("The mill will be built in 1900", True),
        ("St. Mary's church was built in 1900", True),
        ("The lease was signed on 5 May 2024", True),
        ("handed over on 10 May 2024", True),
        ("effective 5 May 2024", True),
        ("dated 5 May 2024", True),
        ("Opening: 5 May 2024", True),
        ("The date is 5 May 2024", True),
        ("in the year 1990", True),
        ("1990 by Rehn", True),
        ("1990 AD", True),
        ("in AD 1990", True),
        ("5 May 2024 in Lund", True),
        ("Sunday the 5th of May 2024", True),
        ("Saturday the 5th of May 2024", False),
        # What moves a day or blurs it, wherever it stands.
        ("The mill was not built in 1900", False),
        ("It wasn't built in 1900", False),
        ("It may open on 5 May 2024", False),
        ("It was probably built in 1900", False),
        ("Half of it was built in 1900", False),
        ("After: 5 May 2024", False),
        ("The Monday after was 5 May 2024", False),
        ("The eve of the fair was on 5 May 2024", False),
        ("before the year 1990", False),
        ("um 1900", False),
        ("5 May 2024 at the latest", False),
        ("1990 in about", False),
        ("every Monday at 9:00", False),
        ("Mondays at 9:00", False),
    ],
)
def test_a_moment_may_stand_in_a_plain_sentence(text: str, is_read: bool) -> None:
    assert (moment(Operand(text, None)) is not None) == is_read


EVENTS = ("Events of the year", "events.txt")


@pytest.mark.parametrize(
    ("plan", "texts", "date", "headings", "answer"),
    [
        (("weekday", ""), ["5 May"], "2024-01-02", EVENTS, "Sunday: May 5, 2024"),
        # Of the last August, or of the next.
        (("weekday", ""), ["20 August"], "2024-01-02", EVENTS, None),
        (("weekday", ""), ["20 August"], "2024-01-02", ("Events of 2024",), "Tuesday: "),
        (("weekday", ""), ["20 August"], "2024-01-02", ("events-2024.txt",), "Tuesday: "),
        (("weekday", ""), ["20 August"], "2024-01-02", ("events_2024.txt",), "Tuesday: "),
        (("weekday", ""), ["20 August"], "2024-01-02", ("August 2024",), "Tuesday: "),
        (("weekday", ""), ["20 August"], None, ("Events of 2024",), "Tuesday: "),
        (("weekday", ""), ["Monday, 20 August"], None, ("Events of 2024",), None),
        (("weekday", ""), ["20 August"], "2024-01-02", ("Season 2023/24",), None),
        (("weekday", ""), ["20 August"], "2024-01-02", ("2024-01-02-minutes.txt",), None),
        (("weekday", ""), ["20 August"], "2024-01-02", ("2024_01_02.txt",), None),
        (("weekday", ""), ["20 August"], "2024-01-02", ("2023", "2024"), None),
        (("weekday", ""), ["20 August"], "2024-01-02", ("The fire of 1850",), None),
        (("weekday", ""), ["20 August"], None, ("Osk Inn, est. 1990",), None),
        (("order", "before"), ["5 May", "20 August"], "2024-01-02", EVENTS, "Yes. "),
        (("difference", "day"), ["5 May", "20 August"], "2024-01-02", EVENTS, "107 days: "),
        # Its February may have 29 days.
        (("difference", "day"), ["5 February", "20 August"], "2024-01-02", EVENTS, None),
        # A new year may lie between.
        (("order", "before"), ["5 November", "10 May"], "2024-11-01", EVENTS, None),
        (("difference", "day"), ["5 November", "10 May"], "2024-11-01", EVENTS, None),
        (("order", "before"), ["20 December", "24 August"], "2024-01-08", EVENTS, None),
        (("order", "before"), ["20 December", "3 January"], "2024-01-08", EVENTS, "Yes. "),
    ],
)
def test_a_year_is_left_open_only_where_it_matters(
    plan: tuple[Literal["weekday", "order", "difference"], str],
    texts: list[str],
    date: str | None,
    headings: tuple[str, ...],
    answer: str | None,
) -> None:
    operands = [Operand(text, date, "", "a", headings) for text in texts]
    found = compute(Computation(*plan), operands)
    assert found is answer if answer is None else (found or "").startswith(answer)


def test_days_without_a_year_of_two_documents_have_no_order() -> None:
    operands = [
        Operand(text, "2024-01-02", document=name)
        for text, name in (("5 May", "a.txt"), ("20 August", "b.txt"))
    ]
    assert compute(Computation("order", "before"), operands) is None


@pytest.mark.parametrize(
    ("one", "other", "figure"),
    [
        ("It costs 500 euros", "450 euros", "50"),
        ("Rent: €500", "€450", "€50"),
        ("The rent is €500", "The rent was €450", "€50"),
        ("The rent is exactly €500", "€450", "€50"),
        ("Ada: 5", "Tom: 3", "2"),
        ("US$5", "US$3", "$2"),
        ("The monthly rent is €500", "€450 a month", "€50"),
        # Operands keep their decimals.
        ("£5.50", "£3.20", "£2.30"),
        ("2.5 million", "1.5 million", "1,000,000"),
        # A label or a subject may say that the amount is none, or of what.
        ("The rent is about €500", "€450", None),
        ("At most: 5", "3", None),
        ("From: €500", "€450", None),
        ("Minus: 5", "3", None),
        ("The most is 500", "450", None),
        ("Not all is 5", "3", None),
        ("It isn't 5", "3", None),
        ("If you join it costs 5", "3", None),
        ("C$5", "US$3", None),
        ("Weight in kg: 5", "Weight in g: 300", None),
        ("Copies in thousands: 5", "3", None),
        ("The monthly rent is €500", "The yearly rent is €5000", None),
    ],
)
def test_an_amount_may_have_a_label_or_a_plain_sentence(
    one: str, other: str, figure: str | None
) -> None:
    found = number_difference([Operand(one, None), Operand(other, None)])
    assert found == (figure and f"{figure}: {one} and {other}")


def test_what_stands_around_an_operand_is_cut_short() -> None:
    operand = Operand("5", None, "over" + " " * 9_000 + "5 and " * 2_000)
    around = list(surroundings(operand))
    assert len(around) == 2_000
    assert around[0][0] == "over "
    assert max(len(text) for pair in around for text in pair) < 100


def test_times_of_two_documents_are_hardly_of_one_day() -> None:
    operands = [Operand("18:00", "2024-05-11"), Operand("20:00", "2024-05-12")]
    assert compute(Computation("order", "before"), operands) is None


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("The talk is at 9:00.", "Dinner is at 10:00.", "Yes. 9:00 is before 10:00"),
        ("On Friday: talk 9:00, dinner 10:00", "On Friday: talk 9:00, dinner 10:00", "Yes. "),
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
