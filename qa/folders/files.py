"""Add files to a library's folder and take them out; nothing is overwritten or deleted.

What comes in is checked first: a file that couldn't be read as a document isn't added.
What goes out is moved to where its owner finds it again.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
import unicodedata
from pathlib import Path, PurePosixPath

from qa.errors import DocumentError
from qa.folders.exclusions import scan_library
from qa.readers import read_document

__all__ = ["add_file", "safe_name", "set_aside"]

_DEEPEST = 8
_LONGEST_PART = 120
# Not allowed in the names of files on one system or another.
_UNWANTED = frozenset('<>:"\\|?*')
# Beginnings of names that a library ignores, and blanks.
_HIDING = re.compile(r"\A(?:[. ]|~\$)+")


def safe_name(name: str) -> str:
    r"""Make of any string the path of a file inside of a folder.

    Parameters
    ----------
    name : str
        With ``/`` or ``\`` between folders.

    Returns
    -------
    str
        Of one to eight parts, none hidden, none leading upwards, each of at most 120
        characters that can be seen; the suffix is kept.

    Raises
    ------
    DocumentError
        When nothing is left of it.
    """
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/")]
    kept = [part for part in parts if part][-_DEEPEST:]
    if not kept or not parts[-1]:
        raise DocumentError(f"{name[:80]!r} is no name for a file. Rename the file.")
    return "/".join(kept)


def _safe_part(part: str) -> str:
    # What can't be encoded can't be a file's name.
    part = unicodedata.normalize("NFC", part.encode("utf-8", "replace").decode())
    shown = "".join(
        "_" if character in _UNWANTED else character
        for character in part
        if character.isprintable()
    )
    # Each of these marks may stand behind the others, and all of them hide a file.
    path = PurePosixPath(_HIDING.sub("", shown).rstrip(". "))
    suffix = path.suffix[:16]
    stem = path.name[: len(path.name) - len(path.suffix)]
    while len((stem + suffix).encode()) > 2 * _LONGEST_PART or len(stem + suffix) > _LONGEST_PART:
        stem = stem[:-1]
    return (stem + suffix).rstrip(". ")


def add_file(root: Path, name: str, file: Path) -> str:
    """Copy a file into a folder of documents.

    Parameters
    ----------
    root : Path
        The folder.
    name : str
        The file's name there; see `safe_name`.
    file : Path

    Returns
    -------
    str
        Its path in the folder: with a number where the name was taken by another file,
        that of the file which is there where both hold the same.

    Raises
    ------
    DocumentError
        When it can't be read as a document or can't be copied.
    """
    wanted = safe_name(name)
    try:
        # In the folder itself, so that the last step is a rename; hidden, so never indexed.
        with tempfile.TemporaryDirectory(prefix=".qa-", dir=root) as hidden:
            copy = Path(hidden) / wanted
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            # The whole path, since a folder's name can hide what is in it.
            for skipped in scan_library(Path(hidden)).skipped:
                raise DocumentError(f"{wanted} can't be added: {skipped.reason}.")
            read_document(Path(hidden), wanted)
            return _place(root, wanted, copy)
    except OSError as error:
        raise DocumentError(
            f"{wanted} can't be put into {root}: {error.strerror or error}. Check who may write "
            "there, and how much space is left."
        ) from error


def _place(root: Path, wanted: str, copy: Path) -> str:
    path = PurePosixPath(wanted)
    for number in itertools.count(1):
        name = (
            wanted if number == 1 else str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        )
        target = root / name
        if not target.resolve().is_relative_to(root.resolve()):
            raise DocumentError(f"{wanted} would lie outside of the folder. Rename the file.")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Unlike a rename, a link never replaces what is there.
            os.link(copy, target)
        except FileExistsError:
            if target.is_file() and target.read_bytes() == copy.read_bytes():
                return name
            continue
        except OSError:
            if target.exists():
                continue
            shutil.copyfile(copy, target)
        return name
    raise AssertionError("numbers don't end")


def set_aside(root: Path, path: str, aside: Path) -> Path:
    """Move a file out of a folder of documents.

    Parameters
    ----------
    root : Path
        The folder.
    path : str
        Of the file, relative to it.
    aside : Path
        The folder that it goes to; made where needed.

    Returns
    -------
    Path
        Where it is now.

    Raises
    ------
    DocumentError
        When it isn't in the folder or can't be moved.
    """
    folder = root.resolve()
    file = folder / path
    # The link itself is taken out, never what it leads to.
    if not (file.parent.resolve() / file.name).is_relative_to(folder) or not file.is_file():
        raise DocumentError(f"There is no file {path} in {root}. It may be gone already.")
    wanted = PurePosixPath(path)
    try:
        for number in itertools.count(1):
            name = wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}"
            target = aside / wanted.parent / name
            if not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                return Path(shutil.move(file, target))
    except OSError as error:
        raise DocumentError(
            f"{path} can't be moved to {aside}: {error.strerror or error}. Move it by hand."
        ) from error
    raise AssertionError("numbers don't end")
