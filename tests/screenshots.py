"""Take a picture of each state of the chat, at three widths, light and dark, to be looked at.

For the picture of the README the answer is what ``qa ask QUESTION --library LIBRARY --json``
has printed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from browsing import answered, ask, chromium, served
from harbour import ROUGH, HarbourLibrary
from playwright.sync_api import Page, ViewportSize, expect
from pydantic import TypeAdapter
from written import WrittenLibrary

from qa import Library, Settings
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Event,
    EvidenceFound,
    Passage,
    Sentence,
)

SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1440, "height": 900},
    "laptop": {"width": 1024, "height": 768},
    "phone": {"width": 390, "height": 844},
}
# What is asked for the states that only wait for its answer.
QUESTIONS = {
    "greeting": "Hello!",
    "answer": "How high was the tide on 1 May?",
    "several": "What happened on 1 May, and what followed from it?",
    "long": "What is everything that the papers say of May and of what was done about it?",
    "conflict": "How deep was it, and do the papers agree?",
    "refusal": "What did the mayor say?",
    "near": "Who raised the fee for a berth?",
    "failure": "Is there a fault?",
}


def answer_to(question: str) -> Callable[[Page, HarbourLibrary], object]:
    def act(page: Page, library: HarbourLibrary) -> None:
        ask(page, question)
        answered(page)

    return act


STATES = {name: answer_to(question) for name, question in QUESTIONS.items()}


def state(
    act: Callable[[Page, HarbourLibrary], object],
) -> Callable[[Page, HarbourLibrary], object]:
    STATES[act.__name__] = act
    return act


@state
def welcome(page: Page, library: HarbourLibrary) -> None:
    pass


@state
def empty(page: Page, library: HarbourLibrary) -> None:
    library.documents, library.report = {}, WrittenLibrary.report
    page.reload()
    expect(page.locator(".qa-first")).to_be_visible()


@state
def earlier(page: Page, library: HarbourLibrary) -> None:
    for question in ("How high was the tide on 1 May?", "What did the mayor say?", "And in June?"):
        ask(page, question)
        answered(page)
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".qa-earlier")).to_contain_text(question)


@state
def evidence(page: Page, library: HarbourLibrary) -> None:
    ask(page, "What happened on 1 May? search")
    expect(page.locator("#qa-live .qa-passage").first).to_be_visible()


@state
def followup(page: Page, library: HarbourLibrary) -> None:
    STATES["answer"](page, library)
    ask(page, "And what is puzzling of the fish market?")
    expect(page.locator("#qa-live .qa-passage").first).to_be_visible()


@state
def understood(page: Page, library: HarbourLibrary) -> None:
    STATES["answer"](page, library)
    ask(page, "And what happened at the fish market?")
    answered(page)


@state
def streaming(page: Page, library: HarbourLibrary) -> None:
    ask(page, "What happened on 1 May? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("On 1 May")


@state
def waiting(page: Page, library: HarbourLibrary) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".qa-welcome")).to_be_visible()
    ask(other, "What happened on 1 May? wait")
    expect(other.locator("#qa-live .qa-draft")).to_contain_text("On 1 May")
    page.bring_to_front()
    ask(page, "How high was the tide on 1 May?")
    expect(page.locator("#qa-live .qa-verdict")).to_contain_text("before yours")


@state
def source(page: Page, library: HarbourLibrary) -> None:
    STATES["several"](page, library)
    page.locator("#qa-live .qa-chip").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")


@state
def preview(page: Page, library: HarbourLibrary) -> None:
    STATES["several"](page, library)
    page.locator("#qa-live .qa-chip").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()


@state
def partial(page: Page, library: HarbourLibrary) -> None:
    STATES["answer"](page, library)
    ask(page, "What did they decide about the fish market?")
    answered(page)
    page.get_by_text("1 statement left out").click()


@state
def rough(page: Page, library: HarbourLibrary) -> None:
    library.documents = {**library.documents, ROUGH.path: ROUGH}
    ask(page, f"What is rough? {'q' * 200}")
    answered(page)


@state
def banner(page: Page, library: HarbourLibrary) -> None:
    library.problem = "llama at gpu.example can't be reached. Check that it is running."
    STATES["answer"](page, library)
    expect(page.locator(".qa-banner")).to_be_visible()


@state
def editing(page: Page, library: HarbourLibrary) -> None:
    STATES["answer"](page, library)
    page.get_by_role("button", name="Edit").click()


@state
def settings(page: Page, library: HarbourLibrary) -> None:
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(300)


@state
def sources(page: Page, library: HarbourLibrary) -> None:
    page.locator("#qa-header [data-library]").click()
    expect(page.locator(".qa-library-view")).to_be_visible()


@state
def many(page: Page, library: HarbourLibrary) -> None:
    paper = next(iter(library.documents.values()))
    library.documents = library.documents | {
        f"letters/{number:04}.txt": replace(
            paper, path=f"letters/{number:04}.txt", title=f"Letter {number:,} to the harbour master"
        )
        for number in range(1200)
    }
    sources(page, library)
    page.get_by_label("Filter the documents").fill("letter 1,1")
    expect(page.locator(".qa-matches")).to_contain_text("match")


@state
def uploads(page: Page, library: HarbourLibrary) -> None:
    sources(page, library)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").first.click()
    names = ("ferry-timetable.pdf", "site plan.dwg", "empty.txt")
    chooser.value.set_files(
        [
            {"name": name, "mimeType": "", "buffer": b"" if name == "empty.txt" else b"0"}
            for name in names
        ]
    )
    expect(page.locator(".qa-entry", has_text="ferry")).to_contain_text("Indexing, 42%")
    expect(page.locator("#qa-source")).to_contain_text("Not added: it is empty.")


def take(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name in names or STATES:
            for width, size in SIZES.items():
                library = HarbourLibrary()
                with served(library) as address:
                    context = browser.new_context(viewport=size)
                    page = context.new_page()
                    page.goto(address)
                    expect(page.locator(".qa-welcome")).to_be_visible()
                    STATES[name](page, library)
                    for scheme in ("light", "dark"):
                        page.evaluate(
                            "dark => document.body.classList.toggle('dark', dark)",
                            scheme == "dark",
                        )
                        page.wait_for_timeout(400)  # Colours fade.
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where the pictures go")
    parser.add_argument("states", nargs="*", metavar="state", help="; ".join(STATES))
    parser.add_argument(
        "--readme", type=Path, nargs=3, metavar=("PICTURE", "LIBRARY", "ANSWER"), help="instead"
    )
    asked = parser.parse_args()
    for name in set(asked.states) - STATES.keys():
        parser.error(f"there is no state {name}")
    if asked.readme:
        picture, folder, answer_file = asked.readme
        take_for_readme(picture, folder, recorded(answer_file))
    elif asked.folder:
        take(asked.folder, asked.states)
    else:
        parser.error("name a folder for the pictures")


if __name__ == "__main__":
    main()
