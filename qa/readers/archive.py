"""Zip archives with documents in them, refused before they can do harm."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from qa.errors import DocumentError
from qa.readers.dates import metadata_date
from qa.readers.titles import metadata_title

__all__ = ["UNREADABLE", "Office", "open_archive", "open_office", "parse_xml"]

# What reading a member of an archive raises where it is missing, damaged, or packed in a way
# that isn't known.
UNREADABLE = (KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)

_CORE = "docProps/core.xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_MEMBERS = 20_000
_MAX_BYTES = 512 * 2**20
_MAX_RATIO = 200
_SMALL = 16 * 2**20  # Below this, a high ratio is a large empty form.


def open_archive(data: bytes, path: str) -> zipfile.ZipFile:
    """Open an archive that is safe to unpack.

    Raises
    ------
    DocumentError
        When it is no archive, encrypted, or unpacks to too much.
    """
    if data.startswith(_OLE):
        raise DocumentError(
            f"{path} is encrypted, or in the format of before 2007. Save it again without a "
            "password."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    # Beside what is no archive: a name that isn't UTF-8, and a version that isn't known.
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise DocumentError(f"{path} is damaged: {error}. Save it again.") from error
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if any(member.flag_bits & 1 for member in members):
        raise DocumentError(f"{path} is encrypted. Save it again without a password.")
    if len(members) > _MAX_MEMBERS or size > _MAX_BYTES:
        raise DocumentError(
            f"{path} unpacks to {len(members):,} parts with {size / 2**20:,.0f} MiB; the limit is "
            f"{_MAX_MEMBERS:,} parts and {_MAX_BYTES // 2**20} MiB. Split it."
        )
    if size > _SMALL and size > _MAX_RATIO * len(data):
        raise DocumentError(
            f"{path} unpacks to {size / len(data):,.0f} times its size, as only a trap does. "
            "Remove it."
        )
    return archive


@dataclass(frozen=True, slots=True)
class Office:
    """An Office file that is safe to unpack, with the title and date it gives itself."""

    file: io.BytesIO
    title: str | None
    date: str | None


def open_office(data: bytes, path: str) -> Office:
    """Check an Office file (ISO/IEC 29500) and read its core properties.

    Raises
    ------
    DocumentError
        See `open_archive`.
    """
    with open_archive(data, path) as archive:
        title, dates = "", {}
        if _CORE in archive.namelist():
            for node in parse_xml(archive, _CORE, path):
                name = str(node.tag).rpartition("}")[2]
                if name == "title":
                    title = node.text or ""
                elif name in {"created", "modified"}:
                    dates[name] = metadata_date(node.text or "")
    return Office(
        io.BytesIO(data), metadata_title(title), dates.get("created") or dates.get("modified")
    )


def parse_xml(archive: zipfile.ZipFile, name: str, path: str) -> Element:
    """Parse a part of an archive.

    Raises
    ------
    DocumentError
        When it is missing, no XML, or uses what only traps use.
    """
    try:
        root: Element = fromstring(archive.read(name))
    # A `LookupError` beside these: an encoding that isn't known.
    except (*UNREADABLE, LookupError, ParseError, DefusedXmlException, ValueError) as error:
        raise DocumentError(f"{path} is damaged: {name} can't be read ({error}).") from error
    return root
