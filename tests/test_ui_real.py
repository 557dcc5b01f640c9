"""The main path of the chat in Chromium with the real models, as a new user walks it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from browsing import answered, ask, eventually, served, shown_spans, visiting
from playwright.sync_api import Browser, Page, expect

from qa import Library, Settings

pytestmark = [pytest.mark.real, pytest.mark.browser]

SEEDS = Path(__file__).parent.parent / "seeds"

# What the live answer has shown, in order; a stage may be too short to be caught looking.
WATCH = """() => {
    window.shown = [];
    const live = document.getElementById('qa-live');
    new MutationObserver(() => {
        const draft = live.querySelector('.qa-draft')?.textContent;
        const stage = live.querySelector('.qa-verdict:not(.qa-busy)') ? 'answer'
            : draft ? 'draft' : live.querySelector('.qa-passage') ? 'passages' : null;
        if (stage && window.shown.at(-1) !== stage) window.shown.push(stage);
    }).observe(live, {childList: true, subtree: true});
}"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A copy of the seeds, which documents can be added to."""
    pytest.importorskip("xllamacpp")
    root = tmp_path_factory.mktemp("real") / "articles"
    shutil.copytree(SEEDS, root)
    # What this machine can do in time isn't what is tested.
    return Library.open(
        root, settings=Settings(llm="embedded", generation={"deadline_seconds": 600.0})
    )


def assert_marked(page: Page, library: Library, words: str) -> None:
    """The quote that is open is marked where it stands, and holds `words`."""
    expect(page.locator("#qa-here")).to_be_in_viewport()
    path = page.locator(".qa-source-view").get_attribute("data-document")
    assert path is not None
    ((start, end),) = [(start, end) for start, end, now in shown_spans(page) if now]
    chip = page.locator("#qa-live .qa-chip[aria-current]").first
    assert chip.get_attribute("data-start") == str(start)
    assert chip.get_attribute("data-end") == str(end)
    quote = library.documents[path].text[start:end]
    assert words in quote
    assert page.locator(".qa-mark-current").all_inner_texts() == [quote]


@pytest.fixture
def article(library: Library) -> str:
    (path,) = library.documents
    return path


def test_ask_check_follow_up_refuse_add_and_remove(
    browser: Browser, library: Library, article: str, tmp_path: Path
) -> None:
    with served(library) as address, visiting(browser, address) as page:
        page.evaluate(WATCH)
        ask(page, "When is the album Right Place, Wrong Person released?")
        expect(page.locator("#qa-live .qa-verdict:not(.qa-busy)")).to_be_visible(timeout=600_000)
        expect(answered(page)).to_contain_text("May 24")
        expect(answered(page)).to_contain_text("Machine-checked against 1 quote")
        expect(answered(page)).to_contain_text("(embedded)")
        assert page.evaluate("window.shown") == ["passages", "draft", "answer"]
        page.keyboard.press("Escape")
        page.locator("#qa-live .qa-chip").first.click()
        expect(page.locator("#qa-source .qa-meta")).to_contain_text(article)
        expect(page.locator("#qa-source .qa-meta")).to_contain_text("11 May 2024")
        assert_marked(page, library, "May 24")

        ask(page, "How many tracks does it have?")
        expect(answered(page)).to_contain_text("eleven", timeout=600_000)
        understood = page.locator("#qa-live .qa-understood")
        expect(understood).to_contain_text("Right Place, Wrong Person")
        assert_marked(page, library, "eleven tracks")

        page.get_by_role("button", name="New conversation").click()
        ask(page, "Who is the president of France?")
        refusal = page.locator("#qa-live .qa-not-found")
        expect(refusal).to_contain_text("Not in the documents", timeout=600_000)
        expect(refusal).to_contain_text("Closest passages")
        expect(page.locator("#qa-live .qa-chip")).to_have_count(0)
        page.locator("#qa-live .qa-passage").first.click()
        expect(page.locator("#qa-here")).to_be_in_viewport()

        tide = tmp_path / "tide.md"
        tide.write_text("# Tides\n\nOn 3 May 2023 the tide in Bergen rose by 12 cm.\n")
        page.get_by_role("button", name="All documents").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add files").click()
        chooser.value.set_files(tide)
        added = page.locator(".qa-entry", has_text="tide.md")
        expect(added.locator(".qa-state")).to_have_text("Added")
        ask(page, "By how much did the tide in Bergen rise?")
        expect(answered(page)).to_contain_text("12 cm", timeout=600_000)
        assert_marked(page, library, "rose by 12 cm")

        page.get_by_role("button", name="All documents").click()
        remove = page.get_by_role("button", name="Remove Tides")
        remove.click()
        remove.click()
        expect(page.locator("button.qa-document")).to_have_count(1)
        eventually(lambda: list(library.documents) == [article])
        # What has gone can't be read any more, although its answer is still shown.
        page.locator("#qa-live .qa-chip").first.click()
        expect(page.locator("#qa-source")).to_contain_text("no longer in the library")
