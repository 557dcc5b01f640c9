"""The page as a whole in a real Chromium: its models, its server, what it lets nobody do."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from browsing import answered, ask, served, visiting
from playwright.sync_api import Browser, Page, expect
from written import EVIL, HOSTILE, QUOTE, TIDES, WrittenLibrary

pytestmark = pytest.mark.browser


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


def test_a_server_that_is_gone_is_told_until_it_is_back(browser: Browser, chat: str) -> None:
    page = browser.new_page()
    page.goto(chat)
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


def test_the_server_refuses_other_hosts_and_files(chat: str) -> None:
    with httpx.Client(base_url=chat, trust_env=False) as client:
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


def test_whoever_says_what_is_written_on_a_button_means_it(page: Page) -> None:
    ask(page, "How high was the tide?")
    answered(page)
    page.get_by_text("passages considered").click()
    misnamed = """() => [...document.querySelectorAll("button[aria-label]")].filter((button) => {
        const plain = (words) => words.toLowerCase().replace(/\\W+/g, " ").trim();
        return !plain(button.ariaLabel).includes(plain(button.innerText));
    }).map((button) => button.outerHTML)"""
    assert page.evaluate(misnamed) == []
    row = page.locator("#qa-live .qa-quotes .qa-row").first
    expect(row).to_have_accessible_name(
        f"Quote 1 {QUOTE} Tides of Ålesund , 1 May 2024 Strong support (0.90)"
    )
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.locator("#qa-header [data-library]").click()
    page.get_by_role("button", name="Remove A long report").click()
    expect(page.get_by_role("status").filter(has_text="Remove?")).to_have_count(1)
