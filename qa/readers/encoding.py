"""Bytes to characters: by byte order mark, as UTF-8, as UTF-16, else by likelihood."""

from __future__ import annotations

import codecs
import unicodedata
from contextlib import suppress

from charset_normalizer import from_bytes

from qa.errors import DocumentError

__all__ = ["count_unreadable", "decode", "decode_labelled", "told_unreadable"]

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
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_UNREADABLE = "\ufffd"
_FAR_MORE = 5
_DETECTION_BYTES = 2**16


# What a label means is what browsers take it for (WHATWG, "Encoding"): whoever writes
# "iso-8859-1" nearly always means the larger set with its dashes and quotation marks.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}


def decode_labelled(data: bytes, label: str | None, path: str) -> str:
    """Decode bytes by the encoding that they are labelled with, else by what they look like.

    Parameters
    ----------
    data : bytes
    label : str or None
        Such as ``"iso-8859-1"``; believed as far as the bytes allow.
    path : str
        Of the file, for messages.

    Raises
    ------
    DocumentError
        When they don't look like text.
    """
    if not label or data.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS)):
        return decode(data, path)
    try:
        name = codecs.lookup(label).name
        if name in _MEANT:
            # Labels that programs put by default often stand on UTF-8.
            with suppress(UnicodeDecodeError):
                return data.decode("utf-8")
        return data.decode(_MEANT.get(name, name))
    # No such encoding, one that isn't of characters, or not that of these bytes.
    except (LookupError, ValueError):
        return decode(data, path)


def decode(data: bytes, path: str) -> str:
    """Decode a file's bytes: by their mark, as UTF-8, as UTF-16, else by likelihood."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                if mark == codecs.BOM_UTF8 and (text := _decode_harmed(data[len(mark) :], error)):
                    return text
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
    except UnicodeDecodeError as error:
        text = _decode_harmed(data, error) or _decode_legacy(data)
    if text is None:
        raise DocumentError(f"{path} is in an encoding that can't be told. Save it again as UTF-8.")
    return text


def count_unreadable(data: bytes, text: str) -> int:
    """Count the characters of a decoded text that its bytes didn't tell; mostly none."""
    return max(text.count(_UNREADABLE) - data.count(_UNREADABLE.encode()), 0)


def told_unreadable(count: int) -> tuple[str, ...]:
    """Note how many characters of a file couldn't be read; nothing where all could."""
    return (f"{count} of its characters can't be read and show as {_UNREADABLE}",) if count else ()


def _decode_harmed(data: bytes, error: UnicodeDecodeError) -> str | None:
    """Decode what is UTF-8 but for a few bytes, or cut within its last character.

    Text in another encoding has few sequences that UTF-8 allows, and many that it doesn't.
    """
    text = data.decode("utf-8", "replace")
    harmed = text.count(_UNREADABLE) - data.count(_UNREADABLE.encode())
    whole = len(text) - len(data.translate(None, _BEYOND_ASCII)) - harmed
    is_cut = error.end == len(data) and error.reason == "unexpected end of data"
    return text if whole >= (1 if is_cut else _FAR_MORE * harmed) else None


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
