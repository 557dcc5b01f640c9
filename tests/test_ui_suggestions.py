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


def test_suggestions_come_from_headings_and_names() -> None:
    headed = replace(
        DOCUMENT, text="# Tides\n\nThey rise.\n\n## 2. About the moon\n\nThey rise more."
    )
    assert suggested_questions([headed]) == (
        "What does the document say about Tides?",
        "What does the document say about the moon?",
    )
    named = replace(
        DOCUMENT,
        text="They met Ada Lovelace. Then Mary saw Ada Lovelace and, later, Isle of Wight.",
    )
    assert suggested_questions([named]) == (
        "What does the document say about Ada Lovelace?",
        "What does the document say about Isle of Wight?",
    )


def test_suggestions_take_turns_among_documents() -> None:
    documents = [
        replace(
            DOCUMENT, path=str(number), text=f"# First {word}\n\nText.\n\n# Second {word}\n\nText."
        )
        for number, word in enumerate(["moon", "lake"])
    ]
    assert suggested_questions(documents, 2) == (
        "What do the documents say about First moon?",
        "What do the documents say about First lake?",
    )


def test_the_seed_document_suggests_something() -> None:
    assert len(suggested_questions(seed())) == 3


@PATIENTLY
@given(st.lists(st.text().map(lambda content: replace(DOCUMENT, text=content)), max_size=3))
def test_suggestions_never_fail(documents: list[Document]) -> None:
    assert len(suggested_questions(documents)) <= 3
