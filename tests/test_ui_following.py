"""What the page does by itself as answers and documents come and go."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import answered, ask, served, visiting
from playwright.sync_api import Browser, expect
from written import DOCUMENTS, WrittenLibrary

pytestmark = pytest.mark.browser


def test_an_answer_that_is_replaced_takes_its_source_with_it(browser: Browser) -> None:
    library = WrittenLibrary()
    library.may_end.set()
    with served(library) as address, visiting(browser, address) as page:
        ask(page, "How high? wait")
        answered(page)
        expect(page.locator("#qa-here")).to_be_visible()
        library.may_end.clear()
        page.get_by_role("button", name="Retry").click()
        expect(page.locator("#qa-live [aria-busy]")).to_be_visible()
        expect(page.locator("#qa-here")).to_have_count(0)
        library.may_end.set()
        answered(page)
        expect(page.locator("#qa-here")).to_be_visible()


def test_what_to_start_with_follows_the_documents(browser: Browser) -> None:
    library = WrittenLibrary()
    library.documents = {}
    with served(library) as address, visiting(browser, address) as page:
        expect(page.locator(".qa-hello")).to_contain_text("There is nothing to read")
        library.documents = DOCUMENTS
        expect(page.locator(".qa-hello [data-ask]").first).to_have_text("What is this about?")


def test_hidden_files_of_a_chosen_folder_are_left_out(browser: Browser, tmp_path: Path) -> None:
    for name in ("notes.txt", ".secret.txt", ".git/hooks/sample.txt"):
        file = tmp_path / "papers" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("The tide rose.")
    with served(WrittenLibrary()) as address, visiting(browser, address) as page:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add a folder").first.click()
        chooser.value.set_files(tmp_path / "papers")
        # The library by hand takes nothing, and each file that is sent is told.
        expect(page.locator('.qa-entry[data-state="failed"]')).to_have_count(1)
        expect(page.locator('.qa-entry[data-state="failed"]')).to_contain_text("notes.txt")
