"""A library whose answers are written by hand: for the chat's tests and its screenshots."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qa.documents import DocumentFile
from qa.errors import DocumentError, ModelUnavailableError
from qa.index import UpdateReport
from qa.llms import Deadline
from qa.settings import Settings
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Document,
    DraftText,
    Event,
    EvidenceFound,
    Hit,
    Passage,
    Sentence,
    Turn,
)

PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=//evil.example/i.png onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "'><iframe src=//evil.example></iframe>",
    "<form action=//evil.example><button>x</button></form>",
    "<a href=javascript:window.hit=1>x</a>",
    "<link rel=stylesheet href=//evil.example/x.css><style>@import '//evil.example/y.css'</style>",
    "![x](http://evil.example/m.png) [x](javascript:window.hit=1)",
    "${window.hit=1} {{constructor.constructor('window.hit=1')()}} `${window.hit=1}`",
)
EVIL = " ".join(PAYLOADS)

QUOTE = "The tide rose by 12 cm."
TIDES = Document(
    "sea/tides.txt",
    "Tides of Ålesund",
    f"Tides 🌊\n\n{QUOTE} Nobody saw it. {QUOTE}\n\n" + "The moon was late. 🌊\n\n" * 40,
    "2024-05-01",
    "0" * 64,
)
LONG = Document(
    "long.txt",
    "A long report",
    "".join(f"Line {number} of the — report.\n" for number in range(300_000)),
    None,
    "1" * 64,
)
HOSTILE = Document(f"{EVIL}.txt", EVIL, f"{EVIL} One two three.", EVIL, "2" * 64)
DOCUMENTS = {document.path: document for document in (TIDES, LONG, HOSTILE)}


def cited(number: int, document: Document, start: int, end: int) -> Citation:
    quote = document.text[start:end]
    return Citation(
        number, document.path, document.title, document.date, start, end, quote, 1 - number / 10
    )


def located(number: int, document: Document, start: int, end: int) -> Passage:
    sentence = Sentence(document.path, number, start, end, document.text[start:end])
    return Passage(number, sentence, document.title, document.date, 0.5)


SECOND = TIDES.text.rindex(QUOTE)
SEEN = TIDES.text.index("Nobody saw it.")
FAR = LONG.text.index("Line 250000 of")
CITATIONS = (
    cited(1, TIDES, SECOND, SECOND + len(QUOTE)),
    cited(2, TIDES, SEEN, SEEN + 14),
    cited(3, LONG, FAR, FAR + 28),
)
PASSAGES = tuple(
    located(citation.number, DOCUMENTS[citation.document], citation.start, citation.end)
    for citation in CITATIONS
)
CLAIMS = (
    Claim("It rose by 12 cm.", (1,), 0.9, "supported", "All numbers are in the quote."),
    Claim("Nobody saw it.", (2,), 0.8, "supported"),
    Claim("It was told in Busan.", (), 0.1, "unsupported", "“Busan” isn't in the quotes."),
)


class WrittenLibrary:
    """Answers from a script; a question with "wait" in it waits after its draft."""

    root = Path("/home/ada/papers & <b>notes</b>")
    documents = DOCUMENTS
    model_name = "reader (by hand)"

    settings = Settings(home=Path("/nonexistent"))
    report = UpdateReport((), (), (), tuple(DOCUMENTS), (), None, 0.0)
    files = tuple(DocumentFile(path, len(DOCUMENTS[path].text), 0) for path in DOCUMENTS)

    def __init__(self) -> None:
        self.histories: list[Sequence[Turn]] = []
        self.asked: list[str] = []
        self.chosen: list[Settings | None] = []
        self.may_end = threading.Event()
        self.closed = threading.Event()
        self.problem: str | None = None

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        settings: Settings | None = None,
        quotes_only: bool = False,
        deadline: Deadline | None = None,
    ) -> Iterator[Event]:
        if quotes_only or self.problem:
            yield EvidenceFound(None, PASSAGES)
            yield AnswerReady(self._quoted(question, None if quotes_only else self.problem))
            return
        self.histories.append(history)
        self.asked.append(question)
        self.chosen.append(settings)
        self.closed.clear()
        try:
            yield from self._events(question, "How high was the tide?" if history else None)
        finally:
            self.closed.set()

    def _quoted(self, question: str, problem: str | None) -> Answer:
        claim = Claim(QUOTE, (1,), 0.5, "supported")
        notes = ("No language model could be used: these are the closest sentences.",)
        return Answer(
            question=question,
            status="answered",
            text=f"{QUOTE} [1]",
            claims=(claim,),
            citations=CITATIONS[:1],
            evidence=PASSAGES,
            timings={"total": 0.1},
            model="none",
            fingerprint="abc",
            extractive=True,
            notes=(problem, *notes) if problem else notes,
        )

    def model_problem(self, seconds: float) -> str | None:
        return self.problem

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return ()

    def refresh(self, progress: object = None) -> UpdateReport:
        return self.report

    def changes(self) -> tuple[str, ...]:
        return ()

    def add(self, name: str, file: Path) -> str:
        raise DocumentError("Nothing can be added here.")

    def remove(self, path: str) -> Path:
        raise DocumentError("Nothing can be removed here.")

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        if "down" in question:
            raise ModelUnavailableError("The model at host doesn't answer. Start it again.")
        yield EvidenceFound(understood, PASSAGES)
        if "fault" in question:
            raise RuntimeError("secret detail")
        made: dict[str, Any] = {
            "question": question,
            "evidence": PASSAGES,
            "timings": {"total": 0.5},
            "model": self.model_name,
            "fingerprint": "abc",
            "standalone_question": understood,
        }
        if "unknown" in question:
            text = "The documents don't say."
            yield AnswerReady(
                Answer(status="not_found", text=text, claims=(), citations=(), **made)
            )
            return
        if "<script>" in question:
            end = len(HOSTILE.text)
            made["evidence"] = (located(1, HOSTILE, 0, end),)
            yield DraftText(EVIL)
            claims = (
                Claim(EVIL, (1,), 0.9, "supported", EVIL),
                Claim(EVIL, (), 0.1, "unsupported", EVIL),
            )
            citations = (cited(1, HOSTILE, 0, end),)
            yield AnswerReady(
                Answer(
                    status="partial",
                    text=f"{EVIL} [1]",
                    claims=claims,
                    citations=citations,
                    notes=(EVIL,),
                    **made,
                )
            )
            return
        yield DraftText("It rose ")
        yield DraftText("by 12 cm")
        while "wait" in question and not self.may_end.wait(0.05):
            yield DraftText("…")
        text = "It rose by 12 cm [1]. Nobody saw it [2]. The report says so [3]."
        yield AnswerReady(
            Answer(status="partial", text=text, claims=CLAIMS, citations=CITATIONS, **made)
        )
