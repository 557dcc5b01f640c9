"""What a browser keeps, in a real Chromium: over reloads, among tabs, apart for each person."""

from __future__ import annotations

import pytest
from browsing import answered, ask, served
from playwright.sync_api import Browser, Page, expect
from written import WrittenLibrary

pytestmark = pytest.mark.browser


def test_the_conversation_and_the_choices_outlast_a_reload(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    ask(page, "And how high?")
    answered(page)
    page.get_by_role("button", name="Settings").click()
    # At once, however soon the page is reloaded.
    assert page.get_by_label("Strict: only what is nearly certain").evaluate(
        """strict => {
            strict.click();
            return Object.values(localStorage).some((kept) => kept.includes("strict"));
        }"""
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Settings")).to_be_focused()
    page.reload()
    expect(page.locator("#qa-live .qa-question")).to_have_text("And how high?")
    expect(page.locator("#qa-past .qa-question")).to_have_text("How high was the tide?")
    page.locator("#qa-live .qa-chip").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Strict: only what is nearly certain")).to_be_checked()
    page.keyboard.press("Escape")
    ask(page, "And when?")
    answered(page)
    assert [turn.question for turn in written.histories[-1]] == [
        "How high was the tide?",
        "And how high?",
    ]
    chosen = written.chosen[-1]
    assert chosen is not None
    assert chosen.verification.threshold > written.settings.verification.threshold
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".qa-welcome")).to_be_visible()
    page.reload()
    expect(page.locator(".qa-welcome")).to_be_visible()
    expect(page.locator(".qa-turn")).to_have_count(0)


def test_earlier_conversations_are_listed_opened_and_deleted(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.get_by_role("button", name="New conversation").click()
    earlier = page.locator(".qa-earlier .qa-entry")
    expect(earlier).to_have_count(1)
    expect(earlier).to_contain_text("1 question")
    ask(page, "How low?")
    answered(page)
    assert written.histories[-1] == ()
    page.get_by_role("button", name="New conversation").click()
    expect(earlier).to_have_count(2)
    page.reload()
    expect(earlier).to_have_count(2)
    earlier.get_by_role("button", name="How high was the tide?").first.click()
    expect(page.locator("#qa-live .qa-question")).to_have_text("How high was the tide?")
    page.locator("#qa-live .qa-chip").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    ask(page, "And how high?")
    answered(page)
    assert [turn.question for turn in written.histories[-1]] == ["How high was the tide?"]
    page.get_by_role("button", name="New conversation").click()
    expect(earlier.first).to_contain_text("2 questions")
    delete = page.get_by_role("button", name="Delete the conversation How low?")
    delete.click()
    expect(delete).to_contain_text("Delete?")
    delete.click()
    expect(earlier).to_have_count(1)
    page.reload()
    expect(earlier).to_have_count(1)
    expect(earlier).to_contain_text("How high was the tide?")


def test_a_question_under_way_is_not_lost_by_a_reload(page: Page) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    page.reload()
    expect(page.locator("#qa-live .qa-question")).to_have_text("How high? wait")
    expect(page.locator("#qa-live")).to_contain_text("Stopped before the draft was checked")


def test_tabs_share_the_list_and_none_writes_over_another(page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".qa-welcome")).to_be_visible()
    ask(page, "How high was the tide?")
    answered(page)
    # What another tab has kept shows up by itself.
    expect(other.locator(".qa-earlier")).to_contain_text("How high was the tide?")
    ask(other, "How low?")
    answered(other)
    for tab in (page, other):
        tab.get_by_role("button", name="New conversation").click()
        expect(tab.locator(".qa-earlier .qa-entry")).to_have_count(2)
    delete = page.get_by_role("button", name="Delete the conversation How low?")
    delete.click()
    delete.click()
    for tab in (page, other):
        expect(tab.locator(".qa-earlier .qa-entry")).to_have_count(1)
    expect(page.get_by_label("Your question")).to_be_focused()


def test_each_tab_reloads_what_it_had_open(page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".qa-welcome")).to_be_visible()
    for tab, question in ((page, "How high?"), (other, "How low?")):
        ask(tab, question)
        answered(tab)
    for tab, question in ((page, "How high?"), (other, "How low?")):
        tab.reload()
        expect(tab.locator("#qa-live .qa-question")).to_have_text(question)


def test_what_two_tabs_go_on_with_is_kept_as_each_has_it(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".qa-earlier [data-earlier]").click()
    expect(other.locator("#qa-live .qa-question")).to_have_text("How high was the tide?")
    for tab, question in ((other, "And how low?"), (page, "And when?")):
        ask(tab, question)
        answered(tab)
    other.close()
    page.get_by_role("button", name="New conversation").click()
    earlier = page.locator(".qa-earlier [data-earlier]")
    expect(earlier).to_have_count(2)
    for number, question in enumerate(("And when?", "And how low?")):
        earlier.nth(number).click()
        expect(page.locator("#qa-live .qa-question")).to_have_text(question)
        expect(page.locator("#qa-past .qa-turn")).to_have_count(1)
        page.get_by_role("button", name="New conversation").click()
        expect(earlier).to_have_count(2)


def test_each_person_who_signs_in_has_a_list_of_their_own(browser: Browser) -> None:
    accounts = [("ada", "a secret"), ("bob", "another")]
    with served(WrittenLibrary(), auth=accounts) as address:
        context = browser.new_context()
        page = context.new_page()
        earlier = page.locator(".qa-earlier .qa-entry")

        def sign_in(name: str, password: str) -> None:
            context.clear_cookies()
            page.goto(address)
            page.get_by_label("username").fill(name)
            page.get_by_label("password").fill(password)
            page.get_by_role("button", name="Login").click()

        sign_in(*accounts[0])
        expect(page.locator(".qa-welcome")).to_be_visible()
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Strict: only what is nearly certain").check()
        page.keyboard.press("Escape")
        ask(page, "How high was the tide?")
        answered(page)
        sign_in(*accounts[1])
        expect(page.locator(".qa-welcome")).to_be_visible()
        expect(page.locator(".qa-turn")).to_have_count(0)
        ask(page, "How low?")
        answered(page)
        page.get_by_role("button", name="New conversation").click()
        expect(earlier).to_have_count(1)
        expect(earlier).to_contain_text("How low?")
        page.get_by_role("button", name="Settings").click()
        expect(page.get_by_label("Balanced")).to_be_checked()
        sign_in(*accounts[0])
        expect(earlier).to_have_count(1)
        expect(earlier).to_contain_text("How high was the tide?")
        page.get_by_role("button", name="Settings").click()
        expect(page.get_by_label("Strict: only what is nearly certain")).to_be_checked()
        context.close()


def test_where_the_browser_has_no_more_room_the_oldest_goes(page: Page) -> None:
    for question in ("How high?", "How low?"):
        ask(page, question)
        answered(page)
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".qa-earlier")).to_contain_text(question)
    page.evaluate(
        """() => {
            for (let size = 2 ** 22; size > 16; size /= 2) {
                for (let n = 0; n < 3; n += 1) {
                    try { localStorage.setItem(`full-${size}-${n}`, "x".repeat(size)); } catch {}
                }
            }
        }"""
    )
    ask(page, "How far?")
    answered(page)
    page.reload()
    expect(page.locator("#qa-live .qa-question")).to_have_text("How far?")
    page.get_by_role("button", name="New conversation").click()
    earlier = page.locator(".qa-earlier .qa-entry")
    expect(earlier.first).to_contain_text("How far?")
    expect(page.locator(".qa-earlier")).not_to_contain_text("How high?")
