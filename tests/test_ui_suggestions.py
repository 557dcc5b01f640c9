from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pages import (
    DOCUMENT,
    PATIENTLY,
)

from qa.types import (
    Document,
)
from qa.ui.suggestions import suggested_questions


def seed() -> Iterator[Document]:
    for path in sorted((Path(__file__).parents[1] / "seeds").glob("*.txt")):
        yield Document(path.name, path.stem, path.read_text("utf-8"), None, "0" * 64)


ABOUT = "What is this about?"


def test_suggestions_come_from_headings_and_names() -> None:
    headed = replace(
        DOCUMENT, text="# Tides\n\nThey rise.\n\n## 2. About the moon\n\nThey rise more."
    )
    # Its first heading is what it is called.
    assert suggested_questions([headed]) == (
        ABOUT,
        "What does the document say about the moon?",
    )
    named = replace(
        DOCUMENT,
        text="They met Ada Lovelace. Then Mary saw Ada Lovelace and, later, Isle of Wight.",
    )
    assert suggested_questions([named]) == (
        ABOUT,
        "What does the document say about Ada Lovelace?",
        "What does the document say about Isle of Wight?",
    )


def test_suggestions_ask_what_someone_did_and_what_a_day_brought() -> None:
    text = (
        "Rain. The Harbour Board said it would pay. It was proposed, Ada Lovelace reported by "
        "wire.\n\nOn 2 May it closed. On May 30 it opens.\nOn June 5, 1999 it met, and on 6 June."
    )
    told = suggested_questions([replace(DOCUMENT, text=text, date="2024-05-11")], 9)
    assert told == (
        ABOUT,
        "What did the Harbour Board say?",
        "What happened on 2 May?",
        "What is planned for May 30?",
        "What does the document say about Ada Lovelace?",
        "What happened on June 5, 1999?",
    )
    odd = suggested_questions([replace(DOCUMENT, text=text, date="in May")], 9)
    assert not any("on 2 May" in question for question in odd)
    # Without a date of its own a document doesn't tell what was and what is to come.
    undated = suggested_questions([replace(DOCUMENT, text=text, date=None)], 9)
    assert not any("May" in question for question in undated)


def test_suggestions_take_turns_among_documents() -> None:
    documents = [
        replace(
            DOCUMENT, path=str(number), text=f"# First {word}\n\nText.\n\n# Second {word}\n\nText."
        )
        for number, word in enumerate(["moon", "lake"])
    ]
    assert suggested_questions(documents) == (
        ABOUT,
        "What do the documents say about First moon?",
        "What do the documents say about First lake?",
    )


def test_nothing_is_suggested_where_nothing_is_told() -> None:
    assert suggested_questions([]) == ()
    assert suggested_questions([replace(DOCUMENT, text=" \n\n")]) == ()


def test_the_seed_document_suggests_something() -> None:
    assert len(suggested_questions(seed())) == 3


@PATIENTLY
@given(st.lists(st.text().map(lambda content: replace(DOCUMENT, text=content)), max_size=3))
def test_suggestions_never_fail(documents: list[Document]) -> None:
    assert len(suggested_questions(documents)) <= 3
