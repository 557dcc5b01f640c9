"""An archive is opened or reported as damaged, whatever its table of contents says."""

from __future__ import annotations

import files
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DocumentError
from qa.readers.archive import open_archive

GOOD = files.zipped({"a.xml": "<a/>", "é.xml": "<b/>"})
CONTENTS = GOOD.index(b"PK\x01\x02")  # Where its table of contents begins.


def patched(place: int, data: bytes) -> bytes:
    return GOOD[:place] + data + GOOD[place + len(data) :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"just text", "not a zip file"),
        (GOOD[:-10], "not a zip file"),
        (GOOD.replace("é".encode(), b"\xc3("), "can't decode"),
        # The version that is needed to unpack the first member: 25.5.
        (patched(CONTENTS + 6, b"\xff"), "version 25.5"),
        (patched(CONTENTS, b"XX"), "magic number"),
        (patched(len(GOOD) - 10, b"\xff\xff\xff\x7f"), "Bad offset"),
    ],
)
def test_a_damaged_archive_is_reported(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.docx is damaged: .*{message}.*Save it again"):
        open_archive(data, "a.docx")


@given(
    st.dictionaries(st.integers(CONTENTS, len(GOOD) - 1), st.integers(0, 255), max_size=8),
    st.integers(0, len(GOOD)),
)
def test_a_changed_archive_is_opened_or_reported(changes: dict[int, int], end: int) -> None:
    data = bytearray(GOOD)
    for place, value in changes.items():
        data[place] = value
    for changed in (bytes(data), bytes(data[:end])):
        try:
            open_archive(changed, "a.docx").close()
        except DocumentError as error:
            assert str(error).startswith("a.docx ")
