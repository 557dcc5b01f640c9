"""Take a picture of each state of the chat, at three widths, light and dark, to be looked at.

Usage: ``python tests/screenshots.py FOLDER [STATE ...]``
"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from written import WrittenLibrary

from qa.ui.serving import serve

WIDTHS = {"wide": (1600, 1000), "laptop": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def ask(page: Page, question: str, *, settled: bool = True) -> None:
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("#qa-live .qa-question")).to_have_text(question)
    if settled:
        expect(page.locator("#qa-live .qa-turn:not([aria-busy]) .qa-answer")).to_be_visible()


def answer(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")


def conversation(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    ask(page, "And how high?")
    page.get_by_text("1 statement left out").last.click()


def source(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    page.locator("#qa-live .qa-chip").nth(1).click()
    expect(page.locator("#qa-here")).to_be_visible()


def preview(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    page.locator("#qa-live .qa-chip").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()


def refusal(page: Page, library: WrittenLibrary) -> None:
    ask(page, "Something unknown")


def greeting(page: Page, library: WrittenLibrary) -> None:
    ask(page, "Hello!")


def streaming(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high? wait", settled=False)
    expect(page.locator("#qa-live .qa-draft")).to_contain_text("It rose")


def failure(page: Page, library: WrittenLibrary) -> None:
    ask(page, "Is there a fault?")


def banner(page: Page, library: WrittenLibrary) -> None:
    library.problem = "reader can't be reached. Check that it is running."
    ask(page, "How high was the tide?")
    expect(page.locator(".qa-banner")).to_be_visible(timeout=20_000)


def settings(page: Page, library: WrittenLibrary) -> None:
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(300)


def editing(page: Page, library: WrittenLibrary) -> None:
    ask(page, "How high was the tide?")
    page.get_by_role("button", name="Edit").click()


def sources(page: Page, library: WrittenLibrary) -> None:
    page.locator("#qa-header [data-library]").click()
    expect(page.locator(".qa-library-view")).to_be_visible()


def welcome(page: Page, library: WrittenLibrary) -> None:
    pass


STATES: dict[str, Callable[[Page, WrittenLibrary], None]] = {
    state.__name__: state
    for state in (
        *(welcome, answer, conversation, source, preview, refusal, greeting, streaming),
        *(failure, settings, editing, sources, banner),
    )
}


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    library = WrittenLibrary()
    blocks = serve(library, port=port)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for width, (x, y) in WIDTHS.items():
            for scheme in SCHEMES:
                for name in names or STATES:
                    library.may_end.clear()
                    library.problem = None
                    context = browser.new_context(
                        viewport={"width": x, "height": y}, color_scheme=scheme
                    )
                    page = context.new_page()
                    page.goto(f"http://127.0.0.1:{port}")
                    expect(page.locator(".qa-welcome")).to_be_visible(timeout=60_000)
                    STATES[name](page, library)
                    page.wait_for_timeout(150)
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
                    library.may_end.set()
                    context.close()
        browser.close()
    blocks.close(verbose=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
