"""Documents that say nearly the same: copies, and versions of one document.

Two documents are alike when most of the smaller one's text stands, sentence by
sentence, in the other, and neither is much longer: the resemblance of Broder (1997,
"On the resemblance and containment of documents"), with sentences for shingles. Of
documents with the very same sentences, however many, one is compared for all.

A sentence in many documents tells less: they may be letters on one form. Such documents are
gathered by the smallest of their sentences' hashes (Broder's sketches, banded as in Indyk and
Motwani 1998, "Approximate nearest neighbors"), and what they differ in decides. Whoever fills in
a form adds to it, always in the same place; whoever edits a copy also takes away, here and there.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.snapshot import Entry

__all__ = ["find_versions"]

_ALIKE = 0.7  # Of the smaller document's characters.
_MAX_RATIO = 2.0
_MIN_SENTENCE = 20  # Characters; shorter ones are alike by chance.
_MAX_SHARERS = 20  # What stands in more documents may be a form that they share.
_NEARLY = 0.8  # Of the larger document's characters, where there are so many.
_BANDS, _ROWS = 32, 3  # Of ten sentences that differ in two, .9999 share a band.
_MAX_COMPARED = 8  # Groups of one band that a document is compared with.


_Content = frozenset[tuple[bool, str]]
"""What a document says: its sentences, each with whether it is a heading."""

_SEEDS, _ODD = (
    np.random.default_rng(seed).integers(2**63, size=_BANDS * _ROWS, dtype=np.uint64) * 2 + 1
    for seed in range(2)
)


def find_versions(entries: Sequence[Entry]) -> tuple[tuple[str, ...], ...]:
    """Group documents that are copies or versions of each other.

    Parameters
    ----------
    entries : sequence of Entry

    Returns
    -------
    tuple of tuple of str
        Paths, the newest first: by the dates that documents give themselves. Those without
        one come last; among them, and among those of the same date, the one whose file was
        saved last comes first.
    """
    holders: dict[str, list[int]] = defaultdict(list)
    lengths: list[int] = []
    groups = list(range(len(entries)))
    # Copies would make of every sentence of theirs one that is shared too widely to tell.
    # Headings and short sentences count here: they may be all that two forms differ in.
    first_of: dict[_Content, int] = {}
    for number, entry in enumerate(entries):
        content = frozenset((each.is_heading, each.text) for each in entry.sentences)
        telling = [
            text for is_heading, text in content if not is_heading and len(text) >= _MIN_SENTENCE
        ]
        lengths.append(sum(map(len, telling)))
        if not telling:
            continue
        groups[number] = first_of.setdefault(content, number)
        if groups[number] == number:
            for text in telling:
                holders[text].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for text, numbers in holders.items():
        if 1 < len(numbers) <= _MAX_SHARERS:
            for place, first in enumerate(numbers):
                for second in numbers[place + 1 :]:
                    shared[first, second] += len(text)

    def group(number: int) -> int:
        while groups[number] != number:
            number = groups[number]
        return number

    for (first, second), common in shared.items():
        smaller, larger = sorted((lengths[first], lengths[second]))
        if common >= _ALIKE * smaller and larger <= _MAX_RATIO * smaller:
            low, high = sorted((group(first), group(second)))
            groups[high] = low
    contents = {
        number: content
        for content, number in first_of.items()
        if any(len(holders[text]) > _MAX_SHARERS for _, text in content if text in holders)
    }
    for edited in _edited_copies(contents):
        low = min(map(group, edited))
        for number in edited:
            groups[group(number)] = low
    members: dict[int, list[Entry]] = defaultdict(list)
    for number, entry in enumerate(entries):
        members[group(number)].append(entry)
    return tuple(_newest_first(alike) for alike in members.values() if len(alike) > 1)


def _edited_copies(contents: Mapping[int, _Content]) -> Iterator[list[int]]:
    """Groups of more than a few documents that share most of their text and aren't one form."""
    groups = {number: number for number in contents}

    def group(number: int) -> int:
        while groups[number] != number:
            number = groups[number]
        return number

    sketches = {number: _sketch(content) for number, content in contents.items()}
    for numbers in _sharing_a_band(sketches):
        compared: list[int] = []
        for number in numbers:
            for other in compared:
                if group(number) == group(other):
                    break
                if _nearly_alike(contents[number], contents[other]):
                    low, high = sorted((group(number), group(other)))
                    groups[high] = low
                    break
            else:
                if len(compared) < _MAX_COMPARED:
                    compared.append(number)
    members: dict[int, list[int]] = defaultdict(list)
    for number in contents:
        members[group(number)].append(number)
    for alike in members.values():
        held = Counter(each for number in alike for each in contents[number])
        common = {each for each, count in held.items() if count > len(alike) / 2}
        lacking = sum(not common <= contents[number] for number in alike)
        if len(alike) > _MAX_SHARERS and lacking >= len(alike) / 2:
            yield alike


def _sharing_a_band(sketches: Mapping[int, NDArray[np.uint64]]) -> Iterator[list[int]]:
    for start in range(0, _BANDS * _ROWS, _ROWS):
        sharing: dict[bytes, list[int]] = defaultdict(list)
        for number, sketch in sketches.items():
            sharing[sketch[start : start + _ROWS].tobytes()].append(number)
        yield from sharing.values()


def _nearly_alike(one: _Content, other: _Content) -> bool:
    larger = max(_size(one), _size(other))
    return _size(one & other) >= _NEARLY * larger


def _size(content: _Content) -> int:
    return sum(len(text) for _, text in content)


def _sketch(content: _Content) -> NDArray[np.uint64]:
    """The smallest of a document's sentences in each of many orders that are always the same."""
    hashes = np.array(
        [
            int.from_bytes(
                hashlib.blake2b(
                    text.encode("utf-8", "surrogatepass"), digest_size=8, person=b"#" * is_heading
                ).digest()
            )
            for is_heading, text in content
        ],
        np.uint64,
    )
    mixed = (hashes[:, None] ^ _SEEDS) * np.uint64(0x9E3779B97F4A7C15)
    smallest: NDArray[np.uint64] = ((mixed ^ (mixed >> np.uint64(32))) * _ODD).min(axis=0)
    return smallest


def _newest_first(entries: list[Entry]) -> tuple[str, ...]:
    ordered = sorted(
        entries,
        key=lambda entry: (entry.document.date or "", entry.document.saved_ns),
        reverse=True,
    )
    return tuple(entry.document.path for entry in ordered)
