from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from browsing import answered, ask, served, visiting
from contrast import faint
from playwright.sync_api import Browser, Page, expect
from written import WrittenLibrary, cited, located

from qa.types import Answer, AnswerReady, Claim, Document, Event, EvidenceFound
from qa.ui.app import asset


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of ``#rrggbb``."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [":root", ".dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "soft") for ground in ("ground", "paper", "raised")),
        *((ink, "hover") for ink in ("ink", "soft")),
        *(("accent", ground) for ground in ("ground", "paper", "raised", "accent-wash")),
        *(("warn", ground) for ground in ("ground", "paper")),
        *(("ink", "mark"), ("soft", "mark"), ("mark-ink", "mark-now"), ("paper", "accent")),
    ],
)
def test_text_stands_out_enough(scheme: str, ink: str, ground: str) -> None:
    css = asset("chat.css")
    colours: dict[str, str] = {}
    for name in (":root", scheme):
        block = css.split(f"{name} {{")[1].split("}")[0]
        colours |= dict(re.findall(r"--qa-([\w-]+): (#[0-9a-f]{6});", block))
    one, two = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (one + 0.05) / (two + 0.05) >= 4.5


HEADER = "---\ntitle: Log\ndate: 2024-05-03\n---\n\n"
SIGNS = Document(
    "log.md",
    "Log",
    f"{HEADER}# Harbour **log**\n\nThe tide **rose** by 12 cm.\n\n## 2 May\n\n"
    "```\nhigh = 12\n```\n\n| Day | cm |\n| --- | --- |\n| 4 | 94 |\n",
    "2024-05-03",
    "0" * 64,
    body_start=len(HEADER),
)
# What may be cited: a header, whole headings with their signs, text with signs in it, code.
CITED = (
    "date: 2024-05-03",
    "# Harbour **log**",
    "tide **rose** by",
    "## 2 May",
    "high = 12",
    "| 4 |",
)


class SignsLibrary(WrittenLibrary):
    documents = {SIGNS.path: SIGNS}  # noqa: RUF012

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        spans = [(SIGNS.text.index(quote), len(quote)) for quote in CITED]
        citations = tuple(
            cited(number, SIGNS, start, start + length)
            for number, (start, length) in enumerate(spans, 1)
        )
        passages = tuple(
            located(number, SIGNS, start, start + length)
            for number, (start, length) in enumerate(spans, 1)
        )
        claims = [Claim(f"{n}.", (n,), 1 - n / 10, "supported", "So it says.") for n in range(1, 7)]
        dropped = Claim("Not so.", (), 0.1, "unsupported", "No quote says it.")
        refused = "unknown" in question
        said = " ".join(f"{n} [{n}]." for n in range(1, 7))
        yield EvidenceFound(None, passages)
        yield AnswerReady(
            Answer(
                question=question,
                status="not_found" if refused else "partial",
                text="The documents don’t say." if refused else said,
                claims=() if refused else (*claims, dropped),
                citations=() if refused else citations,
                evidence=passages,
                timings={"total": 0.5},
                model=self.model_name,
                fingerprint="",
                notes=("The documents disagree.",),
            )
        )


@pytest.fixture(scope="module")
def signs() -> Iterator[str]:
    with served(SignsLibrary()) as address:
        yield address


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_cited_stands_out_enough_in_its_place(
    browser: Browser, signs: str, scheme: Any
) -> None:
    with visiting(browser, signs, color_scheme=scheme) as page:
        ask(page, "What does it say?")
        answered(page)
        for number in range(len(CITED)):
            page.locator("#qa-live .qa-chip").nth(number).click()
            expect(page.locator(".qa-position")).to_have_text(f"{number + 1} of {len(CITED)}")
            expect(page.locator(".qa-mark-current").first).to_be_in_viewport()
            page.mouse.move(0, 0)
            assert faint(page) == []


@pytest.mark.browser
def test_what_is_to_be_known_of_an_answer_is_as_plain_as_it(browser: Browser, signs: str) -> None:
    with visiting(browser, signs) as page:
        ask(page, "What does it say?")
        answer = answered(page)
        note, title = answer.locator("> .qa-note"), answer.locator(".qa-origin").first
        ink = answer.evaluate("answer => getComputedStyle(answer).color")
        expect(note).to_have_css("color", ink)
        expect(note).to_have_css("font-size", "14.5px")
        expect(title).to_have_css("font-size", "13px")
        expect(title).not_to_have_css("color", ink)


def _settings(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()


def _answer(page: Page) -> None:
    ask(page, "What does it say?")
    answered(page)
    for details in page.locator("#qa-live summary").all():
        details.click()


def _preview(page: Page) -> None:
    ask(page, "What does it say?")
    answered(page).locator(".qa-chip").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()


def _refusal(page: Page) -> None:
    ask(page, "Something unknown")
    answered(page)


def _list(page: Page) -> None:
    page.locator("#qa-header [data-library]").click()
    page.locator(".qa-entry").first.hover()


def _told(page: Page) -> None:
    ask(page, "Hi!")
    answered(page)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".qa-earlier")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("act", [_settings, _answer, _preview, _refusal, _list, _told])
def test_whatever_is_in_view_stands_out_enough(
    browser: Browser, signs: str, scheme: Any, act: Callable[[Page], None]
) -> None:
    with visiting(browser, signs, color_scheme=scheme) as page:
        act(page)
        # Colours fade.
        page.wait_for_timeout(400)
        assert faint(page) == []


@pytest.mark.browser
def test_code_reads_from_left_to_right_also_in_a_text_that_does_not(browser: Browser) -> None:
    body = "תקנון הנמל\n\n```\n# תקנון\na = 1\n```\n\nהמים עלו\n"
    library = WrittenLibrary()
    library.documents = {"port.md": replace(SIGNS, path="port.md", text=body, body_start=0)}
    with served(library) as address, visiting(browser, address) as page:
        page.locator("[data-open]").click()
        text = page.locator(".qa-text")
        expect(text).to_have_css("direction", "rtl")
        # Where each line's first character is drawn, from the left and from the top.
        lines = page.evaluate(
            """() => {
                const nodes = document.createTreeWalker(
                    document.querySelector(".qa-text"), NodeFilter.SHOW_TEXT);
                const found = {};
                for (let node; (node = nodes.nextNode()); ) {
                    for (const { index, 0: line } of node.data.matchAll(/.+/g)) {
                        const range = document.createRange();
                        range.setStart(node, index);
                        range.setEnd(node, index + line.length);
                        const { left, right, top } = range.getBoundingClientRect();
                        found[line] = [Math.round(left), Math.round(right), Math.round(top)];
                    }
                }
                return found;
            }"""
        )
        box = text.bounding_box()
        assert box is not None
        left, right = round(box["x"]), round(box["x"] + box["width"])
        for line in ("```", "# תקנון", "a = 1"):
            assert lines[line][0] == left
        assert lines["תקנון הנמל"][1] == lines["המים עלו"][1] == right
        # No line stands empty that isn't: the code's three below it, then one that is.
        tall = lines["a = 1"][2] - lines["# תקנון"][2]
        assert lines["המים עלו"][2] - lines["a = 1"][2] < 4 * tall


@pytest.mark.browser
def test_on_the_narrowest_page_nothing_is_cut_off(browser: Browser, signs: str) -> None:
    with visiting(browser, signs, viewport={"width": 320, "height": 640}) as page:
        _answer(page)
        outside = """() => [...document.querySelectorAll("#qa-top *, #qa-main *, #qa-settings *")]
            .filter((each) => each.checkVisibility() && !each.closest(".qa-hidden"))
            .map((each) => [each.outerHTML.slice(0, 100), each.getBoundingClientRect()])
            .filter(([, { left, right, width }]) => width && (left < 0 || right > 320))"""
        assert page.evaluate(outside) == []
        _settings(page)
        assert page.evaluate(outside) == []
