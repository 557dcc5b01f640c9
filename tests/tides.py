"""A small library that tests ask about, and what holds of every answer from it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from doubles import Script

from qa import Answer, Library
from qa.answering.abstention import NOT_FOUND_TEXT, UNSURE_TEXT
from qa.llms import Deadline, Message, Part, ScriptedChatModel

TIDES = """\
date: 2024-05-01
title: Tides of Ålesund

The volcano erupted near Milano in 1944.[12] The tide rose by 12 cm 🌊 at 9 am.
Nobody saw it. The array a[0] comes first.

The circus is in town. The price is 5 crowns. Nobody saw it.

The theatre is on Castle Street. The price is 5 crowns. Nobody saw it.

Dr. Ada Lindqvist measured eleven waves, and “the water decides”, she said.
"""
SONGS = "# Songs\n\nKim plays the piano on Sundays. The song sold 5.8 million copies in Japan.\n"
FILES: dict[str, str | bytes] = {"tides.txt": TIDES, "sub/songs.md": SONGS}
QUESTION = "How much did the tide rise?"

_MARKER = re.compile(r"\[(\d+)\]")


def assert_sound(library: Library, answer: Answer) -> None:
    """Invariants 1 to 4 of an answer, whatever the model wrote."""
    # Quotes stand where they say.
    for citation in answer.citations:
        document = library.documents[citation.document]
        assert citation.quote.strip()
        assert document.text[citation.start : citation.end] == citation.quote
        assert document.title == citation.title
        # A mailbox has no date, but its messages have.
        assert document.date == citation.date or citation.document.endswith(".mbox")
        assert 0.0 <= citation.support <= 1.0
    # Markers lead to citations, and citations are used, in order of appearance.
    markers = [int(number) for number in _MARKER.findall(answer.text)]
    numbers = [citation.number for citation in answer.citations]
    assert list(dict.fromkeys(markers)) == numbers == list(range(1, len(numbers) + 1))
    assert len({(c.document, c.start) for c in answer.citations}) == len(numbers)
    # The text is the supported claims, or sentences as they stand, and nothing else.
    shown = [claim for claim in answer.claims if claim.verdict in {"supported", "quoted"}]
    hidden = [claim for claim in answer.claims if claim.verdict == "unsupported"]
    assert list(answer.claims) == shown + hidden
    said = [
        _MARKER.sub(r"(\1)", claim.text) + " " + "".join(f"[{n}]" for n in claim.citations)
        for claim in shown
    ]
    if shown:
        # Phrases are set apart by semicolons.
        assert answer.text.replace("];", "]") == " ".join(said).replace("];", "]")
    else:
        # A quote of what is said instead is no claim.
        assert answer.text.startswith((NOT_FOUND_TEXT, UNSURE_TEXT))
        assert len(answer.citations) <= 1
    for claim in shown:
        assert claim.citations
        if claim.verdict == "quoted":
            assert claim.support == 0.0
            (quote,) = (answer.citations[number - 1].quote for number in claim.citations)
            assert claim.text.split() == quote.split()
        else:
            assert claim.support >= library.settings.verification.threshold
        strongest = [answer.citations[number - 1].support for number in claim.citations]
        assert all(support >= claim.support for support in strongest)
    for claim in hidden:
        assert claim.citations == ()
        assert claim.reason
    verdicts = {claim.verdict for claim in shown}
    assert answer.quoted is (verdicts == {"quoted"}) is ("quoted" in verdicts)
    assert (answer.model != "none") is (verdicts == {"supported"}) or not shown
    expected = "not_found" if not shown else "partial" if hidden else "answered"
    assert answer.status == expected
    # It can be written down and read again.
    assert json.loads(answer.to_json().encode())["text"] == answer.text
    # Read as Markdown, a backslash before a sign is not there.
    assert re.sub(r"\\([^\w\s])", r"\1", answer.to_markdown()).startswith(answer.text)


class Primable(ScriptedChatModel):
    """Remembers what it was made ready for."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.primed: list[tuple[str, Part, str]] = []

    def prime(
        self, part: Part, messages: Sequence[Message], deadline: Deadline, library: str = ""
    ) -> None:
        self.primed.append((library, part, messages[-1].content))
