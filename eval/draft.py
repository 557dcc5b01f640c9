"""Proposed cases from a folder of documents, for a person to accept or edit.

The configured language model writes, for one sentence at a time, a question that it
answers, the answer in its words, and a near miss: a question that sounds alike but isn't
answered. What can be checked is checked (the answer stands in the sentence, the question
doesn't give it away); whether a question makes sense, and whether a near miss really has
no answer anywhere, only a person can tell. So every case is written as not accepted, and
`run` asks only accepted ones.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.language.sentences import split_sentences
from qa.llms import ChatModel, Deadline, Message, complete
from qa.types import Document, Hit, Sentence

from .cases import CasesError
from .grading import contains
from .passages import kind_of
from .records import writing

__all__ = ["Proposal", "choose_sentences", "propose", "write_draft"]

INSTRUCTIONS = (
    "You write questions for a test of reading. You get a sentence from a document. Reply with "
    "three lines. 'Question:' asks for one fact of the sentence, and can be understood without "
    "seeing it. 'Answer:' is that fact, a few words copied from the sentence. 'Near miss:' asks "
    "a similar question about another name, date or detail, which the sentence does not answer."
)
EXAMPLES = (
    (
        (
            "Ferrow Bridge",
            "It was designed by the engineer Tomas Rehn and cost 2.4 million crowns.",
        ),
        "Question: Who designed the Ferrow Bridge?\nAnswer: Tomas Rehn\n"
        "Near miss: Who painted the Ferrow Bridge?",
    ),
    (
        ("Annual report", "In 2019 the harbour company employed 310 people in Osk."),
        "Question: How many people did the harbour company employ in Osk in 2019?\n"
        "Answer: 310\nNear miss: How many people did the harbour company employ in Osk in 1987?",
    ),
)
MAX_TOKENS = 120
# Shorter ones seldom state a fact by themselves, longer ones are lists and tables.
SENTENCE_WORDS = range(8, 61)
MAX_ANSWER_WORDS = 12
_LINE = re.compile(r"^\s*(question|answer|near[ -]miss)\s*:\s*(.+?)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What became of one sentence.

    Parameters
    ----------
    sentence : Sentence
    cases : tuple of mapping
        As they stand in a suite, none accepted; empty where nothing could be used.
    reason : str
        Why nothing could be used, ``""`` where something could.
    closest : str
        Another sentence that comes close to the near miss, for a person to see whether
        it answers it after all.
    """

    sentence: Sentence
    cases: tuple[Mapping[str, Any], ...]
    reason: str = ""
    closest: str = ""


def choose_sentences(
    documents: Mapping[str, Document], count: int, seed: int
) -> tuple[Sentence, ...]:
    """Sentences to ask about, spread over the documents, in reading order.

    Raises
    ------
    CasesError
        No document has a sentence of a fitting length.
    """
    draw = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
    pools: list[list[Sentence]] = []
    for path in sorted(documents):
        fitting = [
            sentence
            for sentence in split_sentences(documents[path])
            if not sentence.is_heading and len(sentence.text.split()) in SENTENCE_WORDS
        ]
        draw.shuffle(fitting)
        if fitting:
            pools.append(fitting)
    if not pools:
        raise CasesError(
            f"no document has a sentence of {SENTENCE_WORDS.start} to {SENTENCE_WORDS.stop - 1} "
            "words to ask about. Give a folder with running text."
        )
    draw.shuffle(pools)
    rounds = [pool[k] for k in range(max(map(len, pools))) for pool in pools if k < len(pool)]
    return tuple(sorted(rounds[:count], key=lambda s: (s.document, s.start)))


def propose(
    model: ChatModel,
    documents: Mapping[str, Document],
    sentences: Sequence[Sentence],
    search: Callable[[str], Sequence[Hit]],
    *,
    deadline_seconds: float,
) -> Iterator[Proposal]:
    """Ask the model about each sentence.

    Parameters
    ----------
    model : ChatModel
    documents : mapping of str to Document
    sentences : sequence of Sentence
    search : callable
        Finds what comes close to a near miss, as `Library.search`.
    deadline_seconds : float
        For one sentence.

    Yields
    ------
    Proposal
        One for each sentence, in order.

    Raises
    ------
    qa.errors.ModelUnavailableError
    """
    asked: set[str] = set()
    for number, sentence in enumerate(sentences, start=1):
        completion = complete(
            model,
            _prompt(documents[sentence.document].title, sentence.text),
            max_tokens=MAX_TOKENS,
            deadline=Deadline(deadline_seconds),
        )
        proposal = read_reply(completion.text, sentence, f"draft-{number:03}")
        fresh = tuple(c for c in proposal.cases if str(c["question"]).casefold() not in asked)
        asked |= {str(case["question"]).casefold() for case in fresh}
        reason = proposal.reason or ("" if fresh else "the same question again")
        near = [str(case["question"]) for case in fresh if case["kind"] == "unanswerable"]
        closest = _closest(search(near[0]), sentence) if near else ""
        yield Proposal(sentence, fresh, reason, closest)


def _closest(hits: Sequence[Hit], asked_about: Sentence) -> str:
    others = [
        scored
        for hit in hits
        for scored in hit.sentences
        if not scored.sentence.is_heading and scored.sentence.text != asked_about.text
    ]
    return max(others, key=lambda s: s.score).sentence.text if others else ""


def read_reply(reply: str, sentence: Sentence, name: str) -> Proposal:
    """Read a model's three lines and keep what can be used.

    Parameters
    ----------
    reply : str
    sentence : Sentence
        What it was asked about.
    name : str
        Beginning of the cases' ids.
    """
    lines: dict[str, str] = {}
    for line in reply.splitlines():
        if match := _LINE.match(line):
            lines.setdefault(match[1].casefold().replace("-", " "), match[2])
    question, answer = lines.get("question", ""), lines.get("answer", "").strip(" .\"“”'")
    if not question or not answer:
        return Proposal(sentence, (), "no question with an answer in the reply")
    found = re.search(re.escape(answer), sentence.text, re.IGNORECASE)
    if found is None:
        return Proposal(sentence, (), f"the answer {answer!r} isn't in the sentence")
    if len(answer.split()) > MAX_ANSWER_WORDS:
        return Proposal(sentence, (), "the answer is as long as a sentence")
    if contains(question, answer):
        return Proposal(sentence, (), "the question gives the answer away")
    gold = found[0]
    about = {"document": sentence.document, "accepted": False}
    cases: list[Mapping[str, Any]] = [
        {"id": name, "kind": kind_of(gold), "question": question, "gold": gold}
        | {"quote": sentence.text, **about}
    ]
    near = lines.get("near miss", "")
    if near and near.casefold() != question.casefold():
        cases.append({"id": f"{name}-near", "kind": "unanswerable", "question": near, **about})
    return Proposal(sentence, tuple(cases))


def write_draft(
    path: Path, proposals: Sequence[Proposal], *, model: str, folder: Path
) -> Counter[str]:
    """Write the cases, each pair under its sentence, and count what became of them.

    Returns
    -------
    Counter
        Cases by kind, and ``"unusable"`` replies.

    Raises
    ------
    CasesError
        The file is there already (it may hold a person's work), can't be written, or
        there is nothing to write.
    """
    if path.exists():
        raise CasesError(f"{path} is there already. Give another --out, or move it away.")
    counts = Counter(str(case["kind"]) for p in proposals for case in p.cases)
    counts["unusable"] = sum(not proposal.cases for proposal in proposals)
    if not any(proposal.cases for proposal in proposals):
        raise CasesError(
            f"none of {len(proposals)} replies of {model} could be used; the last one because "
            f"{proposals[-1].reason if proposals else 'there was none'}. Choose a stronger model "
            "with --llm."
        )
    lines = [
        f"# Drafted by {_comment(model)} from {_comment(str(folder))}. A machine wrote these:",
        '# read each one, correct it, and set "accepted": true. Delete what is no use.',
        "# A near miss (kind unanswerable) must not be answered anywhere in the documents.",
        f"# Then: qa eval run {_comment(path.name)} --library {_comment(str(folder))}",
    ]
    for proposal in proposals:
        if proposal.cases:
            sentence = proposal.sentence
            lines += ["", f"# {_comment(sentence.document)}: {_comment(sentence.text)}"]
            for case in proposal.cases:
                if case["kind"] == "unanswerable" and proposal.closest:
                    lines.append(
                        f"# elsewhere, closest to the near miss: {_comment(proposal.closest)}"
                    )
                lines.append(json.dumps(case, ensure_ascii=False))
    with writing(path):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return counts


def _prompt(title: str, sentence: str) -> list[Message]:
    messages = [Message("system", INSTRUCTIONS)]
    for about, reply in EXAMPLES:
        messages += [Message("user", _given(*about)), Message("assistant", reply)]
    return [*messages, Message("user", _given(title, sentence))]


def _given(title: str, sentence: str) -> str:
    return f"Document: {title}\nSentence: {' '.join(sentence.split())}"


def _comment(text: str) -> str:
    return " ".join(text.split())
