"""Documents that say nearly the same: copies, and versions of one document.

Two documents are alike when most of the smaller one's text stands, sentence by
sentence, in the other, and neither is much longer: the resemblance of Broder (1997,
"On the resemblance and containment of documents"), with sentences for shingles. Of
documents with the very same sentences, however many, one is compared for all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from qa.snapshot import Entry

__all__ = ["find_versions"]

_ALIKE = 0.7  # Of the smaller document's characters.
_MAX_RATIO = 2.0
_MIN_SENTENCE = 20  # Characters; shorter ones are alike by chance.
_MAX_SHARERS = 20  # What stands in more documents is a form that they share.


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
    first_of: dict[frozenset[tuple[bool, str]], int] = {}
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
    members: dict[int, list[Entry]] = defaultdict(list)
    for number, entry in enumerate(entries):
        members[group(number)].append(entry)
    return tuple(_newest_first(alike) for alike in members.values() if len(alike) > 1)


def _newest_first(entries: list[Entry]) -> tuple[str, ...]:
    ordered = sorted(
        entries,
        key=lambda entry: (entry.document.date or "", entry.document.saved_ns),
        reverse=True,
    )
    return tuple(entry.document.path for entry in ordered)
