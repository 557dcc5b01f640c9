"""The main path of the chat in Chromium with the real models, as a new user walks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import ask, served, shown_spans, visiting
from patience import eventually
from playwright.sync_api import Browser, Page, expect

from qa import Library, Settings

# It waits for a model that reads its prompts anew after each change of the library: minutes.
pytestmark = [pytest.mark.real, pytest.mark.browser, pytest.mark.slow]

# Far more than an answer takes, for machines that are busy with something else.
MODEL_SECONDS = 600

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
    """A short text, so that what the model reads once for all is soon read."""
    pytest.importorskip("xllamacpp")
    root = tmp_path_factory.mktemp("real") / "papers"
    root.mkdir()
    (root / "lantern.md").write_text("# The lantern\n\nThe lantern on the pier is green.\n")
    # What this machine can do in time isn't what is tested.
    return Library.open(
        root,
        settings=Settings(llm="embedded", generation={"deadline_seconds": 1.0 * MODEL_SECONDS}),
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


# Three questions of the model, since each takes minutes where the machine is busy.
def test_add_ask_check_follow_up_refuse_and_remove(
    browser: Browser, library: Library, tmp_path: Path
) -> None:
    patiently = {"timeout": 1000.0 * MODEL_SECONDS}
    with served(library) as address, visiting(browser, address) as page:
        tide = tmp_path / "tide.md"
        tide.write_text("# Tides\n\nOn 3 May 2023 the tide in Bergen rose by 12 cm.\n")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add files").first.click()
        chooser.value.set_files(tide)
        added = page.locator(".qa-entry", has_text="tide.md")
        expect(added.locator(".qa-state")).to_have_text("Added")

        page.evaluate(WATCH)
        ask(page, "By how much did the tide in Bergen rise?")
        answer = page.locator("#qa-live .qa-turn:not([aria-busy]) .qa-answer")
        expect(answer).to_contain_text("12 cm", **patiently)
        expect(answer).to_contain_text("Machine-checked against 1 quote")
        expect(answer).to_contain_text("Qwen2.5-Coder-1.5B-Instruct")
        assert page.evaluate("window.shown") == ["passages", "draft", "answer"]
        page.keyboard.press("Escape")
        page.locator("#qa-live .qa-chip").first.click()
        expect(page.locator(".qa-source-head .qa-meta")).to_contain_text("tide.md")
        assert_marked(page, library, "rose by 12 cm")

        ask(page, "When did it rise?")
        expect(answer).to_contain_text("3 May 2023", **patiently)
        expect(page.locator("#qa-live .qa-understood")).to_contain_text("Bergen")
        assert_marked(page, library, "On 3 May 2023")

        page.get_by_role("button", name="All documents").click()
        remove = page.get_by_role("button", name="Remove Tides")
        remove.click()
        remove.click()
        expect(page.locator("button.qa-document")).to_have_count(1)
        eventually(lambda: list(library.documents) == ["lantern.md"])
        # What has gone can't be read any more, although its answer is still shown.
        page.locator("#qa-live .qa-chip").first.click()
        expect(page.locator("#qa-source")).to_contain_text("no longer in the library")

        page.get_by_role("button", name="New conversation").click()
        ask(page, "Who is the president of France?")
        refusal = page.locator("#qa-live .qa-not-found")
        expect(refusal).to_contain_text("No answer found in the documents", **patiently)
        expect(refusal).to_contain_text("Closest passages")
        expect(page.locator("#qa-live .qa-chip")).to_have_count(0)
        page.locator("#qa-live .qa-passage").first.click()
        expect(page.locator("#qa-here")).to_be_in_viewport()
