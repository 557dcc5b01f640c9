from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st
from tides import assert_sound

from qa import Library
from qa.dating import asked_as_of, asks_latest, dated
from qa.llms import Message

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]

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
    assert dated("in two weeks", "It is due in two weeks.", SATURDAY).startswith(
        "in two weeks (25 May 2024"
    )


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


def prices(messages: Sequence[Message]) -> str:
    """The first price of the text that a prompt gives."""
    said = re.search(r"\d+ crowns", messages[-1].content)
    return said.group() if said else "NOT STATED"


FERRY = {
    f"{date}.txt": f"date: {date}\ntitle: Ferry\n\nA ticket for the ferry costs {price} crowns.\n"
    for date, price in (("2022-03-01", 5), ("2023-03-01", 6), ("2024-03-01", 7))
}


@pytest.fixture
def ferry(write: Write, scripted: Open) -> tuple[Library, Script]:
    library, script = scripted(write(FERRY))
    script.answer = prices
    return library, script


@pytest.mark.parametrize(
    ("question", "text", "date"),
    [
        ("How much does a ticket for the ferry currently cost?", "7 crowns [1]", "2024-03-01"),
        ("How much did a ticket for the ferry cost as of May 2023?", "6 crowns [1]", "2023-03-01"),
    ],
)
def test_the_newest_document_answers(
    ferry: tuple[Library, Script], question: str, text: str, date: str
) -> None:
    answer = ferry[0].ask(question)
    assert_sound(ferry[0], answer)
    assert (answer.status, answer.text) == ("answered", text)
    assert [citation.date for citation in answer.citations] == [date]
    assert answer.notes == (
        f"Of 3 documents that speak of this, the answer is from that of {date}.",
    )


def test_where_the_newest_says_nothing_the_next_is_read(ferry: tuple[Library, Script]) -> None:
    library, script = ferry
    script.check = lambda messages: "No" if "7 crowns" in messages[-1].content else "Yes"
    answer = library.ask("How much does a ticket for the ferry currently cost?")
    assert answer.text == "6 crowns [1]"


def test_before_the_first_document_there_is_none_to_prefer(ferry: tuple[Library, Script]) -> None:
    answer = ferry[0].ask("How much did a ticket for the ferry cost as of 2021?")
    assert not any("that of" in note for note in answer.notes)


def test_a_claim_tells_the_date_that_it_means(write: Write, scripted: Open) -> None:
    library, script = scripted(
        write({"mill.txt": "date: 2024-05-11\n\nThe mill opens next Friday. Rehn opens it.\n"})
    )
    script.answer = "next Friday"
    answer = library.ask("When does the mill open?")
    assert_sound(library, answer)
    assert answer.text == f"next Friday (17 May 2024, {COUNTED}) [1]"


def test_a_computation_counts_with_it(write: Write, scripted: Open) -> None:
    text = "date: 2024-05-11\n\nThe mill opens next Friday. The bridge was opened on May 10.\n"
    library, script = scripted(write({"mill.txt": text}))
    script.answer = lambda messages: (
        "next Friday" if "When does the mill open" in messages[-1].content else "May 10"
    )
    script.operands = "When was the bridge opened? | When does the mill open?"
    answer = library.ask("How many days after the bridge was opened does the mill open?")
    assert_sound(library, answer)
    assert answer.text.startswith("7 days: from May 10 (2024) to next Friday (17 May 2024")
