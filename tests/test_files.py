from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.documents import scan_folder
from qa.errors import DocumentError
from qa.folders.files import add_file, safe_name, set_aside

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("given_name", "path"),
    [
        ("tides.txt", "tides.txt"),
        ("sea/tides.txt", "sea/tides.txt"),
        ("../../etc/passwd.txt", "etc/passwd.txt"),
        ("/etc/./cron.d/x.txt", "etc/cron.d/x.txt"),
        ("C:\\papers\\tides.txt", "C_/papers/tides.txt"),
        (".hidden.txt", "hidden.txt"),
        (". .hidden.txt", "hidden.txt"),
        (". .x/a.txt", "x/a.txt"),
        ("..  ./b/~$c.txt", "b/c.txt"),
        ("~$ .~$dir/~a.txt", "dir/~a.txt"),
        ("a. ./b.txt", "a/b.txt"),
        ("a\x00b\u202etxt.txt", "abtxt.txt"),
        ("<b>.txt", "_b_.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("x" * 300 + ".txt", "x" * 116 + ".txt"),
    ],
)
def test_a_name_stays_inside_and_can_be_seen(given_name: str, path: str) -> None:
    assert safe_name(given_name) == path


@pytest.mark.parametrize("name", ["", "..", "/", "a/", " . ", "\x00"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(DocumentError, match="no name for a file"):
        safe_name(name)


@given(st.text() | st.text(alphabet=". ~$/a"))
def test_any_name_is_safe(name: str) -> None:
    try:
        path = safe_name(name)
    except DocumentError:
        return
    parts = PurePosixPath(path).parts
    assert "/".join(parts) == path
    assert 1 <= len(parts) <= 8
    assert not any(part.startswith((".", " ", "~$")) for part in parts)
    assert not any(part.endswith((".", " ")) for part in parts)
    assert not any(unicodedata.category(character)[0] == "C" for character in path)
    assert safe_name(path) == path


def test_a_file_is_added_and_taken_out(write: Write, tmp_path: Path) -> None:
    root, new = write({"a.txt": "One."}), write({"up": "The tide rose."}, "new") / "up"
    assert add_file(root, "sea/tides.txt", new) == "sea/tides.txt"
    assert (root / "sea/tides.txt").read_text() == "The tide rose."
    assert [file.path for file in scan_folder(root).files] == ["a.txt", "sea/tides.txt"]
    assert {path.name for path in root.iterdir()} == {"a.txt", "sea"}
    gone = set_aside(root, "sea/tides.txt", tmp_path / "aside")
    assert gone.read_text() == "The tide rose."
    assert not (root / "sea/tides.txt").exists()
    add_file(root, "sea/tides.txt", new)
    assert set_aside(root, "sea/tides.txt", tmp_path / "aside").name == "tides (2).txt"


def test_nothing_is_overwritten(write: Write) -> None:
    root, new = write({"a.txt": "One."}), write({"up": "Two."}, "new") / "up"
    assert add_file(root, "a.txt", new) == "a (2).txt"
    assert (root / "a.txt").read_text() == "One."
    assert add_file(root, "a.txt", new) == "a (2).txt"
    assert len(list(root.iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", "not a supported format"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"  \n", "holds no text"),
        ("a.txt", b"\x00\x01\x02" * 900, r"a\.txt"),
    ],
)
def test_what_cannot_be_read_is_not_added(
    write: Write, name: str, content: bytes, reason: str
) -> None:
    root = write({"b.txt": "One."})
    with pytest.raises(DocumentError, match=reason):
        add_file(root, name, write({"up": content}, "new") / "up")
    assert [path.name for path in root.iterdir()] == ["b.txt"]


def test_nothing_outside_is_written_or_taken(write: Write, tmp_path: Path) -> None:
    root, outside = write({"a.txt": "One."}), write({"secret.txt": "Two."}, "outside")
    (root / "link").symlink_to(outside)
    with pytest.raises(DocumentError, match="outside"):
        add_file(root, "link/sub/x.txt", root / "a.txt")
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    for path in ("../outside/secret.txt", "link/secret.txt", str(outside / "secret.txt"), "no.txt"):
        with pytest.raises(DocumentError, match="There is no file"):
            set_aside(root, path, tmp_path / "aside")
    assert (outside / "secret.txt").exists()


@pytest.mark.parametrize("name", [". .x/a.txt", "~$x/a.txt", ".~$a.txt", "x/ . y/a.txt"])
def test_what_is_added_is_always_a_document(write: Write, name: str) -> None:
    root = write({"b.txt": "One."})
    path = add_file(root, name, write({"up": "The tide rose."}, "new") / "up")
    assert path in [file.path for file in scan_folder(root).files]


def test_what_the_scan_would_pass_over_is_not_added(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.folders.files.safe_name", lambda name: name)
    root = write({"b.txt": "One."})
    with pytest.raises(DocumentError, match="hidden"):
        add_file(root, ".x/a.txt", write({"up": "The tide rose."}, "new") / "up")
    assert [path.name for path in root.iterdir()] == ["b.txt"]
