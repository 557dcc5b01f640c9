"""Chromium and the served chat, for every test and picture that looks at a page."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import gradio as gr
import pytest
from patience import PATIENCE
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from qa.ui.serving import serve

expect.set_options(timeout=1000 * PATIENCE)

# A reload cuts off what is under way, which Gradio notes as an error; and before it has
# read the page the browser looks for an icon where a proxy may have none.
_EXPECTED = re.compile(
    r"AbortError|(?:Unexpected error )?Connection errored|Failed to load .*:\d+/favicon\.ico$"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window; the test is skipped where there is none, but for CI."""
    found = shutil.which("chromium")
    if found is None:
        message = "Chromium isn't installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def served(library: Any, **options: Any) -> Iterator[str]:
    """The address of the chat over `library`, served until the end."""
    port = free_port()

    async def start() -> gr.Blocks:
        # Within a running loop Gradio makes none of its own, which it would never close.
        return serve(library, port=port, **options)

    with ThreadPoolExecutor(1) as pool:
        blocks = pool.submit(lambda: asyncio.run(start())).result()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        blocks.close(verbose=False)


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A visitor's page, which may neither complain nor ask anybody but its own server."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
    origin = "/".join(address.split("/")[:3])
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    complaints: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        said = f"{line.text} {line.location.get('url', '')}"
        if line.type == "error" and _EXPECTED.match(said) is None:
            complaints.append(said)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    expect(page.locator(".qa-welcome")).to_be_visible()
    yield page
    assert complaints == []
    assert requests
    assert [url for url in requests if not url.startswith((origin, "data:", "blob:"))] == []
    context.close()


def ask(page: Page, question: str) -> None:
    """Write a question and send it."""
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("#qa-live .qa-question")).to_have_text(question)


def answered(page: Page) -> Locator:
    """The latest answer, once it has come."""
    answer = page.locator("#qa-live .qa-turn:not([aria-busy]) .qa-answer")
    expect(answer).to_be_visible()
    return answer


def shown_spans(page: Page) -> list[tuple[int, int, bool]]:
    """The marked spans of the source in code points of the document, with which is current."""
    spans: list[list[Any]] = page.evaluate(
        """() => {
            const text = document.querySelector('.qa-text');
            const first = +document.querySelector('.qa-source-view').dataset.first;
            return [...text.querySelectorAll('mark')].map((mark) => {
                const range = document.createRange();
                range.setStart(text, 0);
                range.setEndBefore(mark);
                const start = first + [...range.toString()].length;
                const now = mark.classList.contains('qa-mark-current');
                return [start, start + [...mark.textContent].length, now];
            });
        }"""
    )
    return [(start, end, now) for start, end, now in spans]
