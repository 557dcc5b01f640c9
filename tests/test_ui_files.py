"""Documents in a real Chromium: dropped, listed, found, changed, removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import answered, ask, served, visiting
from doubles import Script
from playwright.sync_api import Browser, expect
from written import WrittenLibrary

from qa import Library, Settings
from qa.llms import ScriptedChatModel

pytestmark = pytest.mark.browser

Write = Callable[..., Path]


def test_documents_are_dropped_asked_about_changed_and_removed(
    browser: Browser, write: Write, fast: Callable[..., Settings], tmp_path: Path
) -> None:
    root = tmp_path / "papers"
    root.mkdir()
    script = Script()
    library = Library.open(root, settings=fast(), llm=ScriptedChatModel(script), may_be_empty=True)
    new = write(
        {
            "tides.txt": "The tide rose by 12 cm in Bergen.",
            "sky/moon.md": "# The moon\n\nIt was late.",
            "photo.exe": b"MZ\x00",
            "empty.txt": b"",
        },
        "new",
    )
    with served(library) as address, visiting(browser, address) as page:
        expect(page.locator(".qa-welcome")).to_contain_text("There is nothing to read in papers")
        with page.expect_file_chooser() as chooser:
            page.locator(".qa-welcome").get_by_role("button", name="Add files").click()
        chooser.value.set_files([new / "tides.txt", new / "photo.exe", new / "empty.txt"])
        tides = page.locator(".qa-entry", has_text="tides.txt")
        expect(tides.locator(".qa-state")).to_have_text("Added")
        expect(page.locator(".qa-entry", has_text="photo.exe")).to_contain_text("not a supported")
        expect(page.locator("#qa-source")).to_contain_text("Not added: it is empty.")
        expect(page.locator("#qa-header")).to_contain_text("1 document")
        page.get_by_role("button", name="Dismiss photo.exe").click()
        expect(page.locator(".qa-entry", has_text="photo.exe")).to_have_count(0)

        script.answer = "12 cm"
        ask(page, "By how much did the tide rise in Bergen?")
        expect(answered(page)).to_contain_text("12 cm")
        expect(page.locator("#qa-here")).to_have_text("The tide rose by 12 cm in Bergen.")

        # A folder, as if dropped: the page makes its paths from what the browser tells.
        page.get_by_role("button", name="All documents").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add a folder").first.click()
        chooser.value.set_files(new / "sky")
        expect(page.locator(".qa-entry", has_text="sky/moon.md")).to_be_visible()

        (root / "tides.txt").write_text("The tide fell by 7 cm in Bergen.")
        expect(page.locator("#qa-news")).to_have_text("tides.txt: changed, and read again.")
        assert "fell" in library.documents["tides.txt"].text
        script.answer = "7 cm"
        ask(page, "By how much did the tide fall in Bergen?")
        expect(answered(page)).to_contain_text("7 cm")

        page.get_by_role("button", name="All documents").click()
        remove = page.get_by_role("button", name="Remove The tide fell")
        remove.click()
        expect(remove).to_contain_text("Remove?")
        remove.click()
        expect(page.locator("#qa-source")).to_contain_text("was taken out of the library")
        expect(page.locator("button.qa-document")).to_have_count(1)
        assert "tides.txt" not in library.documents
        assert not (root / "tides.txt").exists()
        assert [path.read_text() for path in (tmp_path / "home").rglob("removed/**/tides.txt")]


def test_a_dropped_file_is_added(
    browser: Browser, write: Write, fast: Callable[..., Settings]
) -> None:
    library = Library.open(write({"a.txt": "One."}), settings=fast())
    with served(library) as address, visiting(browser, address) as page:
        page.evaluate(
            """() => {
                const data = new DataTransfer();
                data.items.add(new File(["The moon was late."], "moon.txt", {type: "text/plain"}));
                for (const kind of ["dragover", "drop"]) {
                    document.body.dispatchEvent(new DragEvent(kind, {
                        dataTransfer: data, bubbles: true, cancelable: true,
                    }));
                    if (kind === "dragover" && document.getElementById("qa-drop").hidden) {
                        throw new Error("no drop area");
                    }
                }
            }"""
        )
        expect(page.locator(".qa-entry", has_text="moon.txt")).to_contain_text("Added")
        assert library.documents["moon.txt"].text == "The moon was late."


def test_no_file_can_be_read_and_none_but_an_upload_added(
    write: Write, fast: Callable[..., Settings], tmp_path: Path
) -> None:
    library = Library.open(write({"a.txt": "One."}), settings=fast())
    secret = write({"secret.txt": "A secret."}, "private") / "secret.txt"
    with served(library) as address, httpx.Client(base_url=address, trust_env=False) as client:
        config = client.get("/config").json()
        panel = next(
            each for each in config["components"] if each["props"].get("elem_id") == "qa-source"
        )

        def call(name: str, data: Any) -> Any:
            body = {
                "session_hash": "s",
                "component_id": panel["id"],
                "fn_name": name,
                "data": data,
            }
            return client.post("/gradio_api/component_server", json=body).json()

        for path in (str(secret), "/etc/passwd", "../a.txt", "\x00", ""):
            assert call("change", {"add": "x.txt", "path": path}) == (
                "The file didn’t arrive. Add it again."
            )
            assert "isn’t in the library" in call("change", {"remove": path})
            shown = call("open_source", {"document": path})
            assert "A secret." not in shown
            assert "root:" not in shown
        for wish in (None, [], {}, {"add": 1}, {"reindex": "yes"}):
            assert call("change", wish) == "The page asked for something that can’t be done."
        sent = client.post("/gradio_api/upload", files={"files": ("up.txt", b"x" * 50)})
        (upload,) = sent.json()
        assert Path(upload).parents[1].stat().st_mode & 0o077 == 0
        for path in (upload, str(secret), str(library.root / "a.txt")):
            for route in ("/gradio_api/file=", "/file=", "/gradio_api/file/"):
                assert client.get(f"{route}{path}").status_code == 404
        too_large = client.post(
            "/gradio_api/queue/join", content=b"x" * (5 * 2**20), headers={"content-type": "a/b"}
        )
        assert too_large.status_code == 413
    assert sorted(path.name for path in library.root.iterdir()) == ["a.txt"]


def test_a_chat_for_reading_takes_no_uploads() -> None:
    files = {"files": ("up.txt", b"x")}
    with served(WrittenLibrary(), editable=False) as address:
        refused = httpx.post(f"{address}/gradio_api/upload", files=files, trust_env=False)
    assert refused.status_code == 403


def test_each_of_very_many_documents_is_found_opened_and_removed(
    browser: Browser, write: Write, fast: Callable[..., Settings], tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {
        f"box {number // 100}/letter-{number:04}.txt": f"Letter {number:04}\n\nIt is {number}."
        for number in range(1199)
    }
    root = write(files | {"zz/Ångström.txt": "Zuletzt\n\nThe last of all."})
    library = Library.open(root, settings=fast())
    with served(library) as address, visiting(browser, address) as page:
        rows = page.locator(".qa-documents .qa-entry")
        count = page.locator(".qa-matches")
        expect(count).to_contain_text("1,200 files. The first 500 are listed")
        expect(rows).to_have_count(500)
        box = page.get_by_role("searchbox", name="Filter the documents")
        box.press_sequentially("letter-1198")
        expect(rows).to_have_count(1)
        expect(count).to_have_text("1 of 1,200 files match")
        expect(page.get_by_role("status").filter(has_text="1 of 1,200 files match")).to_have_count(
            1
        )
        expect(box).to_be_focused()
        expect(box).to_have_value("letter-1198")
        rows.locator("button.qa-document").click()
        expect(page.locator(".qa-text")).to_contain_text("It is 1198.")
        # The list comes back as it was.
        page.get_by_role("button", name="All documents").click()
        expect(rows).to_have_count(1)
        expect(box).to_have_value("letter-1198")

        (root / "box 11/letter-1198.txt").write_text("Letter 1198\n\nIt was changed.")
        expect(page.locator("#qa-news")).to_contain_text(
            "letter-1198.txt: changed, and read again."
        )
        expect(rows).to_have_count(1)
        rows.hover()
        remove = page.get_by_role("button", name="Remove Letter 1198")
        remove.click()
        remove.click()
        expect(rows).to_have_count(0)
        expect(page.locator("#qa-source")).to_contain_text("No title or file name has all of these")
        assert "box 11/letter-1198.txt" not in library.documents

        # Capitals and accents don't matter, nor the order of words.
        box.fill("angstrom ZZ")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("Zuletzt")
        box.press("Escape")
        expect(box).to_have_value("")
        expect(rows).to_have_count(500)
        box.fill("box 7 letter")
        expect(rows).to_have_count(100 + 11 * 19)
