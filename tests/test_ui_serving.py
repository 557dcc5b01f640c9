"""The chat as it is served: hostile documents, several people, accounts, a reverse proxy."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import answered, ask, free_port, served, visiting
from doubles import Script
from patience import PATIENCE
from playwright.sync_api import Browser, expect
from written import EACH_PAYLOAD, PAYLOADS, WrittenLibrary, cited, located

from qa import Library, Settings
from qa.documents import SkippedFile
from qa.errors import ServeError
from qa.llms import ScriptedChatModel
from qa.types import Answer, AnswerReady, Claim, DraftText, Event, EvidenceFound
from qa.ui.accounts import add_account, read_accounts
from qa.ui.serving import serve

pytestmark = pytest.mark.browser

Write = Callable[..., Path]


# --- Safety ----------------------------------------------------------------------


GROUPS = {
    "".join(line for line in " ".join(group).splitlines()): group
    for group in (PAYLOADS[start : start + 9] for start in range(0, len(PAYLOADS), 9))
}


class PayloadLibrary(WrittenLibrary):
    """Holds a document for each payload; an answer has a claim, quote and note of each."""

    root = Path("/home/ada/<img src=x onerror=window.hit=1>")
    documents = EACH_PAYLOAD
    files = ()
    model_name = "<img src=//evil.example/m.png onerror=window.hit=1>"
    report = replace(
        WrittenLibrary.report,
        skipped=tuple(SkippedFile(payload, payload) for payload in PAYLOADS),
    )

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        found = [each for each in self.documents.values() if each.title in GROUPS[question]]
        passages = tuple(
            located(number, document, 0, len(document.text))
            for number, document in enumerate(found, 1)
        )
        yield EvidenceFound(question, passages)
        yield DraftText(question)
        claims = [
            Claim(document.title, (number,), 0.9, "supported", document.title)
            for number, document in enumerate(found, 1)
        ]
        dropped = [replace(each, citations=(), verdict="unsupported") for each in claims]
        yield AnswerReady(
            Answer(
                question=question,
                status="partial",
                text=" ".join(f"{each.text} [{number}]" for number, each in enumerate(claims, 1)),
                claims=(*claims, *dropped),
                citations=tuple(
                    cited(number, document, 0, len(document.text))
                    for number, document in enumerate(found, 1)
                ),
                evidence=passages,
                timings={"total": 0.1},
                model=question,
                fingerprint=question,
                standalone_question=question,
                notes=GROUPS[question],
            )
        )


def test_no_payload_runs_or_reaches_out(browser: Browser) -> None:
    assert len(PAYLOADS) >= 60
    with served(PayloadLibrary()) as address, visiting(browser, address) as page:
        expect(page.locator("button.qa-document")).to_have_count(len(PAYLOADS))
        for question, group in GROUPS.items():
            box = page.get_by_label("Your question")
            box.fill(question)
            box.press("Enter")
            expect(page.locator("#qa-live .qa-note")).to_have_count(len(group))
            page.locator("#qa-live .qa-row").nth(len(group) // 2).click()
            expect(page.locator("#qa-here")).to_contain_text("One two three.")
            # A scroll may hide the preview at once; what it holds stays in the page.
            page.locator("#qa-live .qa-chip").first.dispatch_event("mouseover")
            for details in page.locator("#qa-live summary").all():
                details.click()
        page.reload()
        expect(page.locator("#qa-past .qa-turn")).to_have_count(len(GROUPS) - 1)
        page.locator("#qa-header [data-library]").click()
        expect(page.locator(".qa-entry")).to_have_count(2 * len(PAYLOADS))
        assert page.evaluate("window.hit") is None
        ours = ":is(#qa-top, #qa-main, #qa-preview, #qa-banner)"
        unwanted = "img, iframe, form, a, link, style, script, object, embed, base, meta, video"
        assert page.locator(f"{ours} :is({unwanted})").count() == 0


# --- Several people ---


def test_a_second_visitor_waits_sees_where_and_is_answered_when_the_first_leaves(
    browser: Browser,
) -> None:
    library = WrittenLibrary()
    with served(library) as address, visiting(browser, address) as second:
        with visiting(browser, address) as first:
            ask(first, "How high? wait")
            expect(first.locator("#qa-live .qa-draft")).to_contain_text("It rose")
            ask(second, "How low?")
            status = second.locator("#qa-live .qa-verdict")
            expect(status).to_contain_text("one question before yours")
            expect(second.locator("#qa-live .qa-passage")).to_have_count(3)
            # Whoever wants quotes only needn't wait.
        left = time.monotonic()
        assert library.closed.wait(PATIENCE)
        freed = time.monotonic() - left
        expect(answered(second)).to_contain_text("machine-checked")
    assert freed < 2


def test_a_model_that_is_down_is_told_and_its_return_noticed(browser: Browser) -> None:
    library = WrittenLibrary()
    library.problem = "reader can't be reached."
    with served(library) as address, visiting(browser, address) as page:
        ask(page, "How high?")
        expect(answered(page)).to_contain_text("Word for word from the documents")
        expect(page.locator("#qa-banner")).to_contain_text("The language model isn’t answering")
        expect(page.locator("#qa-header")).to_contain_text("isn’t answering")
        library.problem = None
        expect(page.locator(".qa-banner")).to_have_count(0)
        ask(page, "How high now?")
        expect(answered(page)).to_contain_text("machine-checked")


# --- Accounts and addresses ---


def test_nothing_is_served_to_those_who_did_not_sign_in(browser: Browser, tmp_path: Path) -> None:
    add_account(tmp_path / "accounts", "ada", "a secret")
    with served(WrittenLibrary(), auth=read_accounts(tmp_path / "accounts")) as address:
        with httpx.Client(base_url=address, trust_env=False) as client:
            for method, path in (
                ("GET", "/config"),
                ("GET", "/gradio_api/info"),
                ("POST", "/gradio_api/component_server"),
                ("POST", "/gradio_api/call/ask"),
                ("POST", "/gradio_api/queue/join"),
                ("POST", "/gradio_api/upload"),
            ):
                assert client.request(method, path, json={}).status_code == 401, path
            assert "tides" not in client.get("/").text
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(address)
        page.get_by_label("username").fill("ada")
        page.get_by_label("password").fill("a secret")
        page.get_by_role("button", name="Login").click()
        expect(page.locator(".qa-welcome")).to_be_visible()
        ask(page, "How high?")
        answered(page)
        context.close()


@pytest.mark.parametrize("path", ["qa", "//evil.example", "ftp://example.org/qa", "/qa?x"])
def test_a_root_path_that_is_none(path: str) -> None:
    with pytest.raises(ServeError, match="--root-path"):
        serve(WrittenLibrary(), port=free_port(), root_path=path)


class Proxy(BaseHTTPRequestHandler):
    """A reverse proxy that serves the chat under /qa and nothing else."""

    protocol_version = "HTTP/1.1"
    target = 0
    strips = True

    def handle_any(self) -> None:
        if not self.path.startswith("/qa/"):
            self.send_error(404)
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=PATIENCE)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("host", "connection", "accept-encoding")
        }
        headers["X-Forwarded-Host"] = self.headers["Host"]
        headers["X-Forwarded-Proto"] = "http"
        path = self.path.removeprefix("/qa") if self.strips else self.path
        connection.request(self.command, path, self.rfile.read(length), headers)
        reply = connection.getresponse()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while part := reply.read1(65_536):
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            pass
        finally:
            connection.close()
            self.close_connection = True

    do_GET = do_POST = do_HEAD = handle_any  # noqa: N815

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""


@pytest.mark.parametrize("strips", [True, False])
def test_the_chat_works_behind_a_reverse_proxy(
    browser: Browser, write: Write, fast: Callable[..., Settings], strips: bool
) -> None:
    script = Script()
    script.answer = "12 cm"
    library = Library.open(
        write({"tides.txt": "The tide rose by 12 cm in Bergen."}),
        settings=fast(),
        llm=ScriptedChatModel(script),
    )
    with served(library, root_path="/qa") as address:
        handler = type("Bound", (Proxy,), {"target": int(address.split(":")[-1]), "strips": strips})
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        front = f"http://127.0.0.1:{proxy.server_address[1]}/qa/"
        try:
            with visiting(browser, front) as page:
                ask(page, "By how much did the tide rise in Bergen?")
                expect(answered(page)).to_contain_text("12 cm")
                expect(page.locator("#qa-here")).to_be_visible()
                with page.expect_file_chooser() as chooser:
                    page.get_by_role("button", name="All documents").click()
                    page.get_by_role("button", name="Add files").click()
                chooser.value.set_files(write({"moon.txt": "It was late."}, "new") / "moon.txt")
                expect(page.locator(".qa-entry", has_text="moon.txt")).to_contain_text("Added")
        finally:
            proxy.shutdown()
            proxy.server_close()
