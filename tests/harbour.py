"""The papers of a harbour and answers about them, such as people have: for pictures of the chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from written import WrittenLibrary, cited, located

from qa.answering.abstention import NOT_FOUND_TEXT, UNSURE_TEXT
from qa.documents import DocumentFile, SkippedFile
from qa.errors import DocumentError
from qa.index import Progress, UpdateReport
from qa.types import Answer, AnswerReady, Claim, Document, DraftText, Event, EvidenceFound

LOG = Document(
    "logs/2024-05.md",
    "Harbour log, May 2024",
    """# Harbour log, May 2024

## 1 May

High water at 06:12. The tide rose by 112 cm, which is 14 cm more than the tables give. The quay \
at the fish market stood under water for forty minutes, and two vans had to be moved.

Wind from the north-west, force 6. The ferry to Langeland left an hour late.

## 2 May

High water at 06:58, 98 cm. The gauge at the old pier was cleaned and set again; before that it \
had read 3 cm too low since the winter storms.

No ship waited for the tide. The harbour master walked the breakwater and found nine stones loose.

## 3 May

Fog until noon. The pilot boat **stayed in**. For the next days the tables give:

| Day | High water | cm |
| --- | --- | --- |
| 4 May | 08:21 | 94 |
| 5 May | 09:03 | 91 |

- The *Svanen* is expected on 5 May.
- The crane is out of order; see `crane.txt`.
""",
    "2024-05-03",
    "0" * 64,
)
MINUTES = Document(
    "board/minutes-june.docx",
    "Minutes of the harbour board, June 2024",
    """Minutes of the harbour board

Present: A. Holm (chair), L. Madsen, P. Juul, the harbour master.

1. High water of 1 May. The harbour master reports that the fish market was flooded for forty \
minutes. The board decides to raise the quay wall by 30 cm before the winter. The work is to cost \
no more than 1.2 million kroner.

2. Breakwater. Nine loose stones are to be set again in August.

3. Next meeting: 12 September.
""",
    "2024-06-11",
    "1" * 64,
)
TABLES = Document(
    "tide-tables-2024.pdf", "Tide tables 2024", "May\n\n1  06:04  98\n" * 400, None, "2" * 64
)
ROUGH = Document(
    "rough/" + "x" * 90 + "_**bold**[a](b)`c`.md",
    "W" * 120 + " **bold** [a](http://b) `c` <i>",
    "# תקנון הנמל\n\nהמים עלו ב-112 ס״מ. الرصيف كان تحت الماء.\n\n"
    f"https://example.org/{'a' * 400}\n\n"
    "```python\n# not a heading\ndef f(x):\n    return x ** 2 ** 3\n```\n\n" + "word" * 200,
    None,
    "3" * 64,
)
PAPERS = {document.path: document for document in (LOG, MINUTES, TABLES)}


def _span(document: Document, quote: str) -> tuple[Document, int, int]:
    start = document.text.index(quote)
    return document, start, start + len(quote)


GIVEN = _span(TABLES, "1  06:04  98")
ROUGH_QUOTES = (
    _span(ROUGH, "המים עלו ב-112 ס״מ."),
    _span(ROUGH, f"https://example.org/{'a' * 400}"),
    _span(ROUGH, "def f(x):\n    return x ** 2 ** 3"),
)
ROUGH_SAID = (
    "המים עלו ב-112 ס״מ",
    f"See https://example.org/{'b' * 300}",
    "`x ** 2 ** 3`, **bold**, <b>no</b> and | a |",
)
QUOTES = (
    _span(LOG, "The tide rose by 112 cm, which is 14 cm more than the tables give."),
    _span(LOG, "The quay at the fish market stood under water for forty minutes"),
    _span(MINUTES, "The board decides to raise the quay wall by 30 cm before the winter."),
    _span(MINUTES, "The work is to cost no more than 1.2 million kroner."),
    _span(LOG, "The ferry to Langeland left an hour late."),
    _span(LOG, "The gauge at the old pier was cleaned and set again"),
    _span(LOG, "The harbour master walked the breakwater and found nine stones loose."),
    _span(MINUTES, "Nine loose stones are to be set again in August."),
    _span(MINUTES, "Next meeting: 12 September."),
)
SAID = (
    "On 1 May the tide rose by 112 cm, 14 cm more than the tables give",
    "The quay at the fish market was under water for forty minutes",
    "The board has decided to raise the quay wall by 30 cm before the winter",
    "The work may cost up to 1.2 million kroner",
    "The ferry to Langeland left an hour late",
    "On 2 May the gauge at the old pier was cleaned and set again",
    "The harbour master found nine stones of the breakwater loose",
    "They are to be set again in August",
    "The board meets again on 12 September",
)
DROPPED = Claim(
    "The mayor of Svendborg opposed it.",
    (),
    0.04,
    "unsupported",
    "“Svendborg” isn't in the quoted passages.",
)
DISAGREEMENT = (
    "The documents give different answers: “98 cm” (Tide tables 2024, undated); "
    "“112 cm” (Harbour log, May 2024, 2024-05-03)."
)


class HarbourLibrary(WrittenLibrary):
    """Papers such as people have, and answers about them written by hand.

    What a question asks for decides how it is answered: the mayor is nowhere in the papers,
    "decide" leaves a statement out, "agree" finds a conflict, "everything" takes long;
    "search" and "wait" stay before and in the draft; "rough" meets what pages break at.
    """

    root = Path("/home/ada/Harbour papers")
    documents = PAPERS
    model_name = "Qwen2.5-Coder-1.5B-Instruct (embedded)"
    files = tuple(DocumentFile(path, 9 * len(each.text), 0) for path, each in PAPERS.items())
    report = replace(
        WrittenLibrary.report, skipped=(SkippedFile("plan.dwg", "not a supported format"),)
    )

    passages = tuple(located(number, *span) for number, span in enumerate(QUOTES[:5], 1))
    citations = tuple(cited(number, *span) for number, span in enumerate(QUOTES, 1))

    def add(self, name: str, file: Path) -> str:
        if name.endswith(".dwg"):
            raise DocumentError(
                f"{name} is not a supported format. See what qa reads in its README."
            )
        return name

    def refresh(self, progress: Progress | None = None) -> UpdateReport:
        if progress is not None:
            progress(42, 100, "ferry-timetable.pdf")
        self.may_end.wait(60)
        return self.report

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        if understood:
            understood = "What happened at the fish market on 1 May?"
        yield EvidenceFound(understood, self.passages)
        if "fault" in question:
            raise RuntimeError
        while "search" in question and not self.may_end.wait(0.05):
            yield DraftText("")
        near = "raised" in question
        refused = near or "mayor" in question
        if not refused:
            yield DraftText(SAID[0])
        while "wait" in question and not self.may_end.wait(0.05):
            yield DraftText("")
        partial = "decide" in question
        count = 0 if refused else 1 if "How high" in question else 3
        if "everything" in question:
            count = len(SAID)
        said = ("98 cm", "112 cm") if "agree" in question else SAID[:count]
        spans = (GIVEN, QUOTES[0]) if "agree" in question else QUOTES[:count]
        if "rough" in question:
            said, spans = ROUGH_SAID, ROUGH_QUOTES
        claims = tuple(
            Claim(
                f"{words}.",
                (number,),
                max(0.55, 1 - number / 10),
                "supported",
                "Its words, names and numbers stand in the quoted passages; a second reading "
                f"agrees {1 - number / 20:.2f}",
            )
            for number, words in enumerate(said, 1)
        )
        made: dict[str, Any] = {"standalone_question": understood, "timings": {"total": 2.4}}
        quote = " ".join(self.passages[0].sentence.text.split())
        unsaid = f"{UNSURE_TEXT} “{quote}” [1]" if near else NOT_FOUND_TEXT
        yield AnswerReady(
            Answer(
                question=question,
                status="not_found" if refused else "partial" if partial else "answered",
                text=" ".join(f"{words} [{number}]." for number, words in enumerate(said, 1))
                or unsaid,
                claims=(*claims, DROPPED) if partial or near else claims,
                citations=tuple(cited(number, *span) for number, span in enumerate(spans, 1))
                if not near
                else (replace(cited(1, *QUOTES[0]), support=0.0),),
                evidence=self.passages,
                model=self.model_name,
                fingerprint="",
                notes=(DISAGREEMENT,) if "agree" in question else (),
                **made,
            )
        )
