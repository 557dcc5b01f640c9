"""Texts to the words that BM25 counts: by script, and stemmed by language.

Where words stand apart they are stemmed (Porter 2001, "Snowball: A language for stemming
algorithms") and the commonest left out. Scripts that write words without spaces between
them are counted by overlapping pairs of characters, as Lucene's ``CJKAnalyzer`` does; in
Chinese these find about as well as words (Nie, Gao, Zhang and Zhou 2000, "On the use of
words and n-grams for Chinese information retrieval"), and they need no dictionary.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bm25s
import Stemmer

from qa.language.scripts import UNSPACED_LETTERS

__all__ = ["languages_of", "question_words", "words_of"]

_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class _Language:
    """Name of a Snowball algorithm, and of a list of stop words of bm25s if it has one."""

    algorithm: str
    stop_words: str | None


_LANGUAGES = {
    "en": _Language("english", "en"),
    "ar": _Language("arabic", None),
    "ca": _Language("catalan", None),
    "da": _Language("danish", "da"),
    "de": _Language("german", "de"),
    "el": _Language("greek", None),
    "es": _Language("spanish", "es"),
    "eu": _Language("basque", None),
    "fi": _Language("finnish", None),
    "fr": _Language("french", "fr"),
    "ga": _Language("irish", None),
    "hi": _Language("hindi", None),
    "hu": _Language("hungarian", None),
    "hy": _Language("armenian", None),
    "id": _Language("indonesian", None),
    "it": _Language("italian", "it"),
    "lt": _Language("lithuanian", None),
    "nb": _Language("norwegian", "no"),
    "ne": _Language("nepali", None),
    "nl": _Language("dutch", "nl"),
    "nn": _Language("norwegian", "no"),
    "no": _Language("norwegian", "no"),
    "pt": _Language("portuguese", "pt"),
    "ro": _Language("romanian", None),
    "ru": _Language("russian", "ru"),
    "sr": _Language("serbian", None),
    "sv": _Language("swedish", "sv"),
    "ta": _Language("tamil", None),
    "tr": _Language("turkish", "tr"),
}
# Of a library's text. The language of a document or two may be detected wrongly, which must not
# change how the words of the others are counted.
_LEAST_SHARE = 0.1

# Vowel signs of India's scripts, points of Hebrew and Arabic: they belong to a word, though
# regular expressions don't count them as its characters.
_MARKS = "".join(
    character
    for character in map(chr, range(0x0300, 0x0E00))
    if unicodedata.category(character)[0] == "M"
)
# A letter alone says little, but a digit may be the whole point ("track 7").
_WORD = rf"\b(?:\w[\w{_MARKS}]+|\d)"

_UNSPACED = re.compile(f"[{UNSPACED_LETTERS}]+")


def languages_of(documents: Iterable[tuple[str | None, int]]) -> tuple[str, ...]:
    """Choose by which languages the words of a library are stemmed.

    Parameters
    ----------
    documents : iterable of (str or None, int)
        Language and length of each.

    Returns
    -------
    tuple of str
        Codes of the languages that make up at least a tenth of the text, commonest first. The
        first is also used for documents in any other language. English if no language is
        known, and in place of languages without a stemmer.
    """
    sizes: Counter[str] = Counter()
    total = 0
    for language, length in documents:
        total += length
        if language is not None:
            sizes[language if language in _LANGUAGES else _ENGLISH] += length
    ordered = sorted(sizes, key=lambda code: (-sizes[code], code != _ENGLISH, code))
    return tuple(
        code
        for place, code in enumerate(ordered)
        if place == 0 or sizes[code] >= _LEAST_SHARE * total
    ) or (_ENGLISH,)


def words_of(
    texts: Sequence[str], languages: Sequence[str], own: Sequence[str | None]
) -> list[list[str]]:
    """Split texts into stemmed words, each in its own language if the library uses that language.

    Parameters
    ----------
    texts : sequence of str
    languages : sequence of str
        From `languages_of`.
    own : sequence of str or None
        The language of each text.

    Returns
    -------
    list of list of str
    """
    places: dict[str, list[int]] = {}
    for place, language in enumerate(own):
        code = language if language in _LANGUAGES else _ENGLISH if language else languages[0]
        places.setdefault(code if code in languages else languages[0], []).append(place)
    words: list[list[str]] = [[] for _ in texts]
    for code, chosen in places.items():
        found = _words([texts[place] for place in chosen], _LANGUAGES[code])
        for place, held in zip(chosen, found, strict=True):
            words[place] = held
    return words


def question_words(question: str, languages: Sequence[str]) -> list[str]:
    """Words to search for: those of the question, stemmed in each language of the library.

    A question is too short for its language to be told. The stems of one language seldom
    are words of another; one that is the same in several counts once.
    """
    first, *others = (_words([question], _LANGUAGES[code])[0] for code in languages)
    wanted = list(first)
    for words in others:
        wanted += [word for word in words if word not in wanted]
    return wanted


def _words(texts: Sequence[str], language: _Language) -> list[list[str]]:
    pairs = [_pairs(text) if _UNSPACED.search(text) else [] for text in texts]
    words: list[list[str]] = bm25s.tokenize(
        [
            _UNSPACED.sub(" ", text) if held else text
            for text, held in zip(texts, pairs, strict=True)
        ],
        token_pattern=_WORD,
        stopwords=language.stop_words,
        # A stemmer isn't safe under concurrent calls, and costs nothing to make.
        stemmer=Stemmer.Stemmer(language.algorithm),
        return_ids=False,
        show_progress=False,
    )
    for found, held in zip(words, pairs, strict=True):
        found += held
    return words


def _pairs(text: str) -> list[str]:
    """Overlapping pairs of characters of each run without spaces; a lone character stays."""
    pairs: list[str] = []
    for run in _UNSPACED.findall(text):
        # A vowel sign or a tone belongs to the character that it stands on.
        letters: list[str] = []
        for character in run:
            if letters and unicodedata.category(character)[0] == "M":
                letters[-1] += character
            else:
                letters.append(character)
        pairs += map("".join, itertools.pairwise(letters)) if letters[1:] else letters
    return pairs
