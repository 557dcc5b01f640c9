from __future__ import annotations

import asyncio
import os
from pathlib import Path

import gradio as gr
from written import WrittenLibrary

from qa.readers import MAX_PARSED_BYTES, MAX_TEXT_BYTES
from qa.ui.app import TURNED_AWAY, WAITING, _Looks, build
from qa.ui.desk import Desk
from qa.ui.serving import LARGEST_UPLOAD
from qa.ui.shelf import Shelf
from qa.ui.talk import Talk
from qa.ui.uploads import CLAIMED, LARGEST_FILE


def test_whoever_comes_to_a_full_line_reaches_it_and_is_told() -> None:
    async def built() -> gr.Blocks:
        # Within a running loop Gradio makes none of its own, which it would never close.
        return build(WrittenLibrary(), at_once=2)

    functions = asyncio.run(built()).fns.values()
    limits = {each.concurrency_limit for each in functions if each.concurrency_id == "answer"}
    assert limits == {WAITING + 2 + TURNED_AWAY}


def test_uploads_that_nobody_claims_are_not_kept(tmp_path: Path) -> None:
    library = WrittenLibrary()
    uploads = tmp_path / "uploads"
    for name in ("old", "young", f"{CLAIMED}old", "wished"):
        (uploads / name).mkdir(parents=True)
        (uploads / name / "b.exe").write_text("x")
        if "old" in name:
            os.utime(uploads / name, (0, 0))
    (uploads / "broken off").write_text("x")
    os.utime(uploads / "broken off", (0, 0))
    desk, shelf = Desk(library), Shelf(library)
    shelf.look = lambda: None  # type: ignore[method-assign]
    looks = _Looks(library, desk, shelf, Talk(library, desk, shelf), uploads)
    looks.look({})
    assert {folder.name for folder in uploads.iterdir()} == {"young", f"{CLAIMED}old", "wished"}
    assert looks.change({"add": "b.exe", "path": str(uploads / "wished" / "b.exe")}) is None
    # What waits to be added is kept however long that takes.
    kept = {folder.name for folder in uploads.iterdir()}
    assert {"young", f"{CLAIMED}old"} <= kept


def test_the_page_knows_how_large_a_file_may_be() -> None:
    async def built() -> gr.Blocks:
        return build(WrittenLibrary())

    config = str(asyncio.run(built()).config)
    assert f"const LARGEST = {LARGEST_FILE};" in config
    # What the reader takes can be sent.
    assert max(MAX_PARSED_BYTES, MAX_TEXT_BYTES) == LARGEST_FILE < LARGEST_UPLOAD
