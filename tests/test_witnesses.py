from __future__ import annotations

import pytest

from qa.types import Evidence, Passage, Sentence
from qa.witnesses import CLOSE_BEHIND, closest_of, witnesses


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
