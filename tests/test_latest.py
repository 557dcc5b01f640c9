from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.comparing.latest import asked_as_of, asks_latest, of_any_time


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
        # A limit, or the last of a day.
        ("What is the latest time guests can check out?", False, None),
        ("What is the latest I can check out?", False, None),
        ("What’s the latest a guest may arrive?", False, None),
        ("What is the latest guests must leave?", False, None),
        ("What is the latest that Ada can pay?", False, None),
        ("What is the latest possible date for a refund?", False, None),
        ("When is the latest train?", False, None),
        ("What time does the latest bus to Osk leave?", False, None),
        ("Which latest day may I cancel?", False, None),
        ("What do the latest minutes say?", True, None),
        ("What is the latest price per day?", True, None),
        ("Who wrote the latest report on the time of arrival?", True, None),
        ("When was the latest meeting?", True, None),
        ("When does the latest lease end?", True, None),
        ("What is currently the latest time to check out?", True, None),
        ("When’s the latest bus to Osk?", False, None),
        ("When is the latest possible check-in?", False, None),
        ("What time is the latest check out?", False, None),
        ("When is the latest water invoice due?", True, None),
        ("When is the latest meeting?", True, None),
        ("What time is the latest meeting?", True, None),
        ("What is the latest release date?", True, None),
        ("What is the latest due date?", True, None),
        ("What is the latest delivery date?", True, None),
        ("What is the latest publication date?", True, None),
        # Of electricity and water.
        ("What current does the fuse carry?", False, None),
        ("How much current does it draw?", False, None),
        ("How does the river’s current flow?", False, None),
        ("How does the current flow in a river?", False, None),
        ("How strong is the current?", False, None),
        ("How strong does the current get?", False, None),
        ("What current flows through the fuse?", False, None),
        ("What kind of current is it?", False, None),
        ("What is the current in the cable?", False, None),
        ("What is the rated current of the fuse?", False, None),
        ("What is the current rent?", True, None),
        ("How much is the current rent?", True, None),
        ("Who is the club’s current chair?", True, None),
        ("What is the current name of the club?", True, None),
        ("What does the current lease of the flat say?", True, None),
        ("Where does the current chair live?", True, None),
        ("How many current members are there?", True, None),
        ("What does my current contract say about notice?", True, None),
        ("What does my current contract with Holt say?", True, None),
        ("What did my current landlord tell us?", True, None),
        ("Give me current figures", True, None),
        ("Show current address", True, None),
        ("Do I pay the current price?", True, None),
        # Of electricity as well, where the newest document does no harm.
        ("What is the current limit of the fuse?", True, None),
        ("What is the current rating of the fuse?", True, None),
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


@given(text=st.text())
def test_no_question_is_too_odd(text: str) -> None:
    assert isinstance(asks_latest(text), bool)
    assert isinstance(asks_latest(f"What is the current {text}?"), bool)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who currently lives in Osk?", "Who lives in Osk?"),
        ("What is the latest price?", "What is the price?"),
        ("Who was chair as of May 2024?", "Who was chair?"),
        ("Who lives in Osk?", "Who lives in Osk?"),
        ("How strong is the current in the river?", "How strong is the current in the river?"),
    ],
)
def test_a_question_without_its_time(question: str, asked: str) -> None:
    assert of_any_time(question) == asked
