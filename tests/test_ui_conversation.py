"""A conversation in a real Chromium: asked, streamed, stopped, changed, copied."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from browsing import answered, ask, served, visiting
from patience import PATIENCE, eventually
from playwright.sync_api import Browser, Page, expect
from written import QUOTE, WrittenLibrary

from qa.ui import talk

pytestmark = pytest.mark.browser


def test_passages_then_draft_then_checked_answer(page: Page, written: WrittenLibrary) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-passage")).to_have_count(3)
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose by 12 cm")
    expect(page.locator("#qa-live")).to_contain_text("Not checked yet")
    expect(page.locator("#qa-live .qa-chip")).to_have_count(0)
    top = page.locator("#qa-live .qa-words").bounding_box()
    written.may_end.set()
    answer = answered(page)
    expect(answer).to_contain_text("Answered in part, machine-checked: 3 quotes")
    expect(page.locator("#qa-live .qa-draft")).to_have_count(0)
    settled = page.locator("#qa-live .qa-words").bounding_box()
    assert top is not None
    assert settled is not None
    assert (settled["x"], settled["y"]) == (top["x"] + 13, top["y"])
    page.get_by_text("1 statement left out").click()
    expect(page.get_by_text("“Busan” isn't in the quotes.")).to_be_visible()


def test_a_page_that_waits_long_tells_how_long_and_stays_alive(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "How high? wait")
    elapsed = page.locator("#qa-live .qa-elapsed")
    expect(elapsed).to_have_text(re.compile(r"\d+ s"))
    first = elapsed.inner_text()
    expect(elapsed).not_to_have_text(first)
    written.may_end.set()
    expect(answered(page)).to_contain_text("machine-checked")


def test_stop_ends_the_model_and_shows_no_draft(page: Page, written: WrittenLibrary) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.locator("#qa-live")).to_contain_text("Stopped before the draft was checked")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_focused()
    assert written.closed.wait(PATIENCE)
    expect(page.locator("#qa-live .qa-draft")).to_have_count(0)
    ask(page, "How high now?")
    expect(answered(page)).to_contain_text("machine-checked")


def test_a_new_conversation_stops_the_old_one(page: Page, written: WrittenLibrary) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".qa-welcome")).to_be_visible()
    assert written.closed.wait(PATIENCE)
    expect(page.locator(".qa-turn")).to_have_count(0)


def test_closing_the_tab_frees_the_model(
    browser: Browser, chat: str, written: WrittenLibrary
) -> None:
    written.may_end.clear()
    with visiting(browser, chat) as tab:
        ask(tab, "How high? wait")
        expect(tab.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    assert written.closed.wait(PATIENCE)


def test_one_failing_question_does_not_break_the_conversation(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "Is it down?")
    expect(answered(page)).to_contain_text("The model at host doesn't answer. Start it again.")
    ask(page, "Is there a fault?")
    answer = answered(page)
    expect(answer).to_contain_text("could not be answered because of a fault in qa")
    expect(answer).not_to_contain_text("secret")
    ask(page, "How high was the tide?")
    expect(answered(page)).to_contain_text("machine-checked")
    assert written.histories[-1] == ()
    expect(page.locator("#qa-past .qa-turn")).to_have_count(2)


def test_a_follow_up_shows_how_it_was_understood(page: Page, written: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    ask(page, "And how high?")
    answered(page)
    assert [turn.question for turn in written.histories[-1]] == ["How high was the tide?"]
    expect(page.locator("#qa-live .qa-understood")).to_contain_text("How high was the tide?")


def test_suggestions_ask_and_retry_asks_in_the_same_place(
    page: Page, written: WrittenLibrary
) -> None:
    suggestion = page.locator(".qa-welcome [data-ask]").first
    question = suggestion.inner_text()
    suggestion.click()
    expect(page.locator("#qa-live .qa-question")).to_have_text(question)
    answered(page)
    page.get_by_label("Your question").fill("   ")
    page.get_by_label("Your question").press("Enter")
    written.asked.clear()
    # Else the answer before would pass for the one that is on its way.
    page.locator("#qa-live .qa-turn").evaluate("turn => { turn.id = 'before'; }")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#before")).to_have_count(0)
    answered(page)
    eventually(lambda: written.asked == [question])
    expect(page.locator("#qa-past .qa-turn")).to_have_count(0)
    ask(page, "And how high?")
    answered(page)
    page.locator("#qa-past").get_by_role("button", name="Ask again").click()
    expect(page.locator("#qa-past .qa-turn")).to_have_count(2)
    answered(page)


def test_the_latest_question_is_changed_in_its_place(page: Page, written: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    ask(page, "And when?")
    answered(page)
    page.get_by_role("button", name="Edit").click()
    field = page.get_by_label("Change the question")
    expect(field).to_be_focused()
    expect(field).to_have_value("And when?")
    field.press("Escape")
    expect(page.get_by_role("button", name="Edit")).to_be_focused()
    expect(page.locator("#qa-live .qa-question")).to_have_text("And when?")
    page.get_by_role("button", name="Edit").click()
    field.fill("And where?")
    field.press("Enter")
    expect(page.locator("#qa-live .qa-question")).to_have_text("And where?")
    answered(page)
    expect(page.locator("#qa-past .qa-turn")).to_have_count(1)
    assert [turn.question for turn in written.histories[-1]] == ["How high was the tide?"]


def test_a_greeting_is_answered_without_the_model(page: Page, written: WrittenLibrary) -> None:
    written.asked.clear()
    ask(page, "Hi!")
    expect(page.locator("#qa-live .qa-told")).to_contain_text("Hello. Ask about what is written")
    ask(page, "what can you do?")
    expect(page.locator("#qa-live .qa-told")).to_contain_text("n and p step through the quotes")
    expect(page.locator("#qa-live .qa-suggestions button")).to_have_count(2)
    assert written.asked == []
    page.locator("#qa-live .qa-suggestions button").first.click()
    expect(page.locator("#qa-past .qa-turn")).to_have_count(2)
    answered(page)
    assert written.histories[-1] == ()


def test_the_answer_is_copied_with_its_references(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#qa-live [data-copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("It rose by 12 cm [1].")
    assert f"[1] “{QUOTE}” — Tides of Ålesund" in copied


def test_two_visitors_do_not_meet(browser: Browser, chat: str, written: WrittenLibrary) -> None:
    with visiting(browser, chat) as page:
        ask(page, "How high was the tide?")
        answered(page)
    with visiting(browser, chat) as page:
        ask(page, "How low?")
        answered(page)
        assert written.histories[-1] == ()


def test_a_follow_up_shows_passages_before_it_is_understood(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    ask(page, "And how puzzling?")
    expect(page.locator("#qa-live .qa-passage")).to_have_count(2)
    expect(page.locator("#qa-live .qa-verdict")).to_contain_text("what the question refers to")
    expect(page.locator("#qa-live .qa-understood")).to_have_text("Understood as")
    written.may_end.set()
    answered(page)
    expect(page.locator("#qa-live .qa-understood")).to_contain_text("How high was the tide?")


# --- What is being written ------------------------------------------------------------


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """While it is closed, no conversation begins: the server is slow."""
    gate = threading.Event()
    gate.set()
    make = talk.hello_html

    def made(*arguments: Any, **options: Any) -> str:
        gate.wait(PATIENCE)
        return make(*arguments, **options)

    monkeypatch.setattr(talk, "hello_html", made)
    yield gate
    gate.set()


def test_what_is_written_while_a_conversation_begins_stays(
    page: Page, gate: threading.Event
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    gate.clear()
    page.get_by_role("button", name="New conversation").click()
    box = page.get_by_label("Your question")
    expect(box).to_be_focused()
    page.keyboard.type("How low")
    gate.set()
    expect(page.locator(".qa-welcome")).to_be_visible()
    expect(box).to_have_value("How low")


@pytest.mark.parametrize("send", ["Enter", "Ask"])
def test_what_is_sent_while_a_conversation_begins_is_asked_in_it(
    page: Page, gate: threading.Event, written: WrittenLibrary, send: str
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    gate.clear()
    page.get_by_role("button", name="New conversation").click()
    page.keyboard.type("How low?")
    if send == "Ask":
        page.get_by_role("button", name="Ask", exact=True).click()
    else:
        page.keyboard.press("Enter")
    gate.set()
    expect(page.locator("#qa-live .qa-question")).to_have_text("How low?")
    answered(page)
    expect(page.locator("#qa-past .qa-turn")).to_have_count(0)
    assert written.histories[-1] == ()
    expect(page.get_by_label("Your question")).to_have_value("")


@pytest.fixture
def lingering(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Until it is set, no answer's event ends, though the answer is shown."""
    may_end = threading.Event()
    answered = talk.Talk._answered

    def linger(*arguments: Any) -> Iterator[list[Any]]:
        yield from answered(*arguments)
        may_end.wait(PATIENCE)

    monkeypatch.setattr(talk.Talk, "_answered", linger)
    return may_end


def test_the_next_question_need_not_wait_for_the_end_of_the_event_before(
    browser: Browser, lingering: threading.Event
) -> None:
    with served(WrittenLibrary()) as address, visiting(browser, address) as page:
        ask(page, "How high was the tide?")
        answered(page)
        ask(page, "And in June?")
        answered(page)
        lingering.set()


def test_a_question_is_asked_once_however_often_it_is_sent(
    page: Page, written: WrittenLibrary
) -> None:
    before = len(written.histories)
    page.get_by_label("Your question").fill("How high? wait")
    page.get_by_role("button", name="Ask", exact=True).dblclick()
    for _ in range(2):
        expect(page.locator("#qa-live [aria-busy] .qa-question")).to_have_text("How high? wait")
        written.may_end.set()
        answered(page)
        written.may_end.clear()
        page.get_by_role("button", name="Retry").dblclick()
    written.may_end.set()
    answered(page)
    page.wait_for_timeout(500)
    assert len(written.histories) == before + 3


def test_what_is_written_after_a_question_was_sent_stays(page: Page) -> None:
    page.get_by_label("Your question").focus()
    page.keyboard.type("How high? wait")
    page.keyboard.press("Enter")
    page.keyboard.type("And low")
    expect(page.locator("#qa-live .qa-question")).to_have_text("How high? wait")
    expect(page.get_by_label("Your question")).to_have_value("And low")


def test_a_suggestion_that_is_asked_leaves_what_was_being_written(page: Page) -> None:
    page.get_by_label("Your question").fill("How low")
    page.locator(".qa-welcome [data-ask]").first.click()
    answered(page)
    expect(page.get_by_label("Your question")).to_have_value("How low")


def test_what_is_written_while_an_answer_comes_waits_for_it(
    page: Page, written: WrittenLibrary
) -> None:
    ask(page, "How high? wait")
    page.keyboard.type("And low?")
    page.keyboard.press("Enter")
    written.may_end.set()
    expect(answered(page)).to_contain_text("machine-checked")
    box = page.get_by_label("Your question")
    expect(box).to_have_value("And low?")
    box.press("Enter")
    expect(page.locator("#qa-live .qa-question")).to_have_text("And low?")
    answered(page)
    expect(box).to_have_value("")


def test_a_question_that_nobody_takes_up_comes_back(browser: Browser, chat: str) -> None:
    page = browser.new_page()
    page.goto(chat)
    expect(page.locator(".qa-welcome")).to_be_visible()
    page.route("**/gradio_api/**", lambda route: route.abort())
    box = page.get_by_label("Your question")
    box.fill("How high?")
    box.press("Enter")
    expect(box).to_have_value("")
    page.keyboard.type("And low?")
    for _ in range(2):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(300)
    expect(box).to_have_value("How high? And low?")
    page.close()
