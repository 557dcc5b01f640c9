from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from eval.cases import CasesError, load_cases
from eval.draft import choose_sentences, propose, read_reply, write_draft
from qa.llms import Message, ScriptedChatModel
from qa.types import Chunk, Document, Hit, ScoredSentence, Sentence

BRIDGE = "The bridge was opened on 3 June 1931 by the mayor, Ada Lindqvist, in heavy rain."
GATES = "Varga & Sons employed 310 people and made the gates of the lower harbour."
TEXTS = {"a.txt": f"Bridges\n\n{BRIDGE} It is short.\n", "b.txt": f"Gates\n\n{GATES}\n"}
DOCUMENTS = {p: Document(p, p[0].upper(), text, None, "0") for p, text in TEXTS.items()}
SENTENCE = Sentence("a.txt", 0, 9, 9 + len(BRIDGE), BRIDGE)


def test_sentences_are_spread_over_documents_and_of_a_fitting_length() -> None:
    chosen = choose_sentences(DOCUMENTS, 9, 0)
    assert [sentence.text for sentence in chosen] == [BRIDGE, GATES]
    assert len({s.document for s in choose_sentences(DOCUMENTS, 2, 1)}) == 2
    assert len(choose_sentences(DOCUMENTS, 1, 0)) == 1
    short = {"c.txt": Document("c.txt", "C", "Too short.\n", None, "0")}
    with pytest.raises(CasesError, match="8 to 60"):
        choose_sentences(short, 5, 0)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "no question"),
        ("Question: Who opened it?", "no question with an answer"),
        ("Question: Who opened it?\nAnswer: Tomas Rehn", "isn't in the sentence"),
        (f"Question: What is told?\nAnswer: {BRIDGE}", "as long as a sentence"),
        ("Question: Did Ada Lindqvist open it?\nAnswer: Ada Lindqvist", "gives the answer away"),
    ],
)
def test_what_cannot_be_used_is_told(reply: str, reason: str) -> None:
    proposal = read_reply(reply, SENTENCE, "x")
    assert proposal.cases == ()
    assert reason in proposal.reason


def test_the_gold_is_what_the_document_says_however_it_was_copied() -> None:
    proposal = read_reply(
        'QUESTION: Who opened it?\n answer: "ada lindqvist".\nNear-miss: Who closed it?\nMore: no',
        SENTENCE,
        "x",
    )
    fact, near = proposal.cases
    assert (fact["gold"], fact["kind"], fact["quote"]) == ("Ada Lindqvist", "fact", BRIDGE)
    assert (near["kind"], near["question"]) == ("unanswerable", "Who closed it?")
    same = read_reply("Question: When?\nAnswer: 3 June 1931\nNear miss: When?", SENTENCE, "x")
    assert [case["kind"] for case in same.cases] == ["date"]


def search(question: str) -> tuple[Hit, ...]:
    assert question == "How many left?"
    gates = Sentence("b.txt", 0, 7, 7 + len(GATES), GATES)
    heading = Sentence("a.txt", 0, 0, 7, "Bridges", is_heading=True)
    scored = tuple(map(ScoredSentence, (heading, SENTENCE, gates), (0.9, 0.5, 0.8)))
    chunk = Chunk("a.txt", 0, 0, 7, "Bridges", (heading,))
    return (Hit(chunk, "A", None, 1.0, 0.9, 0.0, scored),)


def script(messages: Sequence[Message]) -> str:
    if GATES in messages[-1].content:
        return "Question: How many people worked there?\nAnswer: 310\nNear miss: How many left?"
    return "Question: How many people worked there?\nAnswer: Ada Lindqvist"


def test_a_draft_is_a_suite_of_which_nothing_is_accepted(tmp_path: Path) -> None:
    model, out = ScriptedChatModel(script), tmp_path / "cases.jsonl"
    sentences = choose_sentences(DOCUMENTS, 2, 0)
    proposals = list(propose(model, DOCUMENTS, sentences[::-1], search, deadline_seconds=9.0))
    assert [len(p.cases) for p in proposals] == [2, 0]
    assert proposals[1].reason == "the same question again"
    counts = write_draft(out, proposals, model="a\nmodel", folder=tmp_path)
    assert counts == {"number": 1, "unanswerable": 1, "unusable": 1}
    cases = load_cases(out, TEXTS)
    assert [(case.id, case.accepted) for case in cases] == [
        ("draft-001", False),
        ("draft-001-near", False),
    ]
    assert f"# b.txt: {GATES}" in out.read_text("utf-8")
    assert f"closest to the near miss: {BRIDGE}" in out.read_text("utf-8")
    with pytest.raises(CasesError, match="there already"):
        write_draft(out, proposals, model="m", folder=tmp_path)


def test_a_model_that_cannot_draft_is_told_apart(tmp_path: Path) -> None:
    model = ScriptedChatModel(lambda _: "I can't.")
    proposals = list(
        propose(model, DOCUMENTS, choose_sentences(DOCUMENTS, 2, 0), search, deadline_seconds=9.0)
    )
    with pytest.raises(CasesError, match="none of 2 replies"):
        write_draft(tmp_path / "x.jsonl", proposals, model="m", folder=tmp_path)
    assert not (tmp_path / "x.jsonl").exists()
