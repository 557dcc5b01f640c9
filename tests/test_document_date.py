from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import Script
from tides import assert_sound

from qa import Library
from qa.generation import NOT_STATED


@pytest.mark.parametrize(
    ("question", "reply", "text"),
    [
        ("When was the letter sent?", "12 February 2024", "12 February 2024 [1]"),
        # It isn't told: it may be the document itself that is meant, which "this" always is.
        ("When was the letter written?", NOT_STATED, "2024-03-01 [1]"),
        ("When was this letter sent?", "12 February 2024", "2024-03-01 [1]"),
        ("When was the document sent?", "12 February 2024", "2024-03-01 [1]"),
    ],
)
def test_a_letter_of_which_a_document_speaks_has_its_own_date(
    write: Callable[..., Path],
    scripted: Callable[..., tuple[Library, Script]],
    question: str,
    reply: str,
    text: str,
) -> None:
    minutes = "date: 2024-03-01\ntitle: Minutes\n\nThe letter was sent on 12 February 2024.\n"
    library, script = scripted(write({"minutes.txt": minutes}))
    script.answer = reply
    assert library.ask(question).text == text


def test_a_header_that_tells_no_date_isn_t_quoted_for_it(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, _ = scripted(
        write({"2024-05-11 mill.txt": "title: The mill\n\nThe mill was sold. Nobody knew."})
    )
    assert library.documents["2024-05-11 mill.txt"].date == "2024-05-11"
    assert library.ask("When was the article published?").status == "not_found"


LETTERS = {
    f"letter{number}.txt": f"date: {day}\ntitle: Letter to {name}\n\n{name}, the lake is {how}.\n"
    for number, (day, name, how) in enumerate(
        (("2024-02-01", "Ada", "frozen"), ("2023-01-02", "Bo", "warm"), ("2022-05-03", "Cy", "dry"))
    )
}


def test_where_several_come_as_close_each_is_told(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, _ = scripted(write(LETTERS))
    answer = library.ask("When was the letter written?")
    assert_sound(library, answer)
    assert {citation.date for citation in answer.citations} == {
        "2024-02-01",
        "2023-01-02",
        "2022-05-03",
    }
    for name, day in (("Ada", "2024-02-01"), ("Bo", "2023-01-02"), ("Cy", "2022-05-03")):
        assert f"Letter to {name}: {day}" in answer.text


def test_letters_of_one_day_have_one_date(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, _ = scripted(
        write(
            {
                name: f"date: 2024-02-01\n\n{text}"
                for name, text in zip(
                    LETTERS, ("The lake is frozen.", "Bo is warm.", "Cy plays."), strict=True
                )
            }
        )
    )
    answer = library.ask("When was the letter written?")
    assert answer.text == "2024-02-01 [1]"


def test_of_versions_the_newest_tells_its_date(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    body = "The ferry to Osk leaves at nine from the northern pier. It carries forty people.\n"
    library, _ = scripted(
        write({f"{day}.txt": f"date: {day}\n\n{body}" for day in ("2023-01-02", "2024-02-01")})
    )
    assert library.index.versions
    assert library.ask("When was the article written?").text == "2024-02-01 [1]"


@pytest.mark.parametrize(
    ("header", "quote"),
    [
        ("---\nauthor: Ada\ndate: 2024-05-11\nstatus: final\n---\n", "date: 2024-05-11"),
        ("---\ntitle: The mill\ndate: 2024-05-11\nauthor: Ada\n---\n", None),
        ("Title: The mill\nAuthor: Ada\nDate: 11 May 2024\n\n", "Date: 11 May 2024"),
        ("Updated: 2024-06-01\nPublished: 2024-05-11\n\n", "Published: 2024-05-11"),
        ("Osk, 11 May 2024\n\nDear Ada,\n\n", "Osk, 11 May 2024"),
    ],
)
def test_a_document_s_date_is_quoted_wherever_its_header_tells_it(
    write: Callable[..., Path],
    scripted: Callable[..., tuple[Library, Script]],
    header: str,
    quote: str | None,
) -> None:
    library, _ = scripted(write({"mill.md": f"{header}The mill was sold. Nobody knew."}))
    answer = library.ask("When was the article published?")
    assert answer.text == "2024-05-11 [1]"
    (citation,) = answer.citations
    text = library.documents["mill.md"].text
    assert text[citation.start : citation.end] == citation.quote
    assert citation.quote == (quote or "---\ntitle: The mill\ndate: 2024-05-11")


def test_only_what_is_called_so_is_told(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    files = {
        "letter.txt": "date: 2024-05-01\ntitle: Letter to Ada\n\nAda, the lake is frozen.",
        "recipe.txt": "date: 2023-01-02\ntitle: Bread\n\nBake it.",
        "minutes.txt": "date: 2022-02-03\ntitle: Minutes\n\nAda opens.",
    }
    library, _ = scripted(write(files))
    assert library.ask("When was the letter written?").text == "2024-05-01 [1]"
    # What nothing is called is the document that comes closest, and no other.
    answer = library.ask("When was this report written?")
    assert len(answer.citations) == 1
