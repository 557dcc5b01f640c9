"""Take a picture of each state of the chat, at three widths, light and dark, to be looked at.

Usage: ``python tests/screenshots.py FOLDER [STATE ...]``, or, for the picture of the README,
``python tests/screenshots.py --readme PICTURE LIBRARY ANSWER``, where ANSWER is what
``qa ask QUESTION --library LIBRARY --json`` has printed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from browsing import answered, ask, chromium, served
from playwright.sync_api import Page, expect
from pydantic import TypeAdapter
from written import WrittenLibrary, cited, located

from qa import Library, Settings
from qa.documents import DocumentFile, SkippedFile
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Document,
    DraftText,
    Event,
    EvidenceFound,
    Passage,
    Sentence,
)

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

Fog until noon. The pilot boat stayed in.
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
PAPERS = {document.path: document for document in (LOG, MINUTES, TABLES)}


def _span(document: Document, quote: str) -> tuple[Document, int, int]:
    start = document.text.index(quote)
    return document, start, start + len(quote)


QUOTES = (
    _span(LOG, "The tide rose by 112 cm, which is 14 cm more than the tables give."),
    _span(LOG, "The quay at the fish market stood under water for forty minutes"),
    _span(MINUTES, "The board decides to raise the quay wall by 30 cm before the winter."),
)
SAID = (
    "On 1 May the tide rose by 112 cm, 14 cm more than the tables give",
    "The quay at the fish market was under water for forty minutes",
    "The board has decided to raise the quay wall by 30 cm before the winter",
)


class HarbourLibrary(WrittenLibrary):
    """Papers such as people have, and answers about them written by hand."""

    root = Path("/home/ada/Harbour papers")
    documents = PAPERS
    model_name = "Qwen2.5-Coder-1.5B-Instruct (embedded, on this machine)"
    files = tuple(DocumentFile(path, 9 * len(each.text), 0) for path, each in PAPERS.items())
    report = replace(
        WrittenLibrary.report, skipped=(SkippedFile("plan.dwg", "not a supported format"),)
    )

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        passages = tuple(located(number, *span) for number, span in enumerate(QUOTES, 1))
        yield EvidenceFound(
            "What happened at the fish market on 1 May?" if understood else None, passages
        )
        if "fault" in question:
            raise RuntimeError
        refused, simple = "mayor" in question, "How high" in question
        if not refused:
            yield DraftText(SAID[0])
        while "wait" in question and not self.may_end.wait(0.05):
            yield DraftText("")
        count = 0 if refused else 1 if simple else len(SAID)
        claims = tuple(
            Claim(
                f"{said}.",
                (number,),
                1 - number / 10,
                "supported",
                f"Its words, names and numbers stand in the quoted passages; a second reading "
                f"agrees {1 - number / 20:.2f}",
            )
            for number, said in enumerate(SAID[:count], 1)
        )
        partial = "decide" in question
        dropped = Claim(
            "The mayor of Svendborg opposed it.",
            (),
            0.04,
            "unsupported",
            "“Svendborg” isn't in the quoted passages.",
        )
        yield AnswerReady(
            Answer(
                question=question,
                status="not_found" if refused else "partial" if partial else "answered",
                text=" ".join(f"{said} [{number}]." for number, said in enumerate(SAID[:count], 1))
                or "The documents don’t say.",
                claims=(*claims, dropped) if partial else claims,
                citations=tuple(
                    cited(number, *span) for number, span in enumerate(QUOTES[:count], 1)
                ),
                evidence=passages,
                timings={"total": 2.4},
                model=self.model_name,
                fingerprint="",
                standalone_question="What happened at the fish market on 1 May?"
                if understood
                else None,
            )
        )


WIDTHS = {"wide": (1600, 1000), "laptop": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def answer(page: Page, library: HarbourLibrary) -> None:
    ask(page, "How high was the tide on 1 May?")
    answered(page)


def several(page: Page, library: HarbourLibrary) -> None:
    ask(page, "What happened on 1 May, and what followed from it?")
    answered(page)
    page.locator("#qa-live .qa-chip").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")


def partial(page: Page, library: HarbourLibrary) -> None:
    answer(page, library)
    ask(page, "What did they decide about the fish market?")
    answered(page)
    page.get_by_text("1 statement left out").click()


def preview(page: Page, library: HarbourLibrary) -> None:
    ask(page, "What happened on 1 May, and what followed from it?")
    answered(page)
    page.locator("#qa-live .qa-chip").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()


def refusal(page: Page, library: HarbourLibrary) -> None:
    ask(page, "What did the mayor say?")
    answered(page)


def greeting(page: Page, library: HarbourLibrary) -> None:
    ask(page, "Hello!")
    answered(page)


def streaming(page: Page, library: HarbourLibrary) -> None:
    ask(page, "What happened on 1 May? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("On 1 May")


def failure(page: Page, library: HarbourLibrary) -> None:
    ask(page, "Is there a fault?")
    answered(page)


def banner(page: Page, library: HarbourLibrary) -> None:
    library.problem = "llama at gpu.example can't be reached. Check that it is running."
    answer(page, library)
    expect(page.locator(".qa-banner")).to_be_visible(timeout=20_000)


def settings(page: Page, library: HarbourLibrary) -> None:
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(300)


def editing(page: Page, library: HarbourLibrary) -> None:
    answer(page, library)
    page.get_by_role("button", name="Edit").click()


def sources(page: Page, library: HarbourLibrary) -> None:
    page.locator("#qa-header [data-library]").click()
    expect(page.locator(".qa-library-view")).to_be_visible()


def welcome(page: Page, library: HarbourLibrary) -> None:
    pass


STATES: dict[str, Callable[[Page, HarbourLibrary], None]] = {
    state.__name__: state
    for state in (
        *(welcome, answer, several, partial, preview, refusal, greeting, streaming),
        *(failure, settings, editing, sources, banner),
    )
}


def take(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    library = HarbourLibrary()
    with served(library) as address, chromium() as browser:
        for width, (x, y) in WIDTHS.items():
            for scheme in SCHEMES:
                for name in names or STATES:
                    library.may_end.clear()
                    library.problem = None
                    context = browser.new_context(
                        viewport={"width": x, "height": y}, color_scheme=scheme
                    )
                    page = context.new_page()
                    page.goto(address)
                    expect(page.locator(".qa-welcome")).to_be_visible()
                    STATES[name](page, library)
                    page.wait_for_timeout(150)
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
                    library.may_end.set()
                    context.close()


def recorded(file: Path) -> Answer:
    """What ``qa ask --json`` printed, as the answer that it was."""
    made = json.loads(file.read_text(encoding="utf-8"))
    evidence = tuple(
        Passage(
            number=each["number"],
            sentence=Sentence(
                *(each[key] for key in ("document", "number", "start", "end", "text"))
            ),
            title=each["title"],
            date=each["date"],
            score=each["score"],
        )
        for each in made.pop("evidence")
    )
    return Answer(
        claims=TypeAdapter(tuple[Claim, ...]).validate_python(made.pop("claims")),
        citations=TypeAdapter(tuple[Citation, ...]).validate_python(made.pop("citations")),
        notes=tuple(made.pop("notes")),
        evidence=evidence,
        **made,
    )


class RecordedLibrary(HarbourLibrary):
    """A folder and one answer about it that a model has given before."""

    def __init__(self, root: Path, answer: Answer, home: Path) -> None:
        super().__init__()
        settings = Settings(llm="none", embedding={"model": "hashing"}, home=home)
        library = Library.open(root, settings=settings)
        self.root, self.model_name = root, answer.model
        self.documents, self.files, self.report = library.documents, library.files, library.report
        self._answer = answer

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        yield EvidenceFound(None, self._answer.evidence)
        yield AnswerReady(self._answer)


def take_for_readme(file: Path, root: Path, answer: Answer) -> None:
    with tempfile.TemporaryDirectory() as home:
        library = RecordedLibrary(root.absolute(), answer, Path(home))
        with served(library) as address, chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 640})
            page.goto(address)
            expect(page.locator(".qa-welcome")).to_be_visible()
            ask(page, answer.question)
            expect(page.locator("#qa-here")).to_be_visible()
            page.wait_for_timeout(300)
            page.screenshot(path=file)


if __name__ == "__main__":
    if sys.argv[1] == "--readme":
        picture, folder, answer_file = map(Path, sys.argv[2:])
        take_for_readme(picture, folder, recorded(answer_file))
    else:
        take(Path(sys.argv[1]), sys.argv[2:])
