"""The verdict on an answer: correct, wrong or refused, by rules that anyone can check.

An answer is correct if it says the gold, in any notation, and nothing that takes it
back. Where scorers that look for the gold as a substring are lenient, this one is not:
a gold is not said where it is negated ("not May 24"), hedged ("eleven or twelve"),
joined with another name ("Shya and Mizushima"), one of several dates or numbers where
one was asked, a part of a longer word, number or date, or lost in an answer that is
too long to read. What stands in a verbatim copy of a whole gold quote never counts
against an answer: the document's own sentence doesn't contradict itself.

The outcomes and their score are those of CRAG (Yang et al., 2024, "CRAG -
Comprehensive RAG Benchmark"): truthfulness is the share right minus the share wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from qa.types import Answer

from .cases import Alternatives, Case
from .values import Date, Number, Token, Value, conflicts, matches, tokenise

__all__ = [
    "MAX_ANSWER_WORDS",
    "Outcome",
    "contains",
    "grade",
    "is_refusal",
    "is_right",
    "list_coverage",
    "read_yes_no",
    "score",
    "strip_markers",
]

Outcome = Literal["correct", "wrong", "refused"]

# Who must search an answer has not been answered: this is about four long sentences.
MAX_ANSWER_WORDS = 120


def grade(case: Case, answer: Answer) -> Outcome:
    """Read an answer against its case.

    Where the documents don't tell, ``"refused"`` is what is wanted; ``"correct"`` is
    given to an answer that puts a false premise right in so many words, and whatever
    else is answered is wrong.
    """
    text = strip_markers(answer.text)
    refused = answer.status == "not_found" or is_refusal(text)
    if case.must_refuse:
        if not refused and _corrects(case, text):
            return "correct"
        return "refused" if refused else "wrong"
    if refused:
        return "refused"
    return "correct" if is_right(case, text) else "wrong"


def score(case: Case, outcome: Outcome) -> int:
    """Share in truthfulness: 1 right, 0 refused what the documents do tell, -1 wrong."""
    if outcome == "wrong":
        return -1
    return 1 if outcome == "correct" or case.must_refuse else 0


def is_right(case: Case, text: str) -> bool:
    """Whether a text without markers says all of the gold and nothing against it."""
    reply = _Reply(case, text)
    if reply.own_words() > MAX_ANSWER_WORDS or reply.says_any(case.reject):
        return False
    if case.kind == "yes-no":
        said = read_yes_no(text)
        if said is None:
            return any(contains(text, statement) for statement in case.statement)
        return said == case.gold[0][0]
    return all(reply.says_item(item) for item in case.gold)


def list_coverage(case: Case, text: str) -> float:
    """Share of the gold items that a text says, 0 to 1; 0 where there is no gold."""
    said = [any(contains(text, gold) for gold in item) for item in case.gold]
    return sum(said) / len(said) if said else 0.0


def contains(text: str, phrase: str) -> bool:
    """Whether a text says a phrase without negating it.

    Word by word, so never inside a longer word; numbers, ranks, dates and times by
    their value, as `eval.values` reads them.
    """
    tokens = tokenise(text)
    return any(not _negated(span, tokens, text) for span in _find(phrase, tokens))


# Reading yes, no and refusals ----------------------------------------------------------

_MARKERS = re.compile(r"\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
# Not before a digit: "No. 1" is no sentence end.
_SENTENCE_END = re.compile(r"(?<=[.!?;])[”\"’')\]]*\s+(?!\d)|\n+")
_YES_NO = re.compile(
    r"[\W_]*(?:(?P<yes>yes|yeah|yep)|(?P<no>no|nope)"
    r"|(?P<agree>correct|true|indeed|right)|(?P<deny>incorrect|false))\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_BOTH = re.compile(r"\s*(?:and|or|/)\s*(?:yes|no)\b", re.IGNORECASE)
_CLOSED = re.compile(r"[\s*_]*(?:$|[,;:!—–]|-\s|\.(?!\s*\d))")
_SUBJECT = re.compile(r"\s+(?:it|he|she|they|the|this|that|there|his|her|its|their|not)\b")

_SOURCE = (
    r"(?:documents?|articles?|sources?|texts?|context|passages?|excerpts?|evidence|sentences?)"
)
_TELL = (
    r"(?:say|state|mention|specify|provide|contain|include|give|tell|indicate|disclose|address|"
    r"detail|answer|cover|discuss|reveal|explain|name|list)"
)
_TOLD = (
    r"(?:said|stated|mentioned|specified|provided|contained|included|given|known|indicated|"
    r"disclosed|found|available|revealed|clear|covered)"
)
_NOT = r"(?:n't|\s+not)"
_REFUSAL = re.compile(
    rf"\b{_SOURCE}\b[^.;]{{0,60}}?\b(?:do|does|did|can){_NOT}\b[^.;]{{0,30}}?\b{_TELL}\b"
    rf"|\b(?:is|are|was|were){_NOT}\s+(?:\w+\s+)?{_TOLD}\b[^.;]{{0,30}}\b(?:in|by)\b[^.;]{{0,20}}"
    rf"\b{_SOURCE}\b"
    rf"|\b(?:it|this|that)\s+is{_NOT}\s+(?:\w+\s+)?(?:stated|mentioned|specified)\b"
    rf"|^\W*(?:information\s+)?not\s+{_TOLD}\b"
    r"|^\W*(?:unknown|unanswerable|n/a|no\s+answer)\W*$"
    r"|(?:^\W*|\bthere\s+is\s+)no\s+(?:information|mention|indication|details?|answer)\b"
    rf"|\b{_SOURCE}\b\s+(?:\w+\s+){{0,3}}?{_TELL}s?\s+(?:no|nothing)\b"
    rf"|\b(?:i|we)\s+(?:do|can|could)(?:{_NOT}|not)\s+(?:\w+\s+)?(?:know|find|answer|tell|determine)\b"
    rf"|\b(?:can|could)(?:{_NOT}|not)\s+be\s+(?:determined|found|answered)\b"
    r"|\bunable\s+to\s+(?:find|answer|determine)\b",
    re.IGNORECASE,
)


def read_yes_no(text: str) -> Literal["yes", "no"] | None:
    """Read the yes or no that a sentence opens with; None where there is none, or both.

    "No. 1 in 82 regions", "No one has" and "Yes and no" are no readings.
    """
    readings: set[Literal["yes", "no"]] = set()
    for sentence in _sentences(text):
        opening = _YES_NO.match(sentence)
        if opening is None:
            continue
        rest = opening["rest"]
        if _BOTH.match(rest):
            return None
        closed = bool(_CLOSED.match(rest))
        if opening["yes"] or (closed and opening["agree"]):
            readings.add("yes")
        elif closed or (opening["no"] and _SUBJECT.match(rest)):
            readings.add("no")
    return readings.pop() if len(readings) == 1 else None


def is_refusal(text: str) -> bool:
    """Whether a text is empty or opens by saying that the documents don't tell.

    For systems whose answers have no status of their own.
    """
    first = next(iter(_sentences(text)), "")
    return not first or bool(_REFUSAL.search(first.replace("’", "'")))


def strip_markers(text: str) -> str:
    """Leave out the ``[1]`` citation markers."""
    return _MARKERS.sub("", text).strip()


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


# Finding what is said ------------------------------------------------------------------

_Span = tuple[int, int]

_CONNECTIVES = frozenset({"at", "on", "in", "of", "by", "and"})
_NEGATION = re.compile(
    r"not|never|neither|nor|without|except|cannot|cant|wont"
    r"|(?:is|was|are|were|does|did|do|has|have)nt"
)
_COPULAS = frozenset({"is", "was", "are", "were", "but"})
_INSTEAD = frozenset({("rather", "than"), ("instead", "of"), ("other", "than")})
_CLAUSE_END = re.compile(r"[,.;:!?()—]")

_WORD = r"(?!(?:And|Or)\b)[^\W\d_a-z][\w'’&-]*"
_NAME = rf"{_WORD}(?:\s+{_WORD})*"
_JOIN = r"(?:\s*,)?\s*(?:\b(?:and|or)\b|[/&])\s*"
_NAME_END = r"(?=\s*(?:$|[.,;:!?()\[\n]|\b(?:and|or)\b))"
_JOINED_AFTER = re.compile(rf"{_JOIN}({_NAME}){_NAME_END}")
_JOINED_BEFORE = re.compile(rf"\b({_NAME}){_JOIN}$")
_LISTED_AFTER = re.compile(rf"(?:\s*,\s*|{_JOIN})({_NAME}){_NAME_END}")
_LISTED_BEFORE = re.compile(rf"(?:^|[:;])\s*({_NAME})\s*,\s*$")
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
        behind.append(tokens[k].value)
    if behind and behind[0] == "only":
        return False
    if any(isinstance(word, str) and _NEGATION.fullmatch(word) for word in behind):
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
        spans = sorted({span for each in found.values() for span in each})
        if not spans:
            return False
        own = [span for span in spans if not self._copied(span)]
        if any(_negated(span, self._tokens, self._text) for span in own):
            return False
        if self._hedged(own, spans):
            return False
        said = [gold for gold, each in found.items() if each]
        if any(_is_value(gold) for gold in said):
            return not self._other_values([gold for gold in said if _is_value(gold)])
        return not any(self._joined(span) for span in own)

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
            for k, token in enumerate(self._tokens)
            if not isinstance(token.value, str)
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


def _corrects(case: Case, text: str) -> bool:
    return (
        len(tokenise(text)) <= MAX_ANSWER_WORDS
        and any(contains(text, phrase) for phrase in case.correction)
        and not any(contains(text, phrase) for phrase in case.reject)
    )
