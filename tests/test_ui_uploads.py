"""Where uploads are put: each chat's own, deleted once its process has gone, never before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from patience import PATIENCE

from qa.ui import uploads
from qa.ui.uploads import CLAIMED, delete_uploads, discard_unclaimed, make_uploads

ANOTHER = """
from qa.ui.uploads import make_uploads
print(make_uploads(), flush=True)
input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_is_deleted_and_nothing_else(temporary: Path) -> None:
    others = [temporary / "qa-uploads-new", temporary / "qa-uploads-file", temporary / "qa"]
    others[0].mkdir()
    others[1].touch()
    others[2].mkdir()
    (others[2] / "lock").touch()
    (temporary / "qa-uploads-link").symlink_to(others[2])
    mine = make_uploads()
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "TMPDIR": str(temporary),
            "PYTHONPATH": str(Path(__file__).parents[1]),
        },
    )
    with process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        (theirs / "abc").mkdir()
        (theirs / "abc" / "letter.txt").write_text("Mine.")
        delete_uploads(make_uploads())
        # While they live neither is touched.
        assert (theirs / "abc" / "letter.txt").exists()
        assert mine.exists()
        process.kill()
        process.wait(PATIENCE)
    assert theirs.exists()
    delete_uploads(make_uploads())
    assert not theirs.parent.exists()
    assert mine.exists()
    assert all(other.exists() for other in others)
    assert (others[2] / "lock").exists()
    delete_uploads(mine)
    assert not mine.parent.exists()


def test_another_users_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "getuid"):
        pytest.skip("here folders have no user")
    left = make_uploads()
    uploads._held.pop(left).release()
    (left.parent / "lock").touch()
    user = os.getuid()
    with monkeypatch.context() as other:
        other.setattr(os, "getuid", lambda: user + 1)
        delete_uploads(make_uploads())
        assert left.exists()
    delete_uploads(make_uploads())
    assert not left.parent.exists()


def test_a_folder_that_is_taken_while_it_is_made_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acquire = uploads.FileLock.acquire
    swept: list[Path] = []

    def late(lock: uploads.FileLock, *arguments: object, **options: object) -> object:
        folder = Path(lock.lock_file).parent
        if not swept:
            swept.append(folder)
            folder.rename(folder.with_name("gone"))
            folder.mkdir()
        return acquire(lock, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(uploads.FileLock, "acquire", late)
    made = make_uploads()
    assert swept != [made.parent]
    assert made.is_dir()
    delete_uploads(made)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere folders have no such mode")
def test_nobody_else_can_read_it() -> None:
    made = make_uploads()
    assert made.parent.stat().st_mode & 0o077 == 0
    delete_uploads(made)


def test_of_too_many_uploads_that_nobody_claims_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UNCLAIMED_BYTES", 25)
    now = time.time()
    for age, name in enumerate(("youngest", "younger", "older", "oldest", f"{CLAIMED}x")):
        (tmp_path / "files" / name).mkdir(parents=True)
        (tmp_path / "files" / name / "a.txt").write_bytes(b"x" * 10)
        os.utime(tmp_path / "files" / name, (now - age, now - age))
    discard_unclaimed(tmp_path / "files")
    kept = {folder.name for folder in (tmp_path / "files").iterdir()}
    assert kept == {"youngest", "younger", f"{CLAIMED}x"}
    discard_unclaimed(tmp_path / "nowhere")
