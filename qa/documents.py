"""What a library's folder holds, and the canonical form of every text read from it.

Text is normalised here, once: what follows counts its offsets in the code points of
`canonical_text` and never changes a character again. Files are only listed here; `qa.readers` reads
them.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from qa.errors import LibraryNotFoundError

__all__ = [
    "FORMATS",
    "LEAST_LEADING",
    "DocumentFile",
    "FolderScan",
    "SkippedFile",
    "canonical_text",
    "led_entry",
    "plain_line",
    "scan_folder",
]

_SUFFIXES = {
    "text": "txt text log",
    "markdown": "md markdown",
    "rst": "rst",
    "html": "html htm xhtml",
    "pdf": "pdf",
    "docx": "docx docm",
    "pptx": "pptx pptm",
    "xlsx": "xlsx xlsm",
    "csv": "csv tsv",
    "epub": "epub",
    "mail": "eml mbox",
    "json": "json",
    "jsonl": "jsonl ndjson",
    "code": "py pyi js mjs cjs ts jsx tsx java kt kts scala c h cc cpp cxx hpp cs go rs rb php"
    " swift lua pl pm r jl sh bash zsh ps1 sql toml ini cfg yaml yml css scss vue el clj ex exs"
    " erl hs ml fs vb tf proto gradle cmake tex",
}
FORMATS = {
    f".{suffix}": name for name, suffixes in _SUFFIXES.items() for suffix in suffixes.split()
}
"""Suffixes (lower case) of the files that are read, with the name of their format."""

_OTHER_FORMS = {
    ".doc": ".docx",
    ".rtf": ".docx",
    ".odt": ".docx",
    ".pages": ".docx",
    ".ppt": ".pptx",
    ".odp": ".pptx",
    ".key": ".pptx",
    ".xls": ".xlsx",
    ".ods": ".xlsx",
    ".numbers": ".xlsx",
    ".msg": ".eml",
    ".mobi": ".epub",
    ".azw3": ".epub",
    ".djvu": ".pdf",
    ".ps": ".pdf",
}


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file that can be read as a document.

    Parameters
    ----------
    path : str
        Relative to the library's folder, with ``/`` between its parts.
    size : int
        In bytes.
    modified_ns : int
        Time of its last change, in nanoseconds since 1970.
    ctime_ns : int
        When the system last recorded a change of the file or its metadata, which can't be set back;
        on Windows, when it was created. 0 in older indexes.
    """

    path: str
    size: int
    modified_ns: int
    ctime_ns: int = 0


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or folder that isn't read, and why in words for its owner."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FolderScan:
    """What a library's folder holds, each part sorted by path.

    Parameters
    ----------
    root : Path
        The folder, absolute, links resolved.
    files : tuple of DocumentFile
    skipped : tuple of SkippedFile
    """

    root: Path
    files: tuple[DocumentFile, ...]
    skipped: tuple[SkippedFile, ...]


# --- Canonical text ----------------------------------------------------------------

_LINE_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

_BLANK_CONTROLS = {ord("\n"): "\ufffd", ord("\t"): "\ufffd"}

# What can't be seen but hides words from a search or reorders what is read: controls,
# soft hyphen, bidi marks, embeddings and isolates, zero-width space, word joiner,
# invisible operators, byte order mark, interlinear annotation, tags.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

# Joiners shape letters in these scripts (Arabic to Mongolian, without the blocks from
# Georgian to Cherokee; Indic blocks further up) and bind emoji; elsewhere they only hide.
_JOINING = "\u0600-\u109f\u1700-\u1cff\ua800-\uabff\U00010a00-\U00011fff\U0001e900-\U0001e95f"
_EMOJI = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(
    f"(?<![{_JOINING}])\u200c|(?<![{_JOINING}{_EMOJI}])\u200d|(?<=[{_EMOJI}])\u200d(?![{_EMOJI}])"
)
# One variation selector chooses a glyph; further ones in a row, joined or not, can only carry
# hidden data.
_SELECTOR = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BINDING = f"\u200c\u200d{_SELECTOR}"
# From the beginning of a row only: anew from each of its characters would take quadratic time.
_SELECTORS = re.compile(f"(?<![{_BINDING}])[{_BINDING}]*[{_SELECTOR}]")
_MAX_PASSES = 4


def canonical_text(raw: str) -> str:
    r"""Bring a text into the one form that everything after works on.

    Line ends become ``\n``; control characters other than ``\n`` and ``\t`` go, and so
    do format characters that hide or reorder text; joiners stay where a script or an
    emoji needs them. The result is in Unicode's normalization form C (UAX #15).
    Applying it twice changes nothing.

    Parameters
    ----------
    raw : str
        Decoded text.

    Returns
    -------
    str
    """
    text = _LINE_BREAK.sub("\n", raw)
    text = _LONE_SURROGATE.sub("\ufffd", text)
    if text.isascii():
        return _INVISIBLE.sub("", text)
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    # What is removed can part characters that compose or change places, and what composes can
    # change a joiner's neighbour: hence until nothing changes. Only a text made for it takes
    # long; it has no use for joiners.
    for _ in range(_MAX_PASSES):
        before = text
        # A joiner that stood beside what goes with the selectors would be stray the next time.
        text = _SELECTORS.sub(_first_selector, text)
        text = unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))
        if text == before:
            return text
    return unicodedata.normalize("NFC", re.sub("[\u200c\u200d]", "", text))


def _first_selector(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1 : match.start()]
    if not before or before.isspace():
        return ""
    return match[0].lstrip("\u200c\u200d")[0]


_BADGE = re.compile(r"\[!\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])\](?:\([^()]*\)|\[[^\[\]]*\])")
# What dots lead to: a page or a price.
_LED_TO = re.compile(
    r"(?:[^\s\d.\u00b7\u2026]{0,4}\d[\d.,:/\u2013-]*(?:[ \u00a0]?[^\s\d.]{1,4})?|[ivxlc]{1,7})\Z"
)
_LED_TO_CHARACTERS = 24
_LEADING = ".\u00b7\u2026"
LEAST_LEADING = 5
_MAX_LED = 150  # What is longer is a paragraph.


def led_entry(line: str) -> tuple[str, str] | None:
    """Words and number of a line in which dots lead to it: "Coffee ....... 2.50".

    Lists of contents and of prices are written so.

    Returns
    -------
    tuple of (str, str) or None
        None for any other line.
    """
    line = line.rstrip()
    number = _LED_TO.search(line, max(0, len(line) - _LED_TO_CHARACTERS))
    led = line[: number.start()] if number else ""
    words = led.rstrip(f"{_LEADING} \u00a0\t")
    dots = sum(3 if mark == "\u2026" else mark in _LEADING for mark in led[len(words) :])
    if number is None or dots < LEAST_LEADING or len(words) > _MAX_LED:
        return None
    if not any(map(str.isalpha, words)):
        return None
    return words, number.group()


def plain_line(line: str) -> str:
    """Strip a line of Markdown's marks for headings, emphasis, code and links."""
    # Only at the first of its blanks: from each of them anew would take quadratic time.
    plain = re.sub(r"^[ \t]*#{1,6}[ \t]+|(?<![ \t])[ \t]+#+[ \t]*$", "", line)
    # A picture that is a link is a badge, which says nothing of the text it stands beside.
    without = _BADGE.sub("", plain)
    plain = without if without.strip() else _BADGE.sub(r"\1", plain)
    plain = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", plain)
    # Marks that are never closed are many; what they emphasise is short.
    plain = re.sub(r"(\*\*|__|~~|\*|`)(?=\S)([^*`\n]{1,400}?)(?<=\S)\1", r"\2", plain)
    return " ".join(plain.split())


# --- Folders -----------------------------------------------------------------------


def scan_folder(root: Path) -> FolderScan:
    """List a folder's documents, without opening them, in a fixed order.

    Links are followed to files inside the folder only, so that a library never reaches
    beyond it and never runs in circles.

    Parameters
    ----------
    root : Path
        The library's folder.

    Returns
    -------
    FolderScan
        It may hold no file at all.

    Raises
    ------
    LibraryNotFoundError
        When `root` isn't a folder that can be opened.
    """
    given = root.expanduser()
    if given.is_file():
        raise LibraryNotFoundError(
            f"{given} is a file. A library is a folder: give {given.resolve().parent} instead."
        )
    if not given.is_dir():
        raise LibraryNotFoundError(
            f"There is no folder {given}. Check the path, or create it and put documents in."
        )
    folder = given.resolve()
    files: list[DocumentFile] = []
    skipped: list[SkippedFile] = []
    pending = [folder]
    while pending:
        parent = pending.pop()
        try:
            with os.scandir(parent) as entries:
                children = list(entries)
        except OSError as error:
            if parent == folder:
                raise LibraryNotFoundError(
                    f"The folder {given} can't be opened: {error.strerror}. Check who may read it."
                ) from error
            skipped.append(SkippedFile(_relative(parent, folder), _unopened(error)))
            continue
        for entry in children:
            path = _relative(Path(entry.path), folder)
            try:
                found = _look_at(entry, path, folder)
            except OSError as error:
                found = SkippedFile(_displayable(path), _unopened(error))
            if isinstance(found, DocumentFile):
                files.append(found)
            elif isinstance(found, SkippedFile):
                skipped.append(found)
            else:
                pending.append(found)
    return FolderScan(
        folder,
        tuple(sorted(files, key=lambda file: file.path)),
        tuple(sorted(skipped, key=lambda file: file.path)),
    )


def _look_at(entry: os.DirEntry[str], path: str, folder: Path) -> DocumentFile | SkippedFile | Path:
    """Classify an entry: a file to read, something to skip, or a folder to enter."""
    if _displayable(path) != path:
        return SkippedFile(
            _displayable(path),
            "its name isn't valid Unicode or holds invisible characters: rename it",
        )
    # Office programs keep the second sort beside a file that is open.
    if entry.name.startswith((".", "~$")):
        return SkippedFile(path, "hidden")
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.exists():
            return SkippedFile(path, "a link that leads nowhere")
        if not target.is_relative_to(folder):
            return SkippedFile(path, "a link that leads out of the folder")
        if target.is_dir():
            return SkippedFile(path, "a link to a folder: its files are read where they are")
    elif entry.is_dir():
        return Path(entry.path)
    status = entry.stat()
    suffix = Path(entry.name).suffix.lower()
    if not stat.S_ISREG(status.st_mode):
        return SkippedFile(path, "not a regular file (a pipe, socket or device)")
    if suffix not in FORMATS:
        return SkippedFile(path, _unsupported(suffix))
    if status.st_size == 0:
        return SkippedFile(path, "empty")
    return DocumentFile(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _displayable(path: str) -> str:
    """Replace characters of a name that are invalid, invisible or reorder others."""
    shown = path.encode("utf-8", "replace").decode("utf-8")
    return _LINE_BREAK.sub("\ufffd", _INVISIBLE.sub("\ufffd", shown)).translate(_BLANK_CONTROLS)


def _unsupported(suffix: str) -> str:
    if suffix in _OTHER_FORMS:
        return f"{suffix}: not a supported format; save it as {_OTHER_FORMS[suffix]}"
    return f"{suffix or 'no suffix'}: not a supported format"


def _unopened(error: OSError) -> str:
    return f"can't be opened: {error.strerror}"
