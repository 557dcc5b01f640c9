"""Where uploads are put until they are added: a temporary folder for each served chat.

A chat that is killed can't delete its own. Each has a file in it that is locked for as long as
its process lives, whatever happens to it, so that the next chat knows which ones nobody uses any
more.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from qa.readers import MAX_PARSED_BYTES, MAX_TEXT_BYTES

__all__ = ["CLAIMED", "LARGEST_FILE", "delete_uploads", "discard_unclaimed", "make_uploads"]

CLAIMED = "qa-claimed-"
"""How the folders begin in which files wait to be added, beside those of other uploads."""
LARGEST_FILE = max(MAX_TEXT_BYTES, MAX_PARSED_BYTES)
"""In bytes: what is larger is read in no format."""
# How long an upload is kept that nobody has had added, and how much of all such together. The
# page has each added before it sends the next.
UNCLAIMED_SECONDS = 3600.0
UNCLAIMED_BYTES = 8 * LARGEST_FILE

_PREFIX = "qa-uploads-"
_LOCK, _FILES = "lock", "files"
# Kept here, since a lock object that is deleted releases its lock.
_held: dict[Path, FileLock] = {}


def make_uploads() -> Path:
    """Make a folder that nobody else can read; those that dead processes left are deleted.

    Returns
    -------
    Path
        To be handed to `delete_uploads` in the end.
    """
    _sweep()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        made = folder.stat().st_ino
        lock = _lock(folder)
        with suppress(OSError, Timeout):
            lock.acquire()
            # Between the two lines above another chat may have taken it for a dead one's.
            if folder.stat().st_ino == made:
                break
        lock.release()
    files = folder / _FILES
    files.mkdir(mode=0o700)
    _held[files] = lock
    return files


def delete_uploads(files: Path) -> None:
    """Delete a folder of `make_uploads` with all that is in it."""
    shutil.rmtree(files.parent, ignore_errors=True)
    if lock := _held.pop(files, None):
        lock.release()
        # Where an open file can't be deleted.
        shutil.rmtree(files.parent, ignore_errors=True)


def discard_unclaimed(files: Path) -> None:
    """Delete uploads that nobody has had added: their page has gone, or never meant to.

    Parameters
    ----------
    files : Path
        A folder of `make_uploads`.
    """
    found: list[tuple[float, Path, int]] = []
    with suppress(OSError):
        for path in files.iterdir():
            # One that is claimed or added meanwhile is gone.
            with suppress(OSError):
                if not path.name.startswith(CLAIMED):
                    found.append((path.stat().st_mtime, path, _size(path)))
    before = time.time() - UNCLAIMED_SECONDS
    held = 0
    for since, path, size in sorted(found, reverse=True):
        held += size
        if since >= before and held <= UNCLAIMED_BYTES:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            # What was sent of one that broke off.
            with suppress(OSError):
                path.unlink()


def _size(path: Path) -> int:
    within = path.iterdir() if path.is_dir() else (path,)
    return sum(each.stat().st_size for each in within)


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / _LOCK, timeout=0, thread_local=False)


def _sweep() -> None:
    """Delete the folders whose process has gone, of the same user."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):
            # One without a lock is just being made.
            if _is_ours(folder) and (folder / _LOCK).is_file():
                with _lock(folder):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and (
        not hasattr(os, "getuid") or found.st_uid == os.getuid()
    )
