from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.dating import asked_as_of, asks_latest, dated, in_dates, with_day

SATURDAY, WEDNESDAY, SUNDAY = "2024-05-11", "2024-05-15", "2024-05-12"
COUNTED = "counted from the document’s date"


@pytest.mark.parametrize(
    ("text", "date", "meant"),
    [
        ("It opens tomorrow.", SATURDAY, "tomorrow (12 May 2024"),
        ("It opened the day before yesterday.", SATURDAY, "the day before yesterday (9 May 2024"),
        ("It opened last night.", "2024-03-01", "last night (29 February 2024"),
        ("Today, the mayor opened it.", SATURDAY, "Today (11 May 2024"),
        ("It opens next Friday.", SATURDAY, "next Friday (17 May 2024"),
        # On a Wednesday it is that of this week or of the next, on a Sunday too.
        ("It opens next Friday.", WEDNESDAY, None),
        ("It opens next Friday.", SUNDAY, None),
        ("It opens this Friday.", WEDNESDAY, "this Friday (17 May 2024"),
        ("It opened last Friday.", WEDNESDAY, "last Friday (10 May 2024"),
        ("It opened last Friday.", SATURDAY, None),
        ("It opened last Monday.", "2024-05-13", "last Monday (6 May 2024"),
        ("It opened on Friday.", SATURDAY, None),
        ("It opened three days ago.", SATURDAY, "three days ago (8 May 2024"),
        ("It opened a week ago.", SATURDAY, "a week ago (4 May 2024"),
        ("It opened two months ago.", "2024-01-31", "two months ago (November 2023"),
        ("It opened 12 years ago.", SATURDAY, "12 years ago (2012"),
        ("It opened years ago.", SATURDAY, None),
        ("It will open in two weeks.", SATURDAY, "in two weeks (25 May 2024"),
        ("It was built in two weeks.", SATURDAY, None),
        ("It opened last month.", "2024-01-05", "last month (December 2023"),
        ("It opens next year.", SATURDAY, "next year (2025"),
        ("It opens this year.", SATURDAY, "this year (2024"),
        ("Prices rose over the last year.", SATURDAY, None),
        ("Prices rose in the next month.", SATURDAY, None),
        ("It stands still today.", SATURDAY, None),
        ("It is used even today.", SATURDAY, None),
        # How things stand on no one day.
        ("Today the mill is a museum.", SATURDAY, None),
        ("Today, the old mill has three wheels.", SATURDAY, None),
        ("The mill, which was sold, is a museum today.", SATURDAY, None),
        ("Sixty people live in the mill today.", SATURDAY, None),
        ("Today the mayor opened the mill, which is a museum.", SATURDAY, "Today (11 May 2024"),
        ("The office is closed today.", SATURDAY, "today (11 May 2024"),
        ("The mayor has opened the mill today.", SATURDAY, "today (11 May 2024"),
        ("The concert is today.", SATURDAY, "today (11 May 2024"),
        # A guide's reader is meant, whenever that is.
        ("You will receive your card in 10 days.", SATURDAY, None),
        ("“You will love it”, she said. It opens tomorrow.", SATURDAY, "tomorrow (12 May 2024"),
        ("Today's market is small.", SATURDAY, None),
        # Nobody knows on which day a quoted person spoke.
        ("“It opens tomorrow”, she said.", SATURDAY, None),
        # What another date is told beside may be counted from that one.
        ("On May 2 he said it would open tomorrow.", SATURDAY, None),
        ("It opens tomorrow.", None, None),
        ("It opened 999 years ago.", "0500-01-01", None),
    ],
)
def test_words_for_time_are_read_against_the_date(
    text: str, date: str | None, meant: str | None
) -> None:
    found = dated(text, text, date)
    if meant is None:
        assert found == text
    else:
        assert f"{meant}, {COUNTED})" in found
        assert found.replace(found[found.index(" (") : found.index(")") + 1], "") == text


def test_a_phrase_is_read_as_in_its_passage() -> None:
    assert dated("two weeks", "It opens in two weeks.", SATURDAY) == "two weeks"
    assert dated("tomorrow", "“It opens tomorrow”, she said.", SATURDAY) == "tomorrow"
    assert dated("in two weeks", "It is to open in two weeks.", SATURDAY).startswith(
        "in two weeks (25 May 2024"
    )


@pytest.mark.parametrize(
    "text",
    [
        # So long after something else.
        "Payment is due in 30 days.",
        "Refunds will be paid in 14 days.",
        "The filter is to be replaced in 3 months.",
        # No one day, and no such year.
        "It opened five to ten years ago.",
        "It opened more than 20 years ago.",
        "It opened one or two weeks ago.",
        "The lake formed 10,000 years ago.",
        "It opened 3.5 years ago.",
    ],
)
def test_what_is_no_day_is_told_as_it_is(text: str) -> None:
    assert dated(text, text, SATURDAY) == text


@given(text=st.text(), context=st.text(), date=st.dates().map(str))
def test_no_text_is_too_odd(text: str, context: str, date: str) -> None:
    assert dated(text, context, date).startswith(text[:1])
    assert isinstance(asks_latest(text), bool)


@pytest.mark.parametrize(
    ("question", "latest", "until"),
    [
        ("What is the latest price?", True, None),
        ("Who is currently the mayor?", True, None),
        ("What was the price as of May 2024?", True, "2024-05-31"),
        ("What was the price as of 2023?", True, "2023-12-31"),
        ("What was the price as of 3 March 2024?", True, "2024-03-03"),
        ("What is the price as of today?", True, None),
        # A day without a year tells no document's date.
        ("What was the price as of May 2?", False, None),
        ("When must it be paid at the latest?", False, None),
        ("What is the price?", False, None),
    ],
)
def test_what_asks_for_the_newest(question: str, latest: bool, until: str | None) -> None:
    assert (asks_latest(question), asked_as_of(question)[0]) == (latest, until)


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("As of May 2023, what was the price?", "what was the price?"),
        ("What was the price as of 3 March 2024?", "What was the price?"),
        ("What was the price as of May 2?", "What was the price as of May 2?"),
    ],
)
def test_what_is_asked_stays_without_the_date(question: str, rest: str) -> None:
    assert asked_as_of(question)[1] == rest


@pytest.mark.parametrize(
    ("text", "question", "told"),
    [
        ("April 2026", "when does the lease start", "1 April 2026"),
        ("April 2026.", "On which day does it start?", "1 April 2026."),
        # It is what was asked for, whole already, of two dates, or no date.
        ("April 2026", "In which month does the lease start?", "April 2026"),
        ("2026", "When does the lease start?", "2026"),
        ("1 April 2026", "When does the lease start?", "1 April 2026"),
        ("May 2026", "When is the rent due?", "May 2026"),
        ("The lease", "When does it start?", "The lease"),
        ("", "When does it start?", ""),
    ],
)
def test_a_date_isn_t_cut_short(text: str, question: str, told: str) -> None:
    context = "The lease begins on 1 April 2026. Rent is due on 2 May 2026 and 3 May 2026."
    assert with_day(text, context, question) == told


@given(st.text(max_size=30), st.text(max_size=60))
def test_a_date_is_only_ever_made_longer(text: str, context: str) -> None:
    assert with_day(text, context, "When?").endswith(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "on Tuesday, three days ago (14 May 2024, counted from the document’s date)",
            "on Tuesday, 14 May 2024",
        ),
        ("next Friday (17 May 2024)", "next Friday (17 May 2024)"),
        ("next Friday", "next Friday"),
    ],
)
def test_words_for_time_give_way_to_the_dates_put_in(text: str, meant: str) -> None:
    assert in_dates(text) == meant
