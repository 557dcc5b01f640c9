"""Nothing on the page moves while an answer comes, as Chromium lays it out frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import answered, ask, served, visiting
from playwright.sync_api import Browser, Page, expect
from written import WrittenLibrary

from qa.types import Event

pytestmark = pytest.mark.browser

# Where the parts of the latest exchange are in each frame, from now on.
WATCH = """(pendingOnly) => {
    const seen = (window.seen = []);
    const parts = {
        question: ".qa-question", understood: ".qa-understood", status: ".qa-verdict",
        words: ".qa-words", passages: ".qa-passage",
    };
    const look = () => {
        const live = document.getElementById("qa-live");
        if (window.seen === seen) requestAnimationFrame(look);
        if (pendingOnly && !live.querySelector("[aria-busy]")) return;
        for (const [part, selector] of Object.entries(parts)) {
            const one = live.querySelector(selector);
            const isSeen = one?.checkVisibility();
            if (isSeen) seen.push([part, Math.round(one.getBoundingClientRect().top)]);
        }
    };
    look();
}"""
SIZES = {"wide": (1280, 800), "phone": (390, 844)}


class AloneLibrary(WrittenLibrary):
    """A question that stands alone is understood as it was asked, a long one at length."""

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        if "alone" in question:
            understood = None
        elif "long" in question:
            understood = "How high was the tide at the fish market, by the tables? " * 4
        return super()._events(question, understood)


def _places(page: Page, question: str, library: WrittenLibrary) -> dict[str, list[int]]:
    """Where each part is while `question` is answered, from when it shows up to the end."""
    library.may_end.clear()
    ask(page, question)
    # How a question was understood may take another line once its answer is there.
    page.evaluate(WATCH, "long" in question)
    if "puzzling" in question:
        expect(page.locator("#qa-live")).to_contain_text("Working out what")
    if "wait" in question:
        # Longer than the room that it begins with.
        page.wait_for_function("document.querySelector('#qa-live .qa-draft')?.offsetHeight > 90")
    # What is there now has been watched when the second frame from now begins.
    page.evaluate(
        "() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
    )
    library.may_end.set()
    answered(page)
    page.wait_for_timeout(100)
    places: dict[str, list[int]] = {}
    for part, top in page.evaluate("() => { const all = seen; seen = null; return all; }"):
        places.setdefault(part, []).append(top)
    return places


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_no_part_of_an_answer_moves_as_it_comes(browser: Browser, size: str) -> None:
    library = AloneLibrary()
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    with served(library) as address, visiting(browser, address, viewport=viewport) as page:
        for question, parts in (
            ("How high? wait", {"question", "status", "words", "passages"}),
            ("Is it puzzling?", {"question", "understood", "status", "words", "passages"}),
            ("Is it alone puzzling?", {"question", "understood", "status", "words", "passages"}),
            ("Is an unknown thing puzzling?", {"understood", "status", "words", "passages"}),
            ("Is a long one puzzling?", {"understood", "status", "words", "passages"}),
        ):
            places = _places(page, question, library)
            assert parts <= places.keys()
            moved = {part: (min(tops), max(tops)) for part, tops in places.items()}
            moved = {part: ends for part, ends in moved.items() if ends[1] - ends[0] > 1}
            assert moved == {}, question
