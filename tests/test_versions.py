"""Copies and versions of a document are recognised; documents that share a form are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.documents import DocumentFile
from qa.language.sentences import split_sentences
from qa.storage.snapshot import Entry
from qa.storage.versions import find_versions
from qa.types import Document

NOTHING = np.empty(0, np.int64)
VECTORS = np.empty((0, 2), np.float32)
TEXT = "The tide rose at noon today. The wind came from the west. Nobody went out to sea."


def entry(path: str, text: str, date: str | None = None, modified: int = 0) -> Entry:
    document = Document(path, path, text, date, "", saved_ns=modified)
    return Entry(
        # The file may have been touched since; that makes nothing newer.
        DocumentFile(path, len(text), 9 - modified),
        document,
        split_sentences(document),
        (),
        NOTHING,
        NOTHING,
        VECTORS,
        VECTORS,
    )


def test_a_copy_and_an_edited_version_are_recognised_newest_first() -> None:
    rewritten = TEXT.replace("Nobody", "Somebody").replace("west", "east")
    found = find_versions(
        [
            entry("a.txt", TEXT, modified=1),
            entry("b.txt", TEXT, modified=3),
            entry("c.txt", "Something else is told at length in this one.", modified=4),
            entry("d.txt", TEXT + " It was a quiet day in Ghent.", modified=2),
        ]
    )
    assert found == (("b.txt", "d.txt", "a.txt"),)
    assert find_versions([entry("a.txt", TEXT), entry("b.txt", rewritten)]) == ()


def test_the_dates_of_the_documents_go_before_those_of_the_files() -> None:
    entries = [entry("a.txt", TEXT, "2024-05-11", 1), entry("b.txt", TEXT, "2023-05-11", 2)]
    assert find_versions(entries) == (("a.txt", "b.txt"),)
    one_undated = [entry("a.txt", TEXT, None, 2), entry("b.txt", TEXT, "2023-05-11", 1)]
    assert find_versions(one_undated) == (("b.txt", "a.txt"),)
    same_day = [entry("a.txt", TEXT, "2024-05-11", 1), entry("b.txt", TEXT, "2024-05-11", 2)]
    assert find_versions(same_day) == (("b.txt", "a.txt"),)


def test_a_part_of_a_long_document_is_no_version_of_it() -> None:
    longer = TEXT + "".join(f" On day {number} it rained again." for number in range(9))
    assert find_versions([entry("a.txt", TEXT), entry("b.txt", longer)]) == ()


def test_short_sentences_and_forms_make_no_versions() -> None:
    assert find_versions([entry("a.txt", "Yes. No."), entry("b.txt", "Yes. No.")]) == ()
    own = " Of {0} people who were asked, {0} came."
    forms = [entry(f"{number}.txt", TEXT + own.format(number + 10)) for number in range(30)]
    assert find_versions(forms) == ()
    short = [entry(f"{number}.txt", f"{TEXT} Room {number}.") for number in range(30)]
    assert find_versions(short) == ()


def test_any_number_of_copies_is_recognised_with_a_version_of_them() -> None:
    copies = [entry(f"{number:02}.txt", TEXT, modified=-number) for number in range(50)]
    version = entry("version.txt", TEXT + " It was a quiet day in Ghent.", modified=1)
    other = entry("other.txt", "Something else is told at length in this one.")
    (found,) = find_versions([other, *copies, version])
    assert found == ("version.txt", *(copy.document.path for copy in copies))


SENTENCES = [f"In chapter {number} the tide of day {number} is told of." for number in range(20)]


def letters(count: int, changed: Sequence[int], word: str = "letter") -> list[Entry]:
    """Copies of a text, in each of which one sentence reads otherwise."""
    made = []
    for number in range(count):
        place = changed[number % len(changed)]
        own = f"What {word} {number} says of its own stands here."
        text = " ".join(own if each == place else told for each, told in enumerate(SENTENCES))
        made.append(entry(f"{word} {number:02}.txt", text, modified=number))
    return made


def test_any_number_of_copies_that_were_edited_here_and_there_is_recognised() -> None:
    edited = letters(40, range(20))
    (found,) = find_versions(edited)
    assert found == tuple(each.document.path for each in reversed(edited))
    # With one that nobody edited, and others that say something else.
    original = entry("original.txt", " ".join(SENTENCES), modified=99)
    other = entry("other.txt", "Something else is told at length in this one.", modified=100)
    (found,) = find_versions([*edited, original, other])
    assert (found[0], len(found)) == ("original.txt", 41)


def test_any_number_of_forms_that_were_filled_in_is_none() -> None:
    assert find_versions(letters(40, [7])) == ()
    # Beside copies of another text they are left alone as well.
    copies = [entry(f"copy {number}.txt", TEXT) for number in range(30)]
    (found,) = find_versions([*letters(40, [7]), *copies])
    assert {path.split()[0] for path in found} == {"copy"}


def test_few_documents_that_share_most_are_versions_wherever_they_differ() -> None:
    assert len(find_versions(letters(5, [7]))[0]) == 5
