"""Claims to exact spans: where in the evidence the words of a claim stand.

Nothing here asks a model or trusts a marker that one wrote. Text is compared as words
with their offsets, so that case, quotation marks, dashes, spacing, a currency sign or a
number written out ("eleven", "11") make no difference, and what is found is always a
passage whose place is known.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import Stemmer

from qa.language.scripts import UNSPACED
from qa.language.sentences import TITLES
from qa.language.values import ELISION, MARKS, SCALES, SPELLED_NUMBERS, fold
from qa.types import Passage

__all__ = [
    "AUXILIARIES",
    "FUNCTION_WORDS",
    "NEGATIONS",
    "QUESTION_WORDS",
    "Alignment",
    "Word",
    "align",
    "content_words",
    "holds",
    "names_and_numbers",
    "stands_verbatim",
    "stem",
    "words",
]

# In scripts written without spaces between words each character counts as one.
_LETTERS = rf"(?![{UNSPACED}])[^\W\d_](?:(?![{UNSPACED}])(?:[^\W\d_]|[{MARKS}]))*"
_WORD = re.compile(
    rf"\d+(?:[.,:]\d+)*|[%％]|(?i:per\scent)\b|[{UNSPACED}]"
    rf"|(?:{ELISION})?(?P<letters>{_LETTERS}(?:['’]{_LETTERS})*)"
)

MAGNITUDES = frozenset({"dozen", "percent", *SCALES})
PERCENT_SIGNS = frozenset("%％")
NEGATIONS = frozenset("not no never neither nor none nobody nothing without cannot".split())

# A full stop behind a title or an initial doesn't end a sentence.
_IN_NAME = re.compile(rf"(?:\b(?i:{'|'.join(sorted(TITLES))})|(?<!\w)[^\W\d_])\.\Z")

# A claim that says less than this in the passages' own words is not taken from them.
MIN_COVERAGE = 0.7
# Words that a claim may begin with to fit its question; their capital doesn't make them names.
_OPENERS = frozenset(
    """
    because since due despite although though while until unless whereas thanks owing according upon
    within along throughout per however therefore thus hence given
    weil wegen seit nachdem obwohl parce puisque depuis porque desde
    """.split()
)

# A comma within a number, "46,200", doesn't separate items.
_ITEM_BREAK = re.compile(r"(?<!\d),|,(?!\d)|;|\band\b")
# What a model puts before a copied phrase to make a sentence of it: "because the key stuck", "it
# was moved".
_LED_IN = re.compile(r"(?i)\A\W*(?:because\s+(?=\w))?(?:(?:it|he|she|they|there)\s+(?=\w))?")

# Words that carry grammar rather than content; a claim or question is about the others.
# "May" isn't among them: it is a month far more often than a verb that matters.
FUNCTION_WORDS = frozenset(
    """
    a an the this that these those some any each every either neither such own same other
    i you he she it we they me him her us them my your his its our their mine yours hers ours
    theirs who whom whose which what when where why how
    is are was were be been being am do does did doing done have has had having will would shall
    should can could might must
    and or but nor so yet if then than as of in on at by for with about against between into
    through during before after above below to from up down out off over under again further
    once here there all both few more most only not no yes just also too very much many
    please tell name give say says said according text document documents article
    """.split()
)
# Words that begin a yes-no question, and those that begin any other.
AUXILIARIES = frozenset(
    """
    is are was were am do does did has have had can could will would shall should may might must
    isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't
    wouldn't shouldn't
    """.split()
)
QUESTION_WORDS = frozenset("who whom whose which what when where why how".split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place in the text that it was taken from.

    `key` is what is compared: case-folded, without accents or possessive, numbers as
    digits. `text` is as written.
    """

    key: str
    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it stands for a number."""
        return self.key[:1].isdigit()

    @property
    def is_capitalised(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[:1].isupper()


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a claim's words were found.

    Parameters
    ----------
    passages : tuple of Passage
        The fewest that contain all of the claim's words that were found. If these merely mention a
        name, also the one that says about it what is asked. In reading order.
    coverage : float
        Share of the claim's content words that these passages hold, 0 to 1.
    missing : tuple of str
        Names and numbers of the claim that no passage holds, as written.
    """

    passages: tuple[Passage, ...]
    coverage: float
    missing: tuple[str, ...]

    @property
    def fault(self) -> str:
        """Why the claim isn't taken from the passages, as a sentence; empty where it is."""
        if not self.passages:
            return "None of its words stand in the documents."
        if self.missing:
            return f"The documents’ passages don’t have {', '.join(self.missing)}."
        if self.coverage < MIN_COVERAGE:
            return f"Only {self.coverage:.0%} of its words stand in the documents’ passages."
        return ""


def words(text: str) -> list[Word]:
    """Words of `text` in order, with half-open offsets."""
    found = []
    for match in _WORD.finditer(text):
        word = match["letters"] or match.group()
        found.append(Word(_key(word), word, match.end() - len(word), match.end()))
    return found


def content_words(text: str) -> list[Word]:
    """Words of `text` that carry content: all but function words."""
    return [word for word in words(text) if _is_content(word)]


def _is_content(word: Word) -> bool:
    # A percent sign belongs to its number; in a table it may stand in the column's name only.
    return word.key not in FUNCTION_WORDS and word.text not in PERCENT_SIGNS


def names_and_numbers(text: str) -> list[Word]:
    """Numbers of `text` and words that are capitalised though no sentence begins there."""
    found = []
    for word in content_words(text):
        before = text[: word.start].rstrip(" \"'“‘(")
        begins = (not before or before[-1] in ".!?:\n") and not _IN_NAME.search(before)
        # "One" is as often a pronoun as a number.
        number = (word.is_number and word.key != "1") or word.text.isdigit()
        # "Dr. Meyer" is called Meyer.
        titled = word.key in TITLES and text[word.end : word.end + 1] == "."
        if number or (word.is_capitalised and not begins and not titled):
            found.append(word)
    return found


def align(claim: str, question: str, passages: Sequence[Passage]) -> Alignment:
    """Find the passages that a claim is taken from.

    Parameters
    ----------
    claim : str
    question : str
        Decides between passages that contain the claim equally: the one with words of the question
        is preferred, then the more relevant, then the earlier.
    passages : sequence of Passage

    Returns
    -------
    Alignment
        Without passages where no content word of the claim was found.
    """
    claim_words = words(claim)
    keys_of = {
        passage.number: [word.key for word in words(passage.sentence.text)] for passage in passages
    }
    # A leading "because" that no passage has is the model's own phrasing, not a part of the claim.
    if (
        len(claim_words) > 1
        and claim_words[0].key in _OPENERS
        and not any(claim_words[0].key in keys for keys in keys_of.values())
        and claim_words[0].key not in {name.key for name in names_and_numbers(question)}
    ):
        claim_words = claim_words[1:]
    wanted = [word for word in claim_words if _is_content(word)] or claim_words
    if not wanted or not passages:
        return Alignment((), 0.0, missing=tuple(word.text for word in wanted))
    asked = {word.key for word in content_words(question)}
    needed = {word.key for word in wanted}

    def preference(passage: Passage) -> tuple[bool, float, float, int]:
        keys = keys_of[passage.number]
        held = set(keys)
        return (
            _contains(keys, [word.key for word in claim_words]),
            len(needed & held) + 0.5 * len(asked & held) / max(1, len(asked)),
            passage.score,
            -passage.number,
        )

    items = [keys for part in _ITEM_BREAK.split(claim) if (keys := [w.key for w in words(part)])]

    def has_item(passage: Passage, new: set[str]) -> bool:
        return len(items) > 1 and any(
            new & set(item) and _contains(keys_of[passage.number], item) for item in items
        )

    first = max(passages, key=preference)
    chosen, left = [first], needed - set(keys_of[first.number])
    while left:
        best = max(
            passages,
            key=lambda p: (len(left & set(keys_of[p.number])), has_item(p, left), preference(p)),
        )
        gained = left & set(keys_of[best.number])
        if not gained:
            break
        # A passage that adds a single common word supports nothing new, unless the word is what
        # an item of a list has of its own: "2 eggs, 2 onions".
        telling = any(
            word.is_number or word.is_capitalised for word in wanted if word.key in gained
        )
        if telling or has_item(best, gained) or len(gained) > 1:
            chosen.append(best)
        left -= gained
    chosen += _below(chosen, asked, passages)
    chosen += _stating(chosen, wanted, asked, passages)
    held = set().union(*(keys_of[passage.number] for passage in chosen))
    coverage = len(needed & held) / len(needed)
    if not needed & held:
        return Alignment((), 0.0, missing=tuple(word.text for word in wanted))
    # The first word of a sentence is capitalised anyway: "Report it …" may come from "must be
    # reported".
    stems = {stem(key) for key in held}
    missing = _unique(
        word.text
        for place, word in enumerate(claim_words)
        if _must_stand(word)
        and word.key not in held
        and (place or word.is_number or stem(word.key) not in stems)
    )
    in_order = tuple(sorted(set(chosen), key=lambda passage: passage.number))
    return Alignment(in_order, coverage, missing)


def _below(
    chosen: Sequence[Passage], asked: set[str], passages: Sequence[Passage]
) -> list[Passage]:
    """The passage below a chosen heading that shares most with the question.

    "Walnut Bread" is the answer to "Which recipe has nuts?", but states nothing by itself.
    """
    found = []
    for heading in chosen:
        if not heading.sentence.is_heading:
            continue
        keys = [word.key for word in words(heading.sentence.text)]
        own = [
            passage
            for passage in passages
            if passage.sentence.document == heading.sentence.document
            and passage.sentence.start > heading.sentence.start
            and [word.key for word in words(passage.sentence.heading)] == keys
        ]
        told = max(
            own,
            key=lambda p: (
                len(asked & {word.key for word in words(p.sentence.text)}),
                p.score,
                -p.number,
            ),
            default=None,
        )
        if told is not None and not any(passage in own for passage in chosen):
            found.append(told)
    return found


def _stating(
    chosen: Sequence[Passage],
    wanted: Sequence[Word],
    asked: set[str],
    passages: Sequence[Passage],
) -> list[Passage]:
    """Find the passage that supports the answer, if the chosen ones merely mention its name.

    "Ada Lindqvist" stands in a list of those present; that she left is said elsewhere, of
    "Ada".
    """
    named = {word.key for word in wanted if word.is_capitalised}
    open_ = asked - {word.key for word in wanted}

    def told(passage: Passage) -> int:
        sentence = passage.sentence
        return len(open_ & {word.key for word in words(f"{sentence.heading} {sentence.text}")})

    if not named or not open_ or any(map(told, chosen)):
        return []
    stating = [
        passage
        for passage in passages
        if not passage.sentence.is_heading
        and 2 * told(passage) >= len(open_)
        and named & {word.key for word in words(passage.sentence.text) if word.is_capitalised}
    ]
    best = max(stating, key=lambda p: (told(p), p.score, -p.number), default=None)
    return [] if best is None else [best]


def stands_verbatim(claim: str, passages: Sequence[Passage]) -> bool:
    """Whether each item of a claim stands word for word in a passage, apart from endings.

    Items are separated by commas, semicolons and "and". A claim that isn't a list is one item or,
    wherever it is cut, still made of verbatim pieces. A verb that was adapted to the question
    ("call" for "the tenant calls") still counts as verbatim, as does a phrase with "it" or
    "because" before it.
    """
    keys = [_stems(passage.sentence.text) for passage in passages]
    items = [_stems(_LED_IN.sub("", item)) for item in _ITEM_BREAK.split(claim)]
    return all(any(_contains(held, item) for held in keys) for item in items if item)


@functools.lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word's key without its English ending."""
    # A stemmer keeps a buffer, so that threads can't share one.
    found: str = Stemmer.Stemmer("english").stemWord(word)
    return found


def _stems(text: str) -> list[str]:
    return [stem(word.key) for word in words(text)]


def holds(text: str, claim: str) -> bool:
    """Whether a text says a claim word for word."""
    wanted = [word.key for word in words(claim)]
    return bool(wanted) and _contains([word.key for word in words(text)], wanted)


def _must_stand(word: Word) -> bool:
    """Whether a claim's word changes the claim's truth: it must stand in the passages."""
    if word.key in NEGATIONS or word.key.endswith("n't"):
        return True
    named = word.is_number or word.is_capitalised or word.key in MAGNITUDES
    return named and _is_content(word)


def _key(word: str) -> str:
    # Only Latin accents are dropped: other marks tell letters apart, as ガ from カ.
    folded = fold(word).replace("’", "'")
    if folded[:1].isdigit():
        return (
            folded.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", folded) else folded
        )
    if folded == "%" or folded.split() == ["per", "cent"]:
        return "percent"
    folded = folded.removesuffix("'s")
    return str(SPELLED_NUMBERS.get(folded, folded))


def _contains(keys: Sequence[str], wanted: Sequence[str]) -> bool:
    length = len(wanted)
    return any(
        list(keys[place : place + length]) == list(wanted)
        for place in range(len(keys) - length + 1)
        if keys[place] == wanted[0]
    )


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
