"""Where uploads are put until they are added: a temporary folder for each served chat.

A chat that is killed can't delete its own. Each has a file in it that is locked for as long as
its process lives, whatever happens to it, so that the next chat can tell what nobody uses any
more.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["delete_uploads", "make_uploads"]

_PREFIX = "qa-uploads-"
_LOCK, _FILES = "lock", "files"
# A lock that is let go of is free.
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
