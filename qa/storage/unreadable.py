"""Files that took too much time or memory to be read, so that they aren't tried again unchanged."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from qa.documents import DocumentFile
from qa.readers import READER_VERSION

__all__ = ["load_unreadable", "save_unreadable"]

_NAME = "refused.json"


def load_unreadable(store: Path) -> dict[DocumentFile, str]:
    """Load the files that were given up on, with the reasons; empty if that isn't known.

    Parameters
    ----------
    store : Path
        The folder of the library's index.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads((store / _NAME).read_bytes())
        if kept["reader"] == READER_VERSION:
            return {DocumentFile(**values): str(reason) for values, reason in kept["files"]}
    return {}


def save_unreadable(store: Path, refused: Mapping[DocumentFile, str]) -> None:
    """Remember the files that were given up on. This only saves time, so a failure is ignored."""
    if refused == load_unreadable(store):
        return
    path = store / _NAME
    with suppress(OSError):
        if not refused:
            path.unlink(missing_ok=True)
            return
        files = [[asdict(file), reason] for file, reason in refused.items()]
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps({"reader": READER_VERSION, "files": files}), "utf-8")
        os.replace(temporary, path)
