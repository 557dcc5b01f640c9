"""Characters by script, for the inside of a regular expression's ``[…]``."""

from __future__ import annotations

import unicodedata

__all__ = ["IDEOGRAPHS", "MARKS", "UNSPACED", "UNSPACED_LETTERS"]

IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Hiragana to CJK ideographs, and their compatibility block."""

UNSPACED = f"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff{IDEOGRAPHS}"
"""Whole blocks of the scripts that are written without spaces between words."""

UNSPACED_LETTERS = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3005-\u3007"
    "\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\u1780-\u17d3\u17dc\u17dd"
)
"""Of `UNSPACED`, without digits and punctuation: Han with its iteration mark and zero, kana, Thai,
Lao, Burmese, Khmer. Indexes depend on it: see `qa.storage.snapshot.FORMAT`."""


def _marks() -> str:
    points = {p for p in range(0x20000) if unicodedata.category(chr(p)).startswith("M")}
    first = sorted(point for point in points if point - 1 not in points)
    last = sorted(point for point in points if point + 1 not in points)
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(first, last, strict=True))


MARKS = _marks()
r"""Combining marks. Python's ``\w`` leaves them out, though Indic words are written with them."""
