"""Files to Documents: one canonical text for each file, with its title, date and hash.

Text is normalised here, once: what follows counts its offsets in the code points of
`canonical_text` and never changes a character again. Title and date are read from
what the file says about itself, by rules that know no particular collection.
"""

from __future__ import annotations

import codecs
import datetime
import hashlib
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml
from charset_normalizer import from_bytes

from qa.errors import DocumentError, LibraryNotFoundError
from qa.types import Document

__all__ = [
    "DocumentFile",
    "FolderScan",
    "SkippedFile",
    "canonical_text",
    "plain_line",
    "read_document",
    "scan_folder",
]

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
SUFFIXES = frozenset({".txt", ".text"}) | MARKDOWN_SUFFIXES
MAX_FILE_BYTES = 64 * 2**20


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
    """

    path: str
    size: int
    modified_ns: int


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
# One variation selector chooses a glyph; further ones in a row can only carry hidden data.
_SELECTOR = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SELECTORS = re.compile(f"[{_SELECTOR}]+")


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
    # What is removed can part characters that compose, and what composes can change a
    # joiner's neighbour: hence both before and after.
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    text = _SELECTORS.sub(_first_selector, text)
    return unicodedata.normalize("NFC", text)


def _first_selector(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1 : match.start()]
    return match[0][0] if before and not before.isspace() else ""


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
    """Tell a file to read, something to skip, or a folder to enter."""
    if _displayable(path) != path:
        return SkippedFile(_displayable(path), "its name isn't valid Unicode: rename it")
    if entry.name.startswith("."):
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
    if suffix not in SUFFIXES:
        return SkippedFile(
            path,
            f"{suffix or 'no suffix'}: not a supported format ({', '.join(sorted(SUFFIXES))})",
        )
    if status.st_size == 0:
        return SkippedFile(path, "empty")
    return DocumentFile(path, status.st_size, status.st_mtime_ns)


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _displayable(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")


def _unopened(error: OSError) -> str:
    return f"can't be opened: {error.strerror}"


# --- Reading -----------------------------------------------------------------------


def read_document(root: Path, path: str) -> Document:
    """Read one file of a library.

    Parameters
    ----------
    root : Path
        The library's folder.
    path : str
        Relative to it, with ``/`` between its parts.

    Returns
    -------
    Document

    Raises
    ------
    DocumentError
        When the file is gone, outside the folder, too large, binary, blank, or in an
        encoding that can't be told.
    """
    data = _read_bytes(root, path)
    text = canonical_text(_decode(data, path))
    if not text.strip():
        raise DocumentError(f"{path} holds no text. Remove it or fill it.")
    markdown = Path(path).suffix.lower() in MARKDOWN_SUFFIXES
    header = _read_header(text)
    return Document(
        path=path,
        title=header.title
        or _title_of_body(text[header.end :], markdown=markdown)
        or Path(path).stem,
        text=text,
        date=header.date,
        content_hash=hashlib.sha256(data).hexdigest(),
        body_start=header.end,
    )


def _read_bytes(root: Path, path: str) -> bytes:
    folder = root.expanduser().resolve()
    try:
        file = (folder / path).resolve()
        if not file.is_relative_to(folder):
            raise DocumentError(f"{path} lies outside of the library {folder}. Move it inside.")
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError(f"{path} isn't a regular file. Remove it from the library.")
        if status.st_size > MAX_FILE_BYTES:
            raise DocumentError(
                f"{path} has {status.st_size / 2**20:.0f} MiB; the limit is "
                f"{MAX_FILE_BYTES // 2**20} MiB. Split it into smaller files."
            )
        return file.read_bytes()
    except FileNotFoundError as error:
        raise DocumentError(f"{path} is no longer there. Put it back or index again.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"{path} can't be read: {reason}. Check the file.") from error


_BYTE_ORDER_MARKS = (
    # UTF-32's little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL_BYTES = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r\x1a\x1b"))
_MAX_CONTROL_SHARE = 0.005
_DETECTION_BYTES = 2**16


def _decode(data: bytes, path: str) -> str:
    """Decode a file's bytes: by their mark, as UTF-8, as UTF-16, else by likelihood."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise DocumentError(
                    f"{path} is marked as {encoding.removesuffix('-sig').upper()} but isn't: "
                    f"{error.reason} at byte {error.start}. Save it again as UTF-8."
                ) from error
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if controls:
        text = _decode_unmarked_utf16(data)
        if text is not None:
            return text
    if data.startswith(b"%PDF-") or controls > _MAX_CONTROL_SHARE * len(data):
        raise DocumentError(
            f"{path} looks binary, not like text. Remove it, or save its text as UTF-8."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = _decode_legacy(data)
    if text is None:
        raise DocumentError(f"{path} is in an encoding that can't be told. Save it again as UTF-8.")
    return text


def _decode_unmarked_utf16(data: bytes) -> str | None:
    """Decode bytes that look like UTF-16 without a mark, in the order that has spaces."""
    if len(data) % 2:
        return None
    best: tuple[int, str] | None = None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:10_000]
        blanks = sum(map(sample.count, " \n。，、"))
        strange = sum(
            unicodedata.category(character) in {"Cc", "Cn", "Co"} and character not in "\t\n\r"
            for character in sample
        )
        plausible = blanks * 100 >= len(sample) and strange <= _MAX_CONTROL_SHARE * len(sample)
        if plausible and (best is None or blanks > best[0]):
            best = blanks, text
    return best[1] if best else None


_WESTERN_LETTERS = frozenset("àâäãåáæçèêëéìîïíñòôöõóøœùûüúßÀÂÄÃÅÁÆÇÈÊËÉÌÎÏÍÑÒÔÖÕÓØŒÙÛÜÚªº")
_WESTERN_MARKS = frozenset("\u00a0“”‘’‚„«»‹›–—…•·¡¿§¶©®™°±²³¹½¼¾×÷€£¥¢†‡´")


def _decode_legacy(data: bytes) -> str | None:
    """Decode text from before Unicode: as Western where it can be, else as detected."""
    telling: list[bytes] = []
    size = 0
    for line in data.splitlines():
        if not line.isascii():
            telling.append(line)
            size += len(line)
            if size > _DETECTION_BYTES:
                break
    sample = b"\n".join(telling)
    # A detector of many encodings takes short Western text for Central European too
    # readily, so what reads as Western without a strange character is Western.
    encoding = "cp1252" if _reads_as_western(sample) else None
    if encoding is None:
        match = from_bytes(sample).best()
        encoding = match.encoding if match else None
    try:
        return data.decode(encoding) if encoding else None
    except UnicodeDecodeError:
        return None


def _reads_as_western(sample: bytes) -> bool:
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [character for character in text if not character.isascii()]
    letters = sum(character in _WESTERN_LETTERS for character in beyond)
    marks = sum(character in _WESTERN_MARKS for character in beyond)
    plain = sum(character.isascii() and character.isalpha() for character in text)
    return letters + marks == len(beyond) and letters <= 0.5 * plain


# --- Title and date ----------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DATE = re.compile(
    rf"""(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}}\.?,?[ ]+)?
    (?:
        (?P<y1>\d{{4}})(?P<mark>[-/.])(?P<m1>\d{{1,2}})(?P=mark)(?P<d1>\d{{1,2}})
      | (?P<y2>\d{{4}})年[ ]?(?P<m2>\d{{1,2}})月[ ]?(?P<d2>\d{{1,2}})日
      | (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[ ](?P<m3>{_MONTH}),?[ ](?P<y3>\d{{4}})
      | (?P<m4>{_MONTH})[ ](?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[ ](?P<y4>\d{{4}})
    )(?!\d)
    (?:(?:T|,?[ ](?:at[ ])?)\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?
       (?:[ ]?[ap]\.?m\b\.?)?
       (?:[ ]?(?:(?:Z|UTC|GMT|[A-Z]{{1,2}}[SD]?T)\b|[+-]\d{{2}}:?\d{{2}}))?
    )?""",
    re.VERBOSE | re.IGNORECASE,
)
_TITLE_NAME = "title|headline|subject"
_DATE_NAME = (
    "date(?: published)?|dated|(?:first )?published|pub(?:lish)? ?date|publication date"
    "|release date|posted|created"
)
_LATER_DATE_NAME = "(?:last )?(?:updated|modified)|lastmod"
_FIELD = r"[ \t\n]*[*_]{0,2}(?:%s)[*_]{0,2}[ \t]*"
_TITLE_FIELD = re.compile(
    _FIELD % _TITLE_NAME + r"[:=][*_]{0,2}[ \t]*(?P<value>\S[^\n]*)", re.IGNORECASE
)
_DATE_FIELD = re.compile(
    _FIELD % f"(?P<first>{_DATE_NAME})|{_LATER_DATE_NAME}"
    + r"(?:\bon\b)?[ \t]*[:=]?[*_]{0,2}[ \t]*(?=\w)",
    re.IGNORECASE,
)
_AFTER_DATE = re.compile(
    r"[ \t]*(?=\n|\Z)|[ \t]+(?:[|–—·-][ \t]+)?(?=[^\sa-z,;:.)]|(?:title|headline|subject)[:=])"
)
_OTHER_FIELD = re.compile(r"\n?[ \t]*[*_]{0,2}[A-Z][A-Za-z -]{0,30}[*_]{0,2}:[ \t*_]+\S[^\n]*")
_MAX_HEADER_FIELDS = 20

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<block>.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_MATTER_LINE = re.compile(r"^(\w[\w -]*?):[ \t]+[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)
_MAX_FRONT_MATTER = 20_000

_LEVEL_ONE_HEADING = re.compile(
    r"^ {0,3}(?:(?P<fence>```+|~~~+)|#[ \t]+(?P<atx>\S.*)|(?P<setext>\S.*)\n=+[ \t]*$)",
    re.MULTILINE,
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n|\n?\Z")
_FIRST_SENTENCE = re.compile(
    r".{12,}?(?:[。！？]|\w{2}(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)[.!?…][\"'”’»)]*"
    r"(?=\s+[^\W\d_a-z]|\s+[\"“‘«(]|\Z))"
)
_MAX_TITLE = 200
_MAX_TITLE_LINE = 120
_MAX_TITLE_SENTENCE = 80


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands before the text proper: the date and title it tells, and its end."""

    title: str | None
    date: str | None
    end: int


def _read_header(text: str) -> _Header:
    """Front matter, then lines such as ``date 2024-05-11`` or ``Title: …``."""
    fields, position = _read_front_matter(text)
    titles = [value for name, value in fields if re.fullmatch(_TITLE_NAME, name)]
    dates = [value for name, value in fields if re.fullmatch(_DATE_NAME, name)]
    dates += [value for name, value in fields if re.fullmatch(_LATER_DATE_NAME, name)]
    isos = [_iso_date(found) for value in dates if (found := _DATE.match(value))]
    later: list[str | None] = []

    end = position
    # Lines such as an author's are text to be searched; what stands below them is read
    # for title and date, but belongs to the text as well.
    leading = True
    for _ in range(_MAX_HEADER_FIELDS):
        if field := _TITLE_FIELD.match(text, position):
            titles.append(field["value"])
            position = field.end()
        elif (field := _DATE_FIELD.match(text, position)) and (
            found := _DATE.match(text, field.end())
        ):
            (isos if field["first"] else later).append(_iso_date(found))
            following = _start_after_date(text, found.end())
            if following is None:
                break
            position = following
        elif field := _OTHER_FIELD.match(text, position):
            leading = False
            position = field.end()
        else:
            break
        if leading:
            end = position
    while end < len(text) and text[end].isspace():
        end += 1
    return _Header(
        title=next((title for value in titles if (title := _tidy_title(value))), None),
        date=next((iso for iso in isos + later if iso), None),
        # A file that is all header is all text: nothing of it should be lost.
        end=end if end < len(text) else 0,
    )


def _read_front_matter(text: str) -> tuple[list[tuple[str, str]], int]:
    """Read names (lower case) with their values, and where the front matter ends."""
    match = _FRONT_MATTER.match(text, 0, _MAX_FRONT_MATTER)
    if not match:
        return [], 0
    try:
        # The base loader makes only strings, lists and mappings: safer than the safe
        # one, and a title "12:30" doesn't become a number.
        values = yaml.load(match["block"], Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):
        # Titles with an unquoted colon are common, and no YAML.
        values = dict(_FRONT_MATTER_LINE.findall(match["block"]))
    if not isinstance(values, dict) or not values:
        return [], 0
    fields = [
        (str(name).lower().replace("_", " "), value)
        for name, value in values.items()
        if isinstance(value, str)
    ]
    return fields, match.end()


def _iso_date(found: re.Match[str]) -> str | None:
    """Write a date in ISO 8601; None where the calendar has no such day."""
    year, month, day = (
        next(value for number in "1234" if (value := found[part + number])) for part in "ymd"
    )
    number = int(month) if month.isdigit() else 1 + _MONTHS.index(month[:3].lower())
    try:
        return datetime.date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None


def _start_after_date(text: str, position: int) -> int | None:
    """Tell where the text goes on after a date; None where the date is in a sentence."""
    rest = _AFTER_DATE.match(text, position)
    return rest.end() if rest else None


def _title_of_body(body: str, *, markdown: bool) -> str | None:
    """Take a title from the text: its heading, its short first line or first sentence."""
    if markdown and (heading := _first_heading(body)):
        return _tidy_title(heading)
    blank = _BLANK_LINE.search(body)
    paragraph = body[: blank.start() if blank else None][:2000].strip()
    lines = paragraph.split("\n")
    alone = len(lines) == 1 or (len(lines) == 2 and re.fullmatch(r"(=+|-{3,})\s*", lines[1]))
    if (
        alone
        and len(lines[0]) <= _MAX_TITLE_LINE
        and len(paragraph) < len(body.strip())
        and not re.search(r"[.!?…:;,。！？、，：；][\"'”’»)」』]*\s*$", lines[0])
    ):
        return _tidy_title(lines[0])
    flowing = " ".join(paragraph.split())
    sentence = _FIRST_SENTENCE.match(flowing)
    return _tidy_title(sentence.group() if sentence else flowing, _MAX_TITLE_SENTENCE)


def _first_heading(body: str) -> str | None:
    """Find the first level-one heading of a Markdown text, outside of code."""
    fence = None
    for match in _LEVEL_ONE_HEADING.finditer(body):
        if match["fence"]:
            if fence is None:
                fence = match["fence"]
            elif match["fence"].startswith(fence):
                fence = None
        elif fence is None and plain_line(match["atx"] or match["setext"]):
            return match["atx"] or match["setext"]
    return None


def plain_line(line: str) -> str:
    """Strip a line of Markdown's marks for headings, emphasis, code and links."""
    plain = re.sub(r"^[ \t]*#{1,6}[ \t]+|[ \t]+#+[ \t]*$", "", line)
    plain = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", plain)
    plain = re.sub(r"(\*\*|__|~~|\*|`)(?=\S)([^*`\n]+?)(?<=\S)\1", r"\2", plain)
    return " ".join(plain.split())


def _tidy_title(line: str, limit: int = _MAX_TITLE) -> str | None:
    """Bring a title within a limit, cut between words; None where it has no word."""
    title = plain_line(line[: 2 * _MAX_TITLE])
    if not any(character.isalnum() for character in title):
        return None
    if len(title) <= limit:
        return title
    words = title[:limit].rsplit(" ", 1)[0] if " " in title[:limit] else title[: limit - 1]
    return words.rstrip(" ,;:–—-") + "…"
