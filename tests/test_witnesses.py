from __future__ import annotations

from dataclasses import replace

import pytest

from qa.comparing.witnesses import CLOSE_BEHIND, closest_of, later_sections, replies, witnesses
from qa.types import Evidence, Passage, Sentence, SentMessage


def evidence(question: str, *read: tuple[str, str, float]) -> Evidence:
    """Sentences of documents with their scores, each far from the others."""
    passages = []
    for number, (document, text, score) in enumerate(read, start=1):
        sentence = Sentence(document, 10 * number, 100 * number, 100 * number + len(text), text)
        passages.append(Passage(number, sentence, "Notice", None, score))
    ranked = sorted(passages, key=lambda passage: -passage.score)
    return Evidence(question, tuple(passages), tuple(passage.number for passage in ranked))


CITED = ("a.txt", "The ticket for the ferry to Lund costs 5 crowns.", 1.0)


@pytest.mark.parametrize(
    ("question", "text", "score", "found"),
    [
        ("How much does the ferry ticket cost?", "A ferry ticket costs 7.", 0.9, True),
        # Too far behind, or about something else.
        ("How much does the ferry ticket cost?", "A ferry ticket costs 7.", 0.7, False),
        ("How much does the ferry ticket cost?", "A tram ride costs 7.", 0.9, False),
        # It doesn't speak of the place that is asked about.
        (
            "How many crowns does a ferry ticket to Lund cost?",
            "A ferry ticket costs 7 crowns.",
            0.9,
            False,
        ),
        (
            "How much does the ferry ticket to Lund cost?",
            "The Lund ferry ticket costs 7.",
            0.9,
            True,
        ),
        # One word in common tells nothing.
        ("How much does it cost?", "It costs 7.", 0.9, False),
    ],
)
def test_which_documents_speak_of_the_same(
    question: str, text: str, score: float, found: bool
) -> None:
    assert 0.1 < CLOSE_BEHIND < 0.3
    read = evidence(question, CITED, ("b.txt", text, score), ("a.txt", CITED[1], 0.95))
    assert witnesses(read, read.passages[:1]) == (("b.txt",) if found else ())


def test_a_document_s_closest_passages_stand_in_its_order() -> None:
    texts = [("a.txt", f"Sentence {n}.", score) for n, score in enumerate((0.2, 0.9, 0.1, 0.8))]
    read = evidence("?", *texts, ("b.txt", "Other.", 1.0))
    assert [p.sentence.text for p in closest_of(read, "a.txt")] == [
        "Sentence 0.",
        "Sentence 1.",
        "Sentence 3.",
    ]


@pytest.mark.parametrize(
    ("title", "date", "found"),
    [
        ("Re: Lake weekend", "2026-08-11", True),
        ("AW: Re: Lake weekend - change of plan", "2026-08-11", True),
        ("RE[2]: lake weekend", "2026-08-11", True),
        # It is another thread, no reply, earlier, or undated.
        ("Re: Party", "2026-08-11", False),
        ("Lake weekend", "2026-08-11", False),
        ("Re: Lake weekend", "2026-07-11", False),
        ("Re: Lake weekend", None, False),
    ],
)
def test_later_mails_of_a_thread(title: str, date: str | None, found: bool) -> None:
    read = evidence("When do we go?", ("a.eml", "We go on Friday.", 1.0), ("b.eml", "Later.", 0.2))
    first = replace(read.passages[0], title="Lake weekend", date="2026-08-03")
    second = replace(read.passages[1], title=title, date=date)
    read = replace(read, passages=(first, second))
    assert replies(read, (first,)) == (("b.eml",) if found else ())
    assert replies(read, (first, second)) == ()


@pytest.mark.parametrize(
    ("heading", "text", "found"),
    [
        ("Meeting of 14 May 2026", "The summer party is moved to 4 July.", True),
        ("May 2026: Garden", "The summer party is moved.", True),
        # It is of an earlier day, of none, of two, or about something else.
        ("Meeting of 14 January 2026", "The summer party is on 4 July.", False),
        ("Garden", "The summer party is on 4 July.", False),
        ("From 1 May 2026 to 3 June 2026", "The summer party is on 4 July.", False),
        ("Meeting of 14 May 2026", "The lift is broken.", False),
    ],
)
def test_later_days_of_the_same_minutes(heading: str, text: str, found: bool) -> None:
    read = evidence(
        "When is the summer party?",
        ("a.md", "The summer party is on 27 June.", 1.0),
        ("a.md", text, 0.9),
    )
    headings = ("Meeting of 12 March 2026", heading)
    passages = tuple(
        replace(passage, sentence=replace(passage.sentence, heading=above))
        for passage, above in zip(read.passages, headings, strict=True)
    )
    read = replace(read, passages=passages)
    assert later_sections(read, passages[:1]) == ((heading,) if found else ())
    assert later_sections(read, passages) == ()


@pytest.mark.parametrize(
    ("subject", "date", "found"),
    [
        ("Re: Lake", "2026-08-02", True),
        ("AW: Re: Lake - new plan", "2026-09-02", True),
        # It is no reply, of another thread, or earlier.
        ("Lake", "2026-08-02", False),
        ("Re: Party", "2026-08-02", False),
        ("Re: Lake", "2026-07-02", False),
        # That it is later only its text says.
        ("Re: Lake", None, False),
    ],
)
def test_later_messages_of_a_mailbox(subject: str, date: str | None, found: bool) -> None:
    read = evidence(
        "When do we go?", ("a.mbox", "We go on Friday.", 1.0), ("a.mbox", "Later!", 0.2)
    )
    heading = f"{subject} (Bo, 2026-08-02)"
    headings = ("Lake (Ada, 2026-08-01)", heading)
    messages = SentMessage(0, "Lake", "Ada", "2026-08-01"), SentMessage(9, subject, "Bo", date)
    passages = tuple(
        replace(passage, sentence=replace(passage.sentence, heading=above, message=message))
        for passage, above, message in zip(read.passages, headings, messages, strict=True)
    )
    read = replace(read, passages=passages)
    assert later_sections(read, passages[:1]) == ((heading,) if found else ())
