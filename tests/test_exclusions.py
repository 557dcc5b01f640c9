from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qa import Library, Settings
from qa.errors import DocumentError
from qa.folders.exclusions import holds_accounts, scan_library
from qa.folders.files import add_file
from qa.ui.accounts import add_account

Write = Callable[..., Path]


def test_our_own_settings_and_accounts_are_no_documents(
    write: Write, fast: Callable[..., Settings]
) -> None:
    root = write({"a.txt": "The tide rose.", "qa.toml": "api_key = 'sk-1'", "sub/qa.toml": "x=1"})
    for name in ("ada", "bob: not"):
        add_account(root / "people.txt", name.partition(":")[0], "the tide rose")
    scan = scan_library(root)
    assert [file.path for file in scan.files] == ["a.txt", "people.txt"]
    library = Library.open(root, settings=fast())
    assert list(library.documents) == ["a.txt"]
    hidden = {file.path for file in library.report.skipped if file.reason == "hidden"}
    assert hidden == {"people.txt", "qa.toml", "sub/qa.toml"}
    # Accounts were looked at, so that they count as seen.
    assert library.changes() == ()


def test_settings_are_not_added_by_readers_of_the_chat(write: Write) -> None:
    root = write({"a.txt": "The tide rose."})
    with pytest.raises(DocumentError, match="can't be added: hidden"):
        add_file(root, "qa.toml", write({"up": "llm = 'x'"}, "new") / "up")
    assert [path.name for path in root.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("ada:scrypt$15$8$3$c2FsdA==$aGFzaA==", True),
        ("# who may sign in\n\nada:scrypt$15$8$3$c2FsdA==$aGFzaA==\n", True),
        ("Each line is like ada:scrypt$15$8$3$c2FsdA==$aGFzaA==\nThat is all.", False),
        ("name: value", False),
        ("# nobody", False),
        ("", False),
    ],
)
def test_accounts_are_told_by_what_they_hold(text: str, held: bool) -> None:
    assert holds_accounts(text) is held
