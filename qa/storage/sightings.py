"""Files whose times changed but not their content, so that they aren't read again each time.

A change of permissions, a move or a touch leaves the index as it is, so what the files
look like now is noted beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from qa.documents import DocumentFile

__all__ = ["load_sightings", "save_sightings"]

_NAME = "seen.json"


def load_sightings(store: Path, generation: str) -> tuple[DocumentFile, ...]:
    """Files that were found to hold what the index has of them, as they were then.

    Parameters
    ----------
    store : Path
        The folder of the library's index.
    generation : str
        The one that they were compared with.

    Returns
    -------
    tuple of DocumentFile
        Empty if that isn't known: they are then compared again.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads((store / _NAME).read_bytes())
        if kept["generation"] == generation:
            return tuple(DocumentFile(**values) for values in kept["files"])
    return ()


def save_sightings(store: Path, generation: str, files: Iterable[DocumentFile]) -> None:
    """Note what files look like now. This only saves time, so a failure is ignored."""
    noted = tuple(files)
    path = store / _NAME
    with suppress(OSError):
        if not noted:
            path.unlink(missing_ok=True)
        elif noted != load_sightings(store, generation):
            kept = {"generation": generation, "files": [asdict(file) for file in noted]}
            temporary = path.with_suffix(".new")
            temporary.write_text(json.dumps(kept), "utf-8")
            os.replace(temporary, path)
