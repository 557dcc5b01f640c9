"""The source beside the conversation in a real Chromium: opened, stepped through, closed."""

from __future__ import annotations

import pytest
from browsing import answered, ask, shown_spans, visiting
from playwright.sync_api import Browser, Page, expect
from written import FAR, LONG, QUOTE, SECOND, SEEN

pytestmark = pytest.mark.browser


def test_a_click_on_a_citation_opens_the_exact_quote(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    chips = page.locator("#qa-live .qa-chip")
    expect(chips).to_have_count(3)
    chips.nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    assert shown_spans(page) == [
        (SEEN, SEEN + 14, True),
        (SECOND, SECOND + len(QUOTE), False),
    ]
    expect(page.locator("#qa-source h2")).to_have_text("Tides of Ålesund")
    expect(page.locator("#qa-source .qa-meta")).to_contain_text("1 May 2024")
    expect(page.locator("#qa-source .qa-meta")).to_contain_text("sea/tides.txt")
    expect(page.locator("#qa-here")).to_be_in_viewport()
    expect(chips.nth(1)).to_have_attribute("aria-current", "true")


def test_the_first_quote_is_open_when_the_answer_comes(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    expect(page.locator(".qa-position")).to_have_text("1 of 3")
    assert (SECOND, SECOND + len(QUOTE), True) in shown_spans(page)
    expect(page.get_by_label("Your question")).to_be_focused()


def test_keys_step_through_the_quotes_and_close(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    chip = page.locator("#qa-live .qa-chip").first
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".qa-position")).to_have_text("1 of 3")
    page.keyboard.press("n")
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    page.keyboard.press("n")
    expect(page.locator(".qa-position")).to_have_text("3 of 3")
    assert shown_spans(page) == [(FAR, FAR + 28, True)]
    expect(page.locator("#qa-here")).to_be_in_viewport()
    page.keyboard.press("p")
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    page.keyboard.press("Escape")
    expect(page.locator(".qa-position")).to_have_count(0)
    expect(chip).to_be_focused()


def test_a_long_document_shows_more_on_request(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.locator("#qa-live .qa-chip").nth(2).click()
    expect(page.locator("#qa-source h2")).to_have_text("A long report")
    view = page.locator(".qa-source-view")
    before = int(view.get_attribute("data-first") or 0)
    page.get_by_role("button", name="Show what comes before").click()
    expect(view).not_to_have_attribute("data-first", str(before))
    first, last = (int(view.get_attribute(f"data-{edge}") or 0) for edge in ("first", "last"))
    assert first < before
    assert page.locator(".qa-text").text_content() == LONG.text[first:last]


def test_hovering_a_citation_previews_its_quote(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.locator("#qa-live .qa-chip").first.hover()
    preview = page.get_by_role("tooltip")
    expect(preview).to_contain_text(QUOTE)
    expect(preview).to_contain_text("Strong support (0.90): All numbers are in the quote")


def test_a_refusal_shows_closest_passages_that_open(page: Page) -> None:
    ask(page, "Something unknown")
    answer = answered(page)
    expect(answer).to_contain_text("No answer found in the documents")
    expect(answer).to_contain_text("Closest passages")
    page.locator("#qa-live .qa-passage").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    assert (SEEN, SEEN + 14, True) in shown_spans(page)


def test_the_documents_are_listed_and_open(page: Page) -> None:
    page.locator(".qa-document", has_text="A long report").click()
    expect(page.locator("#qa-source h2")).to_have_text("A long report")
    expect(page.locator(".qa-text")).to_contain_text("Line 0 of the — report.")
    page.get_by_role("button", name="All documents").click()
    expect(page.locator(".qa-document")).to_have_count(3)
    expect(page.locator("#qa-header")).to_contain_text("reader (by hand)")


def test_closing_a_document_returns_to_its_row(page: Page) -> None:
    row = page.locator(".qa-document", has_text="A long report")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#qa-source h2")).to_be_focused()
    page.get_by_role("button", name="Close the source").press("Enter")
    expect(row).to_be_focused()


def test_on_a_phone_the_source_covers_the_page_until_closed(browser: Browser, chat: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with visiting(browser, chat, **phone) as page:
        ask(page, "How high was the tide?")
        answered(page)
        source = page.locator("#qa-source")
        expect(source).to_be_hidden()
        page.locator("#qa-live .qa-chip").first.click()
        expect(page.locator("#qa-here")).to_be_in_viewport()
        box = source.bounding_box()
        assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
        page.get_by_role("button", name="Close the source").click()
        expect(source).to_be_hidden()
        page.locator("#qa-live .qa-chip").nth(1).click()
        expect(source).to_be_visible()
        page.go_back()
        expect(source).to_be_hidden()
        expect(page.locator("#qa-live .qa-chip").nth(1)).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
