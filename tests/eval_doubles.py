"""Records, answers and systems that stand in for a real run of the evaluation suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.cases import Case
from eval.records import Record, Run, Seconds, Stamp
from eval.run import WARM_UP
from eval.systems import Reply, Setup
from qa.errors import QaError
from qa.types import Answer, Citation, Claim, Passage, Sentence, Turn

TEXT = "The cat sat. The dog ran on May 2."
DOCUMENTS = {"a.txt": TEXT}
CASES = (
    Case("f1", "Who sat?", "fact", "a.txt", (("cat",),), (("The cat sat.",),)),
    Case("f2", "Who ran?", "fact", "a.txt", (("dog",),), (("The dog ran on May 2.",),)),
    Case("d1", "When?", "date", "a.txt", (("May 2",),), (("The dog ran on May 2.",),)),
    Case("u1", "Who flew?", "unanswerable", "a.txt"),
    Case("u2", "Who swam?", "unanswerable", "a.txt"),
)
CAT, DOG = (0, 12), (13, 34)


def answered(
    text: str, span: tuple[int, int] = CAT, shift: int = 0, support: float = 0.8
) -> Answer:
    start, end = span
    quote = TEXT[start + shift : end + shift]
    citation = Citation(1, "a.txt", "A", None, start, end, quote, support)
    claim = Claim(text.removesuffix(" [1]"), (1,), support, "supported")
    sentence = Sentence("a.txt", 0, start, end, TEXT[start:end])
    evidence = (Passage(1, sentence, "A", None, 1.0),)
    timings = {"evidence": 0.01, "total": 0.5}
    return Answer(
        "?", "answered", text, (claim,), (citation,), evidence, timings, "scripted", "abc"
    )


def refused(*dropped: Claim) -> Answer:
    return Answer(
        "?", "not_found", "Not found.", dropped, (), (), {"total": 0.2}, "scripted", "abc"
    )


SCRIPT: dict[str, Answer | QaError] = {
    WARM_UP: refused(),
    "Who sat?": answered("The cat [1]", CAT),
    "Who ran?": answered("The cat [1]", CAT, support=0.4),
    "When?": refused(Claim("May 2", (), 0.3, "unsupported", "too weak")),
    "Who flew?": refused(),
    "Who swam?": answered("The dog [1]", DOG, support=0.5),
}


class Scripted:
    """A system that replies by the question."""

    keeps_contract = True

    def __init__(self, script: dict[str, Answer | QaError] | None = None, name: str = "qa") -> None:
        self.script = SCRIPT if script is None else script
        self.name = name
        self.asked: list[str] = []
        self.folders: list[Path] = []

    def build(self, name: str, setup: Setup) -> Scripted:
        self.name = name
        self.folders.append(setup.folder)
        return self

    def ask(self, question: str, history: Sequence[Turn]) -> Reply:
        self.asked.append(question)
        reply = self.script[question]
        if isinstance(reply, QaError):
            raise reply
        return Reply(reply, 0.01, 0.02)


def record(system: str = "qa", case_id: str = "f1", **changes: Any) -> Record:
    values: dict[str, Any] = {
        "system": system,
        "id": case_id,
        "kind": "fact",
        "question": "Who sat?",
        "gold": (("cat",),),
        "quotes": (("The cat sat.",),),
        "must_refuse": False,
        "outcome": "correct",
        "score": 1,
        "seconds": Seconds(total=0.5),
        "retrieved": 1,
        "rank": 1,
        "answer": answered("The cat [1]").to_dict(),
    }
    return Record(**(values | changes))


def stamp(*systems: str, **changes: Any) -> Stamp:
    values: dict[str, Any] = {
        "suite": "cases",
        "suite_digest": "1",
        "corpus_digest": "2",
        "code_digest": "3",
        "fingerprint": "abc",
        "model": "scripted",
        "embedding": "hashing",
        "systems": systems or ("qa",),
    }
    return Stamp(**(values | changes))


def run_of(*records: Record, **changes: Any) -> Run:
    systems = tuple(dict.fromkeys(record.system for record in records))
    return Run(stamp(*systems, **changes), records)
