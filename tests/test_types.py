from __future__ import annotations

import dataclasses
import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt
from written import PAYLOADS

from qa import types
from qa.types import Answer, Citation, Claim, Evidence, Passage, Sentence


def passage(number: int, text: str, **about: Any) -> Passage:
    start = 100 * number
    sentence = Sentence("a.txt", number, start, start + len(text), text, "Low water", page=2)
    return Passage(number, sentence, **{"title": "Tides", "date": None, "score": 0.5} | about)


def answer(**values: Any) -> Answer:
    defaults: dict[str, Any] = {
        "question": "How high?",
        "status": "answered",
        "text": "12 cm [1]",
        "claims": (Claim("12 cm", (1,), 0.9, "supported", "found"),),
        "citations": (
            Citation(1, "a.txt", "Tides", "2024-05-01", 5, 28, "The tide rose\nby 12 cm.", 0.9),
        ),
        "evidence": (passage(1, "The tide rose\nby 12 cm."),),
        "timings": {"total": 0.25},
        "model": "scripted",
        "fingerprint": "0123456789ab",
    }
    return Answer(**defaults | values)


@pytest.mark.parametrize("name", [n for n in types.__all__ if isinstance(getattr(types, n), type)])
def test_values_are_frozen(name: str) -> None:
    value = getattr(types, name)
    assert value.__dataclass_params__.frozen
    assert value.__slots__ == tuple(field.name for field in dataclasses.fields(value))


def test_an_answer_is_json() -> None:
    original = answer(standalone_question="How high was the tide?", notes=("a note",))
    read = json.loads(original.to_json())
    assert read == original.to_dict()
    assert set(read) == {field.name for field in dataclasses.fields(Answer)}
    assert read["claims"] == [
        {
            "text": "12 cm",
            "citations": [1],
            "support": 0.9,
            "verdict": "supported",
            "reason": "found",
            "signals": None,
        }
    ]
    assert read["citations"] == [
        {
            "number": 1,
            "document": "a.txt",
            "title": "Tides",
            "date": "2024-05-01",
            "start": 5,
            "end": 28,
            "quote": "The tide rose\nby 12 cm.",
            "support": 0.9,
            "page": None,
            "date_source": None,
            "saved": None,
        }
    ]
    assert read["evidence"] == [
        {
            "number": 1,
            "document": "a.txt",
            "title": "Tides",
            "date": None,
            "date_source": None,
            "saved": None,
            "page": 2,
            "heading": "Low water",
            "start": 100,
            "end": 123,
            "text": "The tide rose\nby 12 cm.",
            "score": 0.5,
        }
    ]


def test_json_keeps_unicode_readable() -> None:
    assert "Ålesund 🌊" in answer(text="Ålesund 🌊").to_json()


def test_json_holds_what_a_broken_input_brings() -> None:
    assert json.loads(answer(text="\ud800").to_json())["text"] == "\ud800"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {},
            "12 cm [1]\n\n[1] “The tide rose by 12 cm.” — Tides, 2024-05-01 (a.txt, 5–28)  ",
        ),
        (
            {
                "status": "not_found",
                "text": "The documents don’t say.",
                "claims": (),
                "citations": (),
                "notes": ("No language model.",),
            },
            "The documents don’t say.\n\nClosest passages:\n\n"
            "- “The tide rose by 12 cm.” — Tides\n\n*No language model.*",
        ),
        (
            {
                "text": "The tide rose by 12 cm.",
                "claims": (Claim("The tide rose by 12 cm.", (), 0.0, "quoted"),),
                "citations": (),
            },
            "The tide rose by 12 cm.\n\n"
            "*Word for word from the documents, not checked against the question.*",
        ),
        (
            {"text": "Nothing.", "citations": (), "claims": (), "evidence": ()},
            "Nothing.",
        ),
    ],
)
def test_markdown(values: dict[str, Any], expected: str) -> None:
    assert answer(**values).to_markdown() == expected


@pytest.mark.parametrize("payload", [*PAYLOADS, "# x", "1. x", "- x", "+ x", "a_b_c", "| a | b |"])
def test_nothing_of_theirs_acts_in_markdown(payload: str) -> None:
    cited = replace(answer().citations[0], quote=payload, title=payload, document=payload)
    found = Passage(1, Sentence(payload, 0, 0, 1, payload), payload, payload, 0.5)
    one = answer(text=f"{payload} [1]", citations=(replace(cited, date=payload),), notes=(payload,))
    two = answer(status="not_found", text="No.", citations=(), claims=(), evidence=(found,))
    for value in (one, two):
        page = MarkdownIt("commonmark").enable("table").render(value.to_markdown())
        tags = set(re.findall(r"<(\w+)", page))
        assert tags <= {"p", "br", "em", "ul", "li"}
    shown = MarkdownIt("commonmark").render(one.to_markdown())
    plain = html.unescape(re.sub("<[^>]+>", "", shown))
    assert " ".join(payload.split()).replace("\x00", "\ufffd") in " ".join(plain.split())


def test_when_a_file_was_saved_is_shown_as_that_and_only_without_a_date() -> None:
    (citation,) = answer().citations
    saved = replace(citation, date=None, saved="2026-11-28")
    assert "— Tides, saved 2026-11-28 (a.txt" in answer(citations=(saved,)).to_markdown()
    assert answer(citations=(saved,)).to_dict()["citations"][0]["saved"] == "2026-11-28"
    dated = replace(citation, saved="2026-11-28")
    assert "saved" not in answer(citations=(dated,)).to_markdown()


def test_markdown_shows_three_closest_passages_at_most() -> None:
    evidence = tuple(passage(number, f"Sentence {number}.") for number in range(1, 6))
    shown = answer(status="not_found", text="No.", citations=(), claims=(), evidence=evidence)
    assert [n for n in range(1, 6) if f"Sentence {n}." in shown.to_markdown()] == [1, 2, 3]


def test_best_passages_come_in_their_rank() -> None:
    passages = tuple(passage(number, f"S{number}") for number in range(1, 4))
    assert Evidence("q", passages, (3, 1)).best() == (passages[2], passages[0])
    assert Evidence("q", passages, ()).best() == ()
