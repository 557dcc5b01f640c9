from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st
from tides import assert_sound

from qa import Answer, Library
from qa.checker import CHECK_INSTRUCTIONS
from qa.conflict import combine, same_answer
from qa.errors import ModelUnavailableError
from qa.generation import INSTRUCTIONS
from qa.llms import Message, ScriptedChatModel
from qa.types import Passage, Sentence
from qa.verification import CheckedClaim

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]

QUESTION = "How much does a ticket for the ferry cost?"


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


def claim(text: str, date: str) -> CheckedClaim:
    sentence = Sentence(f"{date}.txt", 0, 0, len(text), text)
    return CheckedClaim(text, (Passage(1, sentence, "T", date, 1.0),), 0.9, "supported", "", None)


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


def prices(messages: Sequence[Message]) -> str:
    """The first price of the text that a prompt gives."""
    said = re.search(r"(?:\d+|five) crowns", messages[-1].content)
    return said.group() if said else "NOT STATED"


def notice(date: str, price: str, title: str) -> str:
    return f"date: {date}\ntitle: {title}\n\nA ticket for the ferry costs {price} crowns.\n"


@pytest.fixture
def asked(write: Write, scripted: Open) -> Callable[..., tuple[Answer, list[int]]]:
    """Ask a library of such files; also how often the model drafted and checked."""

    def asked(files: dict[str, str], question: str = QUESTION) -> tuple[Answer, list[int]]:
        library, script = scripted(write(files))
        script.answer = prices
        answer = library.ask(question)
        assert_sound(library, answer)
        (model,) = library._models.values()
        assert isinstance(model, ScriptedChatModel)
        heads = [prompt[0].content for prompt in model.prompts]
        return answer, [heads.count(INSTRUCTIONS), heads.count(CHECK_INSTRUCTIONS)]

    return asked


Asked = Callable[..., tuple[Answer, list[int]]]


def test_documents_that_disagree_are_both_given_newest_first(asked: Asked) -> None:
    answer, _ = asked(
        {"a.txt": notice("2023-03-01", "5", "Ferry"), "b.txt": notice("2024-03-01", "7", "Harbour")}
    )
    assert (answer.status, answer.text) == ("answered", "7 crowns [1] 5 crowns [2]")
    assert [citation.date for citation in answer.citations] == ["2024-03-01", "2023-03-01"]
    assert answer.notes == (
        "The documents give different answers: “7 crowns” (Harbour, 2024-03-01); "
        "“5 crowns” (Ferry, 2023-03-01).",
    )


def test_a_document_that_says_the_same_is_cited_as_well(asked: Asked) -> None:
    answer, _ = asked(
        {
            "a.txt": notice("2023-03-01", "5", "Ferry"),
            "b.txt": notice("2024-03-01", "five", "Harbour"),
        }
    )
    assert (answer.text, answer.notes) == ("5 crowns [1][2]", ())
    assert {citation.document for citation in answer.citations} == {"a.txt", "b.txt"}


@pytest.mark.parametrize(
    "other",
    [
        # It speaks of another thing, of the same thing otherwise, or of another place.
        "date: 2024-03-01\n\nGlass is made on the island. It costs 7 crowns.\n",
        "date: 2024-03-01\n\nThe ferry sails at noon, and the harbour is closed.\n",
    ],
)
def test_documents_about_something_else_cost_nothing(asked: Asked, other: str) -> None:
    answer, calls = asked({"a.txt": notice("2023-03-01", "5", "Ferry"), "b.txt": other})
    assert answer.text == "5 crowns [1]"
    assert calls == [1, 1]
    assert "other documents" not in answer.timings


def test_another_place_s_document_isn_t_compared(asked: Asked) -> None:
    files = {
        "a.txt": notice("2023-03-01", "5", "Ferry").replace("the ferry", "the ferry to Lund"),
        "b.txt": notice("2024-03-01", "7", "Boats").replace("the ferry", "the ferry to Belmont"),
    }
    answer, calls = asked(files, "How much does a ticket for the ferry to Lund cost?")
    assert (answer.text, calls) == ("5 crowns [1]", [1, 1])


def test_one_word_in_common_is_too_little(asked: Asked) -> None:
    files = {
        f"{name}.txt": f"date: {date}\ntitle: {name}\n\nThe {name} is open. It costs {price} "
        "crowns.\n"
        for name, date, price in (("Museum", "2023-03-01", 5), ("Theatre", "2024-03-01", 7))
    }
    answer, calls = asked(files, "How much does the museum cost?")
    assert (answer.text, calls) == ("5 crowns [1]", [1, 1])


def test_an_answer_outlives_a_model_that_fails_later(write: Write, scripted: Open) -> None:
    library, script = scripted(
        write({"a.txt": notice("2023-03-01", "5", "F"), "b.txt": notice("2024-03-01", "7", "H")})
    )
    calls = []

    def once(messages: Sequence[Message]) -> str:
        calls.append(messages)
        if len(calls) > 1:
            raise ModelUnavailableError("The model is gone.")
        return prices(messages)

    script.answer = once
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert (answer.status, answer.extractive) == ("answered", False)
    assert answer.notes == ("What other documents say of this wasn’t compared. The model is gone.",)


REST = (
    "The harbour was built of granite by the town. Its lamp burns at night for the boats. "
    "Nobody may fish from the mole in winter. The office is open in the morning only.\n"
)


def test_a_copy_is_cited_from_the_newest(asked: Asked) -> None:
    text = notice("2023-03-01", "5", "Ferry") + "\n" + REST
    answer, calls = asked({"a.txt": text, "b.txt": text.replace("2023", "2024")})
    assert (answer.text, calls) == ("5 crowns [1]", [1, 1])
    assert [citation.document for citation in answer.citations] == ["b.txt"]
    assert answer.notes == ("a.txt is an older version or a copy of b.txt, which is quoted.",)


def test_a_newer_version_that_says_otherwise_is_believed(asked: Asked) -> None:
    answer, _ = asked(
        {
            "a.txt": notice("2023-03-01", "5", "Ferry") + "\n" + REST,
            "b.txt": notice("2024-03-01", "7", "Ferry") + "\n" + REST,
        }
    )
    assert answer.text == "7 crowns [1]"
    assert answer.notes == ("An older version, a.txt (2023-03-01), says: “5 crowns”.",)


def test_a_newer_version_that_no_longer_says_it_is_named(asked: Asked) -> None:
    newer = notice("2024-03-01", "7", "Ferry").replace("A ticket for the ferry costs 7 crowns.", "")
    answer, _ = asked(
        {"a.txt": notice("2023-03-01", "5", "Ferry") + "\n" + REST, "b.txt": newer + "\n" + REST}
    )
    assert answer.text == "5 crowns [1]"
    assert answer.notes == ("b.txt is a newer version of a.txt, and wasn’t found to say this.",)
