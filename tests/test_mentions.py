from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st

from qa import Library
from qa.language.mentions import (
    is_unsaid,
    label_of,
    names_of,
    section_date,
    sent_on,
    speaks_of,
    stems,
)
from qa.types import Passage, Sentence, SentMessage


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


def said(heading: str, document: str = "a.mbox", date: str | None = "2026-08-01") -> Sentence:
    """What a message of Ada's says below a heading."""
    message = SentMessage(0, "Lake", "Ada", date)
    return Sentence(document, 0, 0, 3, "Hi.", heading, message=message)


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        (said("Lake (Ada, 2026-08-01)"), "2026-08-01"),
        (said("Party (The Board, 2031-12-31)"), "2026-08-01"),
        (said("Party (The Board, 2031-12-31)", date=None), None),
        (said("Lake (Ada, 2026-08-01)", "a.eml"), None),
        (Sentence("a.mbox", 0, 0, 3, "Hi.", "Lake (Ada, 2026-08-01)"), None),
        (Sentence("a.md", 0, 0, 3, "Hi.", "Fares (valid until 2026-08-01)"), None),
    ],
)
def test_only_the_header_of_a_message_tells_when_it_was_sent(
    sentence: Sentence, day: str | None
) -> None:
    assert sent_on(sentence) == day


@pytest.mark.parametrize(
    ("sentence", "day", "label"),
    [
        (said("Lake (Ada, 2026-08-01)"), "2026-08-01", "Lake (Ada, 2026-08-01)"),
        (said("Re: Lake (Ada, 2026-08-01)"), "2026-08-01", "Lake (Ada, 2026-08-01)"),
        (said("A walk to the lake and back again"), "2026-08-01", "Ada, 2026-08-01"),
        # Whatever stands in a message, who sent it and when is in its header.
        (said("Party (The Board, 2031-12-31)"), "2026-08-01", "Party (Ada, 2026-08-01)"),
        (said("Party (The Board, 2031-12-31)", date=None), None, "Party (Ada)"),
        (said("3 May 2030"), "2026-08-01", "3 May 2030 (Ada, 2026-08-01)"),
        (said("The Board (x), 2031"), "2026-08-01", "The Board (x), 2031 (Ada, 2026-08-01)"),
        (
            said("Party [The Board, 2031-12-31]"),
            "2026-08-01",
            "Party [The Board, 2031-12-31] (Ada, 2026-08-01)",
        ),
        (said("Party (The Board of Osk, 2031-12-31)."), "2026-08-01", "Ada, 2026-08-01"),
        (Sentence("a.md", 0, 0, 3, "Hi.", "3 May 2030"), "2030-05-03", "3 May 2030"),
    ],
)
def test_what_a_heading_tells_of_a_section(sentence: Sentence, day: str | None, label: str) -> None:
    assert section_date(sentence) == day
    assert label_of(sentence) == label


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


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("What does Japan grow?", "The Japanese grow rice.", True),
        ("What is sold in Turkey?", "Turkish tea is sold.", True),
        ("What is the capital of Sweden?", "The Swedish capital is Stockholm.", True),
        ("What is the capital of Australia?", "Vienna is the capital of Austria.", False),
        ("When did Michelle come?", "Michael came on Monday.", False),
        ("Who governs Indiana?", "India is governed from Delhi.", False),
        ("What is the British tax?", "The tax in Britain is 20 percent.", True),
        ("What is the English tax?", "The tax in England is 20 percent.", True),
        ("Who leads the Ministry?", "The minister leads it.", True),
        ("When does the Library open?", "The libraries open at nine.", True),
        ("Where do the Celts live?", "A Celt lives by the lake.", True),
        ("Where did Paul go?", "Paula went home.", False),
        ("Where did Mark go?", "Marked items go home.", False),
        ("Was kostet der Versand?", "Versandkosten: 5 Kronen", True),
        # Part of a name, alone, may be short for it; in another's name it isn't.
        ("When did Anna Schmidt come?", "Anna came on Monday.", True),
        ("When did Anna Schmidt come?", "Anna, a friend, came on Monday.", True),
        ("When did Anna Schmidt come?", "Anna Weber came on Monday.", False),
        ("When did Anna Schmidt come?", "Anna Weber and Anna came on Monday.", True),
        ("When did Anna Schmidt come?", "Anna Monday at five, Bo later.", True),
        ("Where does Ada L. live?", "Ada Lind lives in Osk.", True),
        ("Where does Ada L. live?", "Ada Holt lives in Osk.", False),
        ("When do the Smith Family come?", "The Smiths come at nine.", True),
        ("When did President Okafor speak?", "Okafor Hall was full when he spoke.", True),
        ("What flows into the Osk River?", "The Lund flows into the Osk.", True),
        # A single letter or a numeral is all that tells such names apart.
        ("Where is Building C?", "Building D is beside the lake.", False),
        ("Where is Building C?", "Building C is beside the lake.", True),
        ("When was World War II?", "World War I began in 1914.", False),
        ("When was World War II?", "The Second World War began in 1939.", True),
        ("When was World War II?", "World War 2 began in 1939.", True),
        ("What does the EU regulate?", "The union regulates trade.", True),
        # A number belongs to what it counts or names.
        ("What does Model 3 cost?", "Model 5 costs 12,000 crowns.", False),
        ("What does Model 3 cost?", "Model 3 costs 12,000 crowns.", True),
        ("What happened on 5 May 2024?", "On 2024-05-06 at 5 the bell rang.", False),
    ],
)
def test_a_name_is_told_from_those_like_it(question: str, text: str, said: bool) -> None:
    (group,) = names_of(question)
    assert is_unsaid(group, passage(text)) is not said


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("build", "built", True),
        ("send", "sent", True),
        ("organise", "organized", True),
        ("belief", "believed", True),
        ("leaf", "leaves", True),
        ("know", "known", True),
        ("programme", "program", True),
        ("weigh", "weight", True),
        ("complain", "complaint", True),
        ("respond", "response", True),
        ("defend", "defence", True),
        ("train", "trail", False),
        ("floor", "flood", False),
        ("story", "store", False),
        ("party", "part", False),
        ("plant", "plan", False),
        ("policy", "police", False),
        ("food", "foot", False),
    ],
)
def test_forms_of_a_word_are_told_from_other_words(one: str, other: str, alike: bool) -> None:
    assert speaks_of(one, stems(other)) is alike
    assert speaks_of(other, stems(one)) is alike
