"""The chat in a real Chromium, over a library whose answers are written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browsing import PATIENCE, answered, ask, eventually, served, shown_spans, visiting
from playwright.sync_api import Browser, Page, expect
from written import EVIL, FAR, HOSTILE, LONG, QUOTE, SECOND, SEEN, TIDES, WrittenLibrary

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def library() -> WrittenLibrary:
    return WrittenLibrary()


@pytest.fixture(scope="module")
def address(library: WrittenLibrary) -> Iterator[str]:
    with served(library) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str, library: WrittenLibrary) -> Iterator[Page]:
    library.may_end.clear()
    with visiting(browser, address) as page:
        yield page
        library.may_end.set()


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


def test_passages_then_draft_then_checked_answer(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-passage")).to_have_count(3)
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose by 12 cm")
    expect(page.locator("#qa-live")).to_contain_text("Not checked yet")
    expect(page.locator("#qa-live .qa-chip")).to_have_count(0)
    top = page.locator("#qa-live .qa-words").bounding_box()
    library.may_end.set()
    answer = answered(page)
    expect(answer).to_contain_text("Answered in part, machine-checked against 3 quotes")
    expect(page.locator("#qa-live .qa-draft")).to_have_count(0)
    settled = page.locator("#qa-live .qa-words").bounding_box()
    assert top is not None
    assert settled is not None
    assert (settled["x"], settled["y"]) == (top["x"] + 13, top["y"])
    page.get_by_text("1 statement left out").click()
    expect(page.get_by_text("“Busan” isn't in the quotes.")).to_be_visible()


def test_a_page_that_waits_long_tells_how_long_and_stays_alive(
    page: Page, library: WrittenLibrary
) -> None:
    ask(page, "How high? wait")
    elapsed = page.locator("#qa-live .qa-elapsed")
    expect(elapsed).to_have_text(re.compile(r"\d+ s"))
    first = elapsed.inner_text()
    expect(elapsed).not_to_have_text(first)
    library.may_end.set()
    expect(answered(page)).to_contain_text("machine-checked")


def test_stop_ends_the_model_and_shows_no_draft(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#qa-live")).to_contain_text("Stopped before the draft was checked")
    assert library.closed.wait(PATIENCE)
    expect(page.locator("#qa-live .qa-draft")).to_have_count(0)
    ask(page, "How high now?")
    expect(answered(page)).to_contain_text("machine-checked")


def test_a_new_conversation_stops_the_old_one(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high? wait")
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".qa-welcome")).to_be_visible()
    assert library.closed.wait(PATIENCE)
    expect(page.locator(".qa-turn")).to_have_count(0)


def test_closing_the_tab_frees_the_model(
    browser: Browser, address: str, library: WrittenLibrary
) -> None:
    library.may_end.clear()
    with visiting(browser, address) as tab:
        ask(tab, "How high? wait")
        expect(tab.locator("#qa-live .qa-draft")).to_contain_text("It rose")
    assert library.closed.wait(PATIENCE)


def test_a_refusal_shows_closest_passages_that_open(page: Page) -> None:
    ask(page, "Something unknown")
    answer = answered(page)
    expect(answer).to_contain_text("Not in the documents")
    expect(answer).to_contain_text("Closest passages")
    page.locator("#qa-live .qa-passage").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    assert (SEEN, SEEN + 14, True) in shown_spans(page)


def test_one_failing_question_does_not_break_the_conversation(
    page: Page, library: WrittenLibrary
) -> None:
    ask(page, "Is it down?")
    expect(answered(page)).to_contain_text("The model at host doesn't answer. Start it again.")
    ask(page, "Is there a fault?")
    answer = answered(page)
    expect(answer).to_contain_text("could not be answered because of a fault in qa")
    expect(answer).not_to_contain_text("secret")
    ask(page, "How high was the tide?")
    expect(answered(page)).to_contain_text("machine-checked")
    assert library.histories[-1] == ()
    expect(page.locator("#qa-past .qa-turn")).to_have_count(2)


def test_a_follow_up_shows_how_it_was_understood(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    ask(page, "And how high?")
    answered(page)
    assert [turn.question for turn in library.histories[-1]] == ["How high was the tide?"]
    expect(page.locator("#qa-live .qa-understood")).to_contain_text("How high was the tide?")


def test_suggestions_ask_and_retry_asks_in_the_same_place(
    page: Page, library: WrittenLibrary
) -> None:
    suggestion = page.locator(".qa-welcome [data-ask]").first
    question = suggestion.inner_text()
    suggestion.click()
    expect(page.locator("#qa-live .qa-question")).to_have_text(question)
    answered(page)
    page.get_by_label("Your question").fill("   ")
    page.get_by_label("Your question").press("Enter")
    library.asked.clear()
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#qa-live .qa-pending")).to_have_count(0)
    eventually(lambda: library.asked == [question])
    answered(page)
    expect(page.locator("#qa-past .qa-turn")).to_have_count(0)
    ask(page, "And how high?")
    answered(page)
    page.locator("#qa-past").get_by_role("button", name="Ask again").click()
    expect(page.locator("#qa-past .qa-turn")).to_have_count(2)
    answered(page)


def test_the_latest_question_is_changed_in_its_place(page: Page, library: WrittenLibrary) -> None:
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
    assert [turn.question for turn in library.histories[-1]] == ["How high was the tide?"]


def test_a_reader_chooses_among_the_models_and_sees_which_is_in_use(browser: Browser) -> None:
    library = WrittenLibrary()
    library.further_models = ("larger at gpu.example",)
    library.problem = "reader can't be reached."
    with served(library) as address, visiting(browser, address) as page:
        header, banner = page.locator("#qa-header"), page.locator(".qa-banner")
        expect(header).to_contain_text("reader (by hand)")
        ask(page, "How high?")
        expect(answered(page)).to_contain_text("Word for word")
        expect(banner).to_contain_text("reader can't be reached.")
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("larger at gpu.example").check()
        expect(header).to_contain_text("larger at gpu.example")
        expect(banner).to_have_count(0)
        page.reload()
        expect(header).to_contain_text("larger at gpu.example")
        ask(page, "How high now?")
        expect(answered(page)).to_contain_text("machine-checked")
        assert library.models == ["larger at gpu.example"]
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("None: quotes only, at once").check()
        expect(header).to_contain_text("No model: answers quote the documents")


def test_the_conversation_and_the_choices_outlast_a_reload(
    page: Page, library: WrittenLibrary
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    ask(page, "And how high?")
    answered(page)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Strict: only what is as good as certain").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Settings")).to_be_focused()
    page.reload()
    expect(page.locator("#qa-live .qa-question")).to_have_text("And how high?")
    expect(page.locator("#qa-past .qa-question")).to_have_text("How high was the tide?")
    page.locator("#qa-live .qa-chip").nth(1).click()
    expect(page.locator(".qa-position")).to_have_text("2 of 3")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Strict: only what is as good as certain")).to_be_checked()
    page.keyboard.press("Escape")
    ask(page, "And when?")
    answered(page)
    assert [turn.question for turn in library.histories[-1]] == [
        "How high was the tide?",
        "And how high?",
    ]
    chosen = library.chosen[-1]
    assert chosen is not None
    assert chosen.verification.threshold > library.settings.verification.threshold
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".qa-welcome")).to_be_visible()
    page.reload()
    expect(page.locator(".qa-welcome")).to_be_visible()
    expect(page.locator(".qa-turn")).to_have_count(0)


def test_earlier_conversations_are_listed_opened_and_deleted(
    page: Page, library: WrittenLibrary
) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.get_by_role("button", name="New conversation").click()
    earlier = page.locator(".qa-earlier .qa-entry")
    expect(earlier).to_have_count(1)
    expect(earlier).to_contain_text("1 question")
    ask(page, "How low?")
    answered(page)
    assert library.histories[-1] == ()
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
    assert [turn.question for turn in library.histories[-1]] == ["How high was the tide?"]
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


def test_a_greeting_is_answered_without_the_model(page: Page, library: WrittenLibrary) -> None:
    library.asked.clear()
    ask(page, "Hi!")
    expect(page.locator("#qa-live .qa-told")).to_contain_text("Hello. Ask about what is written")
    ask(page, "what can you do?")
    expect(page.locator("#qa-live .qa-told")).to_contain_text("n and p step through the quotes")
    expect(page.locator("#qa-live .qa-suggestions button")).to_have_count(2)
    assert library.asked == []
    page.locator("#qa-live .qa-suggestions button").first.click()
    answered(page)
    assert library.histories[-1] == ()


def test_the_answer_is_copied_with_its_references(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#qa-live [data-copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("It rose by 12 cm [1].")
    assert f"[1] “{QUOTE}” — Tides of Ålesund" in copied


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


def test_a_server_that_is_gone_is_told_until_it_is_back(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    expect(page.locator("button.qa-document")).to_have_count(3)
    page.route("**/component_server**", lambda route: route.abort())
    for _ in range(2):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(300)
    expect(page.get_by_role("status", name="Model")).to_contain_text("qa isn’t answering")
    page.unroute("**/component_server**")
    expect(page.locator(".qa-banner")).to_have_count(0)
    page.close()


def test_nothing_untrusted_runs_or_leaves(page: Page) -> None:
    ask(page, EVIL)
    answered(page)
    for chip in page.locator("#qa-live .qa-cite").all():
        if chip.is_visible():
            chip.hover()
            chip.click()
            expect(page.locator(".qa-text")).to_contain_text("One two three.")
    assert page.locator(".qa-text").text_content() == HOSTILE.text
    for details in page.locator("#qa-live summary").all():
        details.click()
    page.get_by_role("button", name="All documents").click()
    expect(page.locator(".qa-document")).to_have_count(3)
    ask(page, "How high was the tide?")
    answered(page)
    assert page.evaluate("window.hit") is None
    ours = ":is(#qa-top, #qa-main, #qa-preview)"
    unwanted = "img, iframe, form, a, link, style, script, object, embed, base, meta"
    assert page.locator(f"{ours} :is({unwanted})").count() == 0


def test_on_a_phone_the_source_covers_the_page_until_closed(browser: Browser, address: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with visiting(browser, address, **phone) as page:
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


def test_two_visitors_do_not_meet(browser: Browser, address: str, library: WrittenLibrary) -> None:
    with visiting(browser, address) as page:
        ask(page, "How high was the tide?")
        answered(page)
    with visiting(browser, address) as page:
        ask(page, "How low?")
        answered(page)
        assert library.histories[-1] == ()


def test_the_server_refuses_other_hosts_and_files(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
        for path in (Path(__file__).resolve(), "/etc/passwd"):
            assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)
        assert client.get("/monitoring").status_code in (403, 404)
        allowed = client.get("/config", headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in allowed.headers


def test_whoever_hears_the_page_is_told_the_same(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Your question", exact=True)).to_be_focused()
    ask(page, "How high was the tide?")
    answered(page)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Settings", expanded=True).focus()
    expect(page.locator("main")).to_match_aria_snapshot(
        f"""
        - button "Settings" [expanded]
        - button "New conversation"
        - group "Settings":
          - radiogroup "Model"
          - radiogroup "Caution":
            - radio "Balanced" [checked]
          - radiogroup "Passages read"
        - region "Conversation":
          - article:
            - heading "How high was the tide?" [level=2]
            - text: It rose by 12 cm
            - 'button "Quote 1, Tides of Ålesund: {QUOTE} Strong support (0.90)"'
            - text: . Nobody saw it
            - list "Quotes":
              - listitem
              - listitem
              - listitem
            - button "Copy"
            - button "Retry"
            - button "Edit"
          - textbox "Your question"
          - button "Ask"
        - complementary "Sources":
          - button "All documents"
          - button "Previous quote" [disabled]
          - text: 1 of 3
          - button "Next quote"
          - button "Close the source"
          - heading "Tides of Ålesund" [level=2]
          - region "Text of the document":
            - mark: Nobody saw it.
            - mark: {QUOTE}
        """
    )
    # Said once, by the one live region that is there before what it says.
    said = page.get_by_role("status").filter(has_text="Answered in part")
    expect(said).to_have_count(1)
    expect(said).to_contain_text("It rose by 12 cm. Nobody saw it.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="All documents").click()
    listed = page.get_by_role("button", name=f"{TIDES.title} 1 May 2024 , {TIDES.path}")
    expect(listed).to_be_visible()
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "textbox", "radio", "link", "checkbox", "combobox")
    nameless = [
        node
        for node in tree
        if not node["ignored"]
        and node["role"]["value"] in roles
        and not node.get("name", {}).get("value", "").strip()
    ]
    assert nameless == []
