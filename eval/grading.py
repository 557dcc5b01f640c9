"""The verdict on an answer: correct, wrong or refused, by rules that anyone can check.

An answer is correct if it says the gold, in any notation, and nothing that takes it
back. Where scorers that look for the gold as a substring are lenient, this one is not:
a gold is not said where it is negated ("not May 24"), hedged ("eleven or twelve"),
joined with another name ("Shya and Mizushima"), one of several dates or numbers where
one was asked, a part of a longer word, number or date, or lost in an answer that is
too long to read. Nor is it stricter than a reader: a gold may lose its first words
("the principles of"), a person the first name, and who repeats a yes-no question as a
statement has answered it. What stands in a verbatim copy of a whole gold quote never counts
against an answer: the document's own sentence doesn't contradict itself.

The score follows CRAG (Yang et al., 2024, "CRAG - Comprehensive RAG Benchmark"):
truthfulness is the share right minus the share wrong. It isn't CRAG's in one thing: to
refuse what the documents don't tell is right here and counts 1, where CRAG gives any
refusal 0. A system that always refuses has the share of unanswerable cases, not 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from qa.language.values import Date, Number, Token, Value, conflicts, matches, tokenise
from qa.types import Answer

from .cases import Alternatives, Case
from .metrics import token_f1
from .reading import (
    NEGATION,
    answers_after_all,
    is_refusal,
    read_statement,
    read_yes_no,
    sentences,
    strip_markers,
)

__all__ = [
    "MAX_ANSWER_WORDS",
    "Outcome",
    "contains",
    "grade",
    "is_right",
    "score",
]

Outcome = Literal["correct", "wrong", "refused"]

# Who must search an answer has not been answered: this is about four long sentences.
MAX_ANSWER_WORDS = 120


def grade(case: Case, answer: Answer) -> Outcome:
    """Read an answer against its case.

    Where the documents don't tell, ``"refused"`` is what is wanted; ``"correct"`` is
    given to an answer that puts a false premise right in so many words, and whatever
    else is answered is wrong, also after words of refusal (`answers_after_all`).
    """
    text = strip_markers(answer.text)
    refused = answer.status == "not_found" or is_refusal(text)
    if case.must_refuse:
        if refused and answer.status != "not_found":
            refused = not answers_after_all(text, *_asked_and_known(case, answer))
        if not refused and _corrects(case, text, _sources(answer)):
            return "correct"
        return "refused" if refused else "wrong"
    # Whoever gives the answer after all, after "The article speaks of X. However, …", has
    # answered; a yes or no is too short to tell it from the way a refusal opens.
    if refused and (
        answer.status == "not_found" or case.kind == "yes-no" or not is_right(case, text)
    ):
        return "refused"
    return "correct" if is_right(case, text) else "wrong"


def score(case: Case, outcome: Outcome) -> int:
    """Share in truthfulness: 1 right, 0 refused what the documents do tell, -1 wrong.

    Right is also to refuse what they don't tell (CRAG: 0).
    """
    if outcome == "wrong":
        return -1
    return 1 if outcome == "correct" or case.must_refuse else 0


def is_right(case: Case, text: str) -> bool:
    """Whether a text without markers says all of the gold and nothing against it.

    Sums that are written otherwise are tried as well: "5 million dollars" for "$5 million".
    """
    return _is_right(case, text) or _is_right(_plain_case(case), _plain(text))


def _is_right(case: Case, text: str) -> bool:
    reply = _Reply(case, text)
    if reply.own_words() > MAX_ANSWER_WORDS or reply.says_any(case.reject):
        return False
    if case.kind == "yes-no":
        # Whoever repeats the question as it stands has answered it, whatever names follow.
        said = read_yes_no(text) or read_statement(case.question, text, in_order=True)
        if said is None and any(contains(text, statement) for statement in case.statement):
            return True
        return (said or read_statement(case.question, text)) == case.gold[0][0]
    return all(reply.says_item(item) for item in case.gold)


def contains(text: str, phrase: str) -> bool:
    """Whether a text says a phrase without negating it.

    Word by word, so never inside a longer word; numbers, ranks, dates and times by
    their value, as `qa.language.values` reads them.
    """
    tokens = tokenise(text)
    return any(not _negated(span, tokens, text) for span in _find(phrase, tokens))


_Span = tuple[int, int]

_A_THOUSAND = re.compile(
    r"(?<!half )(?<!of )\ba(?=\s+(?:hundred|thousand|million|billion|trillion)\b)", re.IGNORECASE
)
_MONEY = re.compile(
    r"(?<![$€£¥₩])\b(\d[\d,.]*(?:\s+(?:thousand|million|billion|trillion))?)\s+"
    r"(?:US\s+)?(?:(?P<dollars>dollars)|euros)\b",
    re.IGNORECASE,
)


def _plain(text: str) -> str:
    """A text with its sums of money and round numbers as `qa.language.values` reads them."""
    text = _A_THOUSAND.sub("one", text)
    return _MONEY.sub(lambda sum_: ("$" if sum_["dollars"] else "€") + sum_[1], text)


def _plain_case(case: Case) -> Case:
    def all_of(items: tuple[Alternatives, ...]) -> tuple[Alternatives, ...]:
        return tuple(tuple(map(_plain, item)) for item in items)

    return replace(
        case,
        gold=all_of(case.gold),
        quotes=all_of(case.quotes),
        also=tuple(map(_plain, case.also)),
        reject=tuple(map(_plain, case.reject)),
    )


_CONNECTIVES = frozenset({"at", "on", "in", "of", "by", "and"})
_COPULAS = frozenset({"is", "was", "are", "were", "but"})
_INSTEAD = frozenset({("rather", "than"), ("instead", "of"), ("other", "than")})
_CLAUSE_END = re.compile(r"[,.;:!?()—]")
# "It isn't allowed because dogs bark": what isn't allowed says nothing against the reason.
_REASONS = frozenset({"because", "since"})

_CONTRAST = re.compile(rf"{NEGATION.pattern}|no|rather|instead|but|actually|incorrect")
# A short sentence of a document may put a premise right; a passage is left to the reader.
MAX_COPIED_WORDS = 16

_WORD = r"(?!(?:And|Or)\b)[^\W\d_a-z][\w'’&-]*"
_NAME = rf"{_WORD}(?:\s+{_WORD})*"
_JOIN = r"(?:\s*,)?\s*(?:\b(?:and|or)\b|[/&])\s*"
_SPAN = re.compile(r"\s*(?:[-–—]|to|until|till|through)\s*", re.IGNORECASE)
_BEGINS = re.compile(r"\b(?:beg[aiu]n\w*|start\w*|since)\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:end(?:s|ed|ing)?|until|till|finish\w*)\b", re.IGNORECASE)
_NAME_END = r"(?=\s*(?:$|[.,;:!?()\[\n]|\b(?:and|or)\b))"
_JOINED_AFTER = re.compile(rf"{_JOIN}({_NAME}){_NAME_END}")
_JOINED_BEFORE = re.compile(rf"\b({_NAME}){_JOIN}$")
_LISTED_AFTER = re.compile(rf"(?:\s*,\s*|{_JOIN})({_NAME}){_NAME_END}")
_LISTED_BEFORE = re.compile(rf"(?:^|[:;])\s*({_NAME})\s*,\s*$")
_CLAUSE_STOP = re.compile(r"[.;!?]\s")
_EITHER = re.compile(r"\beither\b(?!\s+(?:side|end|way|of)\b)", re.IGNORECASE)
# "or his nephew" before a name; "or the people of" belongs to what comes before.
_OR_KIN = re.compile(
    r"\bor\s+(?:(?:maybe|perhaps|possibly)\s+)?(?:his|her|its|their|the|an?)\s+"
    r"(?:[a-z-]+\s+)?(?!(?:of|in|at|by|on|to|for|from|with|and)\s)[a-z-]+\s+$"
)
_PERSON = re.compile(rf"{_WORD}(?:\s+{_WORD}){{1,3}}")
_BEFORE = _CONNECTIVES | {
    "is", "was", "are", "were", "be", "to", "from", "with", "for", "as", "than", "called", "named",
    "it", "that", "who", "into", "about", "through", "on",
}  # fmt: skip
MIN_SHORTENED_F1 = 0.8
_LEADING = re.compile(r"^(?:By|In|On|At|With|From|Of|For|Both|The)\s+")


def _find(phrase: str, tokens: Sequence[Token]) -> list[_Span]:
    """Half-open token spans of a phrase; of each value, if it is nothing but values.

    So that "1 pm on May 24" says "May 24 at 1 pm".
    """
    wanted = [token.value for token in tokenise(phrase)]
    if not wanted:
        return []
    spans = [
        (start, start + len(wanted))
        for start in range(len(tokens) - len(wanted) + 1)
        if all(matches(gold, tokens[start + k].value) for k, gold in enumerate(wanted))
    ]
    values = _values(phrase)
    if spans or len(values) < 2 or not _is_value(phrase):
        return spans
    found = [
        [(k, k + 1) for k, token in enumerate(tokens) if matches(value, token.value)]
        for value in values
    ]
    return [span for each in found for span in each] if all(found) else []


def _shortened(gold: str, question: str) -> list[str]:
    """A gold without its first words, where a reader would miss nothing; may be empty.

    What is left out must be no number, no negation and no item of a list, and little
    (F1 of at least .8). Of a person whom a "who" asks for the last name is enough, and the
    first with the last.
    """
    tokens, short = tokenise(gold), list[str]()
    for k in range(1, len(tokens)):
        left_out, rest = gold[: tokens[k].start], gold[tokens[k].start :]
        words = [token.value for token in tokens[:k]]
        if (
            any(not isinstance(word, str) or NEGATION.fullmatch(word) for word in words)
            or re.search(r"[,;:/&]|\b(?:and|or|no)\b", left_out, re.IGNORECASE)
            or token_f1(rest, [gold]) < MIN_SHORTENED_F1
        ):
            break
        short.append(rest)
    if re.search(r"\bwho(?:m|se)?\b", question, re.IGNORECASE) and _PERSON.fullmatch(gold):
        first, *_, last = gold.split()
        short += [last, f"{first} {last}"]
    return short


def _values(text: str) -> list[Value]:
    return [token.value for token in tokenise(text) if not isinstance(token.value, str)]


def _is_value(phrase: str) -> bool:
    words = [token.value for token in tokenise(phrase) if isinstance(token.value, str)]
    return bool(_values(phrase)) and _CONNECTIVES.issuperset(words)


def _negated(span: _Span, tokens: Sequence[Token], text: str) -> bool:
    start, end = span
    behind: list[str | Value] = []
    for k in range(start - 1, max(start - 5, -1), -1):
        if _CLAUSE_END.search(text[tokens[k].end : tokens[k + 1].start]):
            break
        if tokens[k].value in _COPULAS:
            break
        if tokens[k].value in _REASONS and not _denies(tokens[k - 1].value if k else ""):
            break
        behind.append(tokens[k].value)
    # "Not until May 24" is on May 24.
    if behind and behind[0] in {"only", "until", "till"}:
        return False
    if any(map(_denies, behind)):
        return True
    if tuple(reversed(behind[:2])) in _INSTEAD:
        return True
    ahead: list[str | Value] = []
    for k in range(end, min(end + 2, len(tokens))):
        if _CLAUSE_END.search(text[tokens[k - 1].end : tokens[k].start]):
            break
        ahead.append(tokens[k].value)
    return bool(ahead) and (
        ahead[0] in {"isnt", "wasnt", "arent", "werent"}
        or (len(ahead) == 2 and ahead[0] in _COPULAS and ahead[1] in {"not", "wrong", "incorrect"})
    )


def _denies(word: str | Value) -> bool:
    return isinstance(word, str) and bool(NEGATION.fullmatch(word))


class _Reply:
    """An answer's text, cut once, with the parts that copy a whole gold quote."""

    def __init__(self, case: Case, text: str) -> None:
        self._case = case
        self._text = text
        self._tokens = tokenise(text)
        self._copies = [
            span
            for item in case.quotes
            for quote in item
            for span in _find(quote, self._tokens)
            if span[1] - span[0] > 1
        ]

    def own_words(self) -> int:
        """Words outside the copies."""
        return sum(not self._copied((k, k + 1)) for k in range(len(self._tokens)))

    def says_any(self, phrases: Iterable[str]) -> bool:
        """Whether a phrase is said, not negated, outside the copies."""
        return any(
            not self._copied(span) and not _negated(span, self._tokens, self._text)
            for phrase in phrases
            for span in _find(phrase, self._tokens)
        )

    def says_item(self, item: Alternatives) -> bool:
        """Whether one of the alternatives is said, and nothing of its sort beside it."""
        found = {gold: _find(gold, self._tokens) for gold in item}
        if not any(found.values()) and self._case.kind != "quote":
            found = {
                short: [span for span in _find(short, self._tokens) if self._begins(span)]
                for gold in item
                for short in _shortened(gold, self._case.question)
            }
        spans = sorted({span for each in found.values() for span in each})
        if not spans:
            return False
        own = [span for span in spans if not self._copied(span)]
        if any(_negated(span, self._tokens, self._text) for span in own):
            return False
        if self._hedged(own, spans) or any(self._one_of_several(span) for span in own):
            return False
        said = [gold for gold, each in found.items() if each]
        if any(_is_value(gold) for gold in said):
            return not self._other_values([gold for gold in said if _is_value(gold)])
        return not any(self._joined(span) for span in own)

    def _one_of_several(self, span: _Span) -> bool:
        """Whether what is said is one choice, or one of several sentences that differ in a name.

        "It was in Spain. It was in France." doesn't say where it was, nor does "Spain; France".
        """
        start, end = self._tokens[span[0]].start, self._tokens[span[1] - 1].end
        said = self._text[start:end]
        before = _CLAUSE_STOP.split(self._text[:start])[-1]
        if not re.search(r"\beither\b", said, re.IGNORECASE) and (
            _EITHER.search(before) or _OR_KIN.search(before)
        ):
            return True
        parts = sentences(self._text)
        position = 0
        for place, part in enumerate(parts):
            position = self._text.index(part, position)
            if position <= start and end <= position + len(part):
                head = part[: start - position].strip()
                tail = part[end - position :].strip(" .;!?")
                others = [other for k, other in enumerate(parts) if k != place]
                return any(self._is_rival(other, head, tail) for other in others)
            position += len(part)
        return False

    def _is_rival(self, sentence: str, head: str, tail: str) -> bool:
        bare = sentence.rstrip(" .;!?")
        if head and not bare.startswith(f"{head} "):
            return False
        if tail and not bare.endswith(f" {tail}"):
            return False
        name = bare[len(head) : len(bare) - len(tail)].strip()
        # Not "Dr." or "J. R.", after which no sentence ends.
        initials = sentence.endswith(".") and not head and len(name) < 5
        return bool(re.fullmatch(_NAME, name)) and not initials and not self._known(name)

    def _begins(self, span: _Span) -> bool:
        """Whether no word before a span belongs to it: "by Holt", but not "Mira Holt"."""
        start = span[0]
        if start == 0:
            return True
        between = self._text[self._tokens[start - 1].end : self._tokens[start].start]
        before = self._tokens[start - 1].value
        return bool(_CLAUSE_END.search(between)) or before in _BEFORE

    def _copied(self, span: _Span) -> bool:
        return any(start <= span[0] and span[1] <= end for start, end in self._copies)

    def _hedged(self, own: Sequence[_Span], spans: Sequence[_Span]) -> bool:
        starts, ends = {start for start, _ in spans}, {end for _, end in spans}

        def word(k: int) -> str | Value | None:
            return self._tokens[k].value if 0 <= k < len(self._tokens) else None

        return any(
            (word(start - 1) == "or" and start - 1 not in ends)
            or (word(end) == "or" and word(end + 1) != "so" and end + 1 not in starts)
            for start, end in own
            # A shorter alternative inside a longer one isn't what stands beside the "or".
            if not any((a, b) != (start, end) and a <= start and end <= b for a, b in spans)
        )

    def _other_values(self, said: Sequence[str]) -> bool:
        """Whether a date, time, number or rank stands where only the gold's may."""
        item_values = [value for gold in said for value in _values(gold)]
        sorts = {type(value) for value in item_values}
        phrases = [gold for item in self._case.gold for gold in item]
        golds = [value for phrase in phrases for value in _values(phrase)]
        # "May 24" is the same gold as "May 24, 2024": another year contradicts both.
        golds = [
            gold
            for gold in golds
            if not any(matches(gold, other) and not matches(other, gold) for other in golds)
        ]
        known = [*self._case.also, self._case.question]
        excused = [value for phrase in known for value in _values(phrase)]
        return any(
            not self._copied((k, k + 1))
            and type(token.value) in sorts
            and self._is_other(token.value, golds)
            and not any(matches(value, token.value) for value in excused)
            and not self._other_end(k, golds)
            for k, token in enumerate(self._tokens)
            if not isinstance(token.value, str)
        )

    def _other_end(self, k: int, golds: Sequence[Value]) -> bool:
        """Whether a value ends the span of which the question asks when it begins, or so."""
        tokens, text = self._tokens, self._text

        def spanned(first: int, last: int) -> bool:
            if not 0 <= first < last < len(tokens):
                return False
            between = text[tokens[first].end : tokens[last].start]
            return bool(_SPAN.fullmatch(between)) or (
                between.strip() == "and" and tokens[max(first - 1, 0)].value == "between"
            )

        def is_gold(place: int) -> bool:
            value = tokens[place].value
            return not isinstance(value, str) and any(matches(gold, value) for gold in golds)

        # The word between the two may be a token of its own.
        return any(
            (_BEGINS.search(self._case.question) and spanned(k - by, k) and is_gold(k - by))
            or (_ENDS.search(self._case.question) and spanned(k, k + by) and is_gold(k + by))
            for by in (1, 2)
        )

    def _is_other(self, value: Value, golds: Sequence[Value]) -> bool:
        if isinstance(value, Number) and value.spelled and value.amount == 1:
            return False
        same = [gold for gold in golds if type(gold) is type(value)]
        if isinstance(value, Number):
            same = [gold for gold in same if isinstance(gold, Number) and gold.unit == value.unit]
        if isinstance(value, Date) and value.month is None:
            # A bare year beside a day is the day's setting, not another day.
            same = [gold for gold in same if isinstance(gold, Date) and gold.month is None]
        return bool(same) and all(conflicts(gold, value) for gold in same)

    def _joined(self, span: _Span) -> bool:
        """Whether a name that isn't gold is set beside this one as its equal."""
        before = self._text[: self._tokens[span[0]].start]
        after = self._text[self._tokens[span[1] - 1].end :]
        found = [_JOINED_AFTER.match(after), _JOINED_BEFORE.search(before)]
        if len(self._case.gold) > 1:
            found += [_LISTED_AFTER.match(after), _LISTED_BEFORE.search(before)]
        if any(match and not self._known(match[1]) for match in found):
            return True
        # "Paris, France" is one place; a text of three names and no word else is a list.
        names = [name for name in re.split(r",\s*", f"{before},{after}") if name.strip(" .")]
        return (
            len(names) > 1
            and all(re.fullmatch(rf"(?:and\s+)?{_NAME}[\s.]*", name) for name in names)
            and not any(self._known(name.strip(" .")) for name in names)
        )

    def _known(self, name: str) -> bool:
        bare = _LEADING.sub("", name)
        known = [gold for item in self._case.gold for gold in item] + list(self._case.also)
        return (
            not bare
            or any(contains(bare, phrase) or contains(phrase, bare) for phrase in known)
            or contains(self._case.question, bare)
        )


def _sources(answer: Answer) -> tuple[str, ...]:
    """What an answer was made from and cites."""
    return (
        *(citation.quote for citation in answer.citations),
        *(passage.sentence.text for passage in answer.evidence),
    )


def _asked_and_known(case: Case, answer: Answer) -> tuple[str, tuple[str, ...]]:
    """What was asked, with what was said before; and what a refusal may speak of besides."""
    before = [text for turn in case.history for text in (turn.question, turn.answer)]
    named = [(citation.title, citation.date or "") for citation in answer.citations]
    named += [(passage.title, passage.date or "") for passage in answer.evidence]
    documents = [text for each in named for text in each]
    known = (*_sources(answer), *documents, *case.correction, *case.also)
    return " ".join((case.question, *before)), known


def _corrects(case: Case, text: str, sources: Iterable[str]) -> bool:
    """Whether a text says what is so, and that it isn't what the question takes for granted.

    What is so alone is no correction: who invents a longest track "of the eleven" has not
    noticed that the question spoke of fourteen. Nor is a passage that is only copied.
    """
    words = [token.value for token in tokenise(text)]
    return (
        len(words) <= MAX_ANSWER_WORDS
        and any(isinstance(word, str) and _CONTRAST.fullmatch(word) for word in words)
        and any(contains(text, phrase) for phrase in case.correction)
        and not any(contains(text, phrase) for phrase in case.reject)
        and not (len(words) > MAX_COPIED_WORDS and any(_find(text, tokenise(s)) for s in sources))
    )
