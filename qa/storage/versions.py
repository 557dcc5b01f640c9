"""Documents that say nearly the same: copies, and versions of one document.

Two documents are alike when most of the smaller one's text stands, sentence by
sentence, in the other, and neither is much longer: the resemblance of Broder (1997,
"On the resemblance and containment of documents"), with sentences for shingles. Of
documents with the very same sentences, however many, one is compared for all.

A sentence that is in many documents says less: they may be letters on one form. Such documents are
gathered by the smallest of their sentences' hashes (Broder's sketches, banded as in Indyk and
Motwani 1998, "Approximate nearest neighbors"), and what they differ in decides. A form is filled in
by adding text, always in the same place; a copy is edited by removing text as well, here and there.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.storage.snapshot import Entry

__all__ = ["find_versions"]

_ALIKE = 0.7  # Of the smaller document's characters.
_MAX_RATIO = 2.0
_MIN_SENTENCE = 20  # Characters; shorter ones are alike by chance.
_MAX_SHARERS = 20  # What stands in more documents may be a form that they share.
_NEARLY = 0.8  # Of the larger document's characters, where there are so many.
_BANDS, _ROWS = 32, 3  # Of ten sentences that differ in two, .9999 share a band.
_MAX_COMPARED = 8  # Groups of one band that a document is compared with.


_Content = frozenset[int]
"""A document's content: hashes of its sentences; headings have hashes of their own."""

_Age = tuple[str, int, str]
"""A document's date, when its file was saved, and its path."""

_SEEDS, _ODD = (
    np.random.default_rng(seed).integers(2**63, size=_BANDS * _ROWS, dtype=np.uint64) * 2 + 1
    for seed in range(2)
)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is remembered of a sentence, for all documents that have it."""

    length: int
    counts: bool


def find_versions(entries: Iterable[Entry]) -> tuple[tuple[str, ...], ...]:
    """Group documents that are copies or versions of each other.

    Parameters
    ----------
    entries : iterable of Entry
        Each is looked at once, and not kept.

    Returns
    -------
    tuple of tuple of str
        Paths, the newest first: by the dates that documents give themselves. Those without
        one come last; among them, and among those of the same date, the one whose file was
        saved last comes first.
    """
    holders: dict[int, list[int]] = defaultdict(list)
    lengths: list[int] = []
    groups: list[int] = []
    ages: list[_Age] = []
    told: dict[int, _Told] = {}
    # Copies would make of every sentence of theirs one that is shared too widely to tell.
    # Headings and short sentences count here: they may be all that two forms differ in.
    first_of: dict[_Content, int] = {}
    for number, entry in enumerate(entries):
        document = entry.document
        ages.append((document.date or "", document.saved_ns, document.path))
        groups.append(number)
        content = _content(entry, told)
        telling = [each for each in content if told[each].counts]
        lengths.append(sum(told[each].length for each in telling))
        if not telling:
            continue
        groups[number] = first_of.setdefault(content, number)
        if groups[number] == number:
            for each in telling:
                holders[each].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for each, numbers in holders.items():
        if 1 < len(numbers) <= _MAX_SHARERS:
            for place, first in enumerate(numbers):
                for second in numbers[place + 1 :]:
                    shared[first, second] += told[each].length

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
        if any(len(holders[each]) > _MAX_SHARERS for each in content if each in holders)
    }
    for edited in _edited_copies(contents, told):
        low = min(map(group, edited))
        for number in edited:
            groups[group(number)] = low
    members: dict[int, list[_Age]] = defaultdict(list)
    for number, age in enumerate(ages):
        members[group(number)].append(age)
    return tuple(_newest_first(alike) for alike in members.values() if len(alike) > 1)


def _content(entry: Entry, told: dict[int, _Told]) -> _Content:
    """What a document says; its sentences are remembered in `told`."""
    content = []
    for sentence in entry.sentences:
        data = sentence.text.encode("utf-8", "surrogatepass")
        person = b"heading" if sentence.is_heading else b""
        key = int.from_bytes(hashlib.blake2b(data, digest_size=8, person=person).digest())
        content.append(key)
        if key not in told:
            length = len(sentence.text)
            told[key] = _Told(length, not sentence.is_heading and length >= _MIN_SENTENCE)
    return frozenset(content)


def _edited_copies(
    contents: Mapping[int, _Content], told: Mapping[int, _Told]
) -> Iterator[list[int]]:
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
                if _nearly_alike(contents[number], contents[other], told):
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


def _nearly_alike(one: _Content, other: _Content, told: Mapping[int, _Told]) -> bool:
    mine, its, common = (
        sum(told[each].length for each in content) for content in (one, other, one & other)
    )
    return common >= _NEARLY * max(mine, its)


def _sketch(content: _Content) -> NDArray[np.uint64]:
    """The smallest of a document's sentences in each of many orders that are always the same."""
    hashes = np.array(list(content), np.uint64)
    mixed = (hashes[:, None] ^ _SEEDS) * np.uint64(0x9E3779B97F4A7C15)
    smallest: NDArray[np.uint64] = ((mixed ^ (mixed >> np.uint64(32))) * _ODD).min(axis=0)
    return smallest


def _newest_first(ages: list[_Age]) -> tuple[str, ...]:
    ordered = sorted(ages, key=lambda age: age[:2], reverse=True)
    return tuple(path for _, _, path in ordered)
