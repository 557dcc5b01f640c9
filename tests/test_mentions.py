from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st

from qa import Library
from qa.mentions import is_unsaid, names_of, sent_on
from qa.types import Passage, Sentence


def passage(text: str, date: str | None = None) -> Passage:
    return Passage(1, Sentence("a.txt", 0, 0, len(text), text), "Minutes", date, 1.0)


@pytest.mark.parametrize(
    "question",
    [
        "What was decided on 3 May 2024?",
        "What was decided on May 3, 2024?",
        "What was decided on 2024-05-03?",
        "What was decided on 03.05.2024?",
        "What was decided on Friday 3 May 2024?",
        "What was decided in May 2024?",
        "What was decided in May?",
    ],
)
@pytest.mark.parametrize(
    ("text", "date", "said"),
    [
        ("It was decided on 3 May 2024.", None, True),
        ("It was decided on 2024-05-03.", None, True),
        ("It was decided on 03.05.2024.", None, True),
        ("It was decided.", "2024-05-03", True),
        ("It was decided on 4 June 2023.", "2023-06-04", False),
        ("It was decided on 2023-06-04.", None, False),
    ],
)
def test_a_date_is_found_however_it_is_written(
    question: str, text: str, date: str | None, said: bool
) -> None:
    (group,) = names_of(question)
    assert is_unsaid(group, passage(text, date)) is not said


@pytest.mark.parametrize(
    ("document", "heading", "day"),
    [
        ("a.mbox", "Lake (Ada, 2026-08-01)", "2026-08-01"),
        ("a.mbox", "Party on 3 May 2026 (Ada, 2026-08-01)", "2026-08-01"),
        ("a.mbox", "Lake", None),
        ("a.md", "Fares (valid until 2026-08-01)", None),
    ],
)
def test_only_a_mailbox_tells_when_something_was_sent(
    document: str, heading: str, day: str | None
) -> None:
    assert sent_on(Sentence(document, 0, 0, 3, "Hi.", heading)) == day


def test_a_file_s_name_tells_what_it_is_about() -> None:
    (group,) = names_of("What does Morvelin cost?")
    leaflet = passage("It costs 5 crowns.")
    assert is_unsaid(group, leaflet)
    named = replace(leaflet, sentence=replace(leaflet.sentence, document="my_morvelin-info.md"))
    assert not is_unsaid(group, named)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Where does Mr. O'Brien live?", ["O'Brien"]),
        ("Which room is Dr. Meyer's office?", ["Meyer's"]),
        ("Who met J. R. Tolkien?", ["J R Tolkien"]),
        ("It is in Osk. Who lives there?", ["Osk"]),
        ("He took his dr. Who knows why?", []),
    ],
)
def test_a_title_or_initial_begins_a_name_and_ends_no_sentence(
    question: str, names: list[str]
) -> None:
    assert [" ".join(word.text for word in group) for group in names_of(question)] == names


def test_a_date_s_numbers_are_found_without_its_month() -> None:
    (group,) = names_of("What was decided on 3 May 2024?")
    numbers = [word for word in group if word.is_number]
    assert not is_unsaid(numbers, passage("It was decided on 2024-05-03."))
    assert is_unsaid(numbers, passage("It was decided on 2024-05-04."))


def test_other_numbers_are_no_dates() -> None:
    for question in ("What did the 24 members decide?", "What did Hall 12 decide?"):
        (group,) = names_of(question)
        assert is_unsaid(group, passage("It was decided on 3 May 2024 and 10 June."))


@given(st.text(), st.text())
def test_no_name_is_too_odd(question: str, text: str) -> None:
    for group in names_of(question):
        assert is_unsaid(group, passage(text)) in (True, False)


def test_minutes_of_a_day_are_not_denied_to_speak_of_it(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    text = "date: 2024-05-03\ntitle: Minutes\n\nThe members decided to sell the old mill.\n"
    library, script = scripted(write({"minutes.txt": text}))
    question = "Why did the members decide to sell the old mill on 3 May 2024?"
    assert "They don’t speak of" not in library.ask(question).text
    script.answer = "to sell the old mill"
    (claim,) = library.ask("What did the members decide on 3 May 2024?").claims
    assert claim.signals is not None
    assert claim.signals["numbers"] == claim.signals["names"] == 1.0
