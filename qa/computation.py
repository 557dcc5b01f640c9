"""Questions whose answer stands nowhere but follows from what does, and what they take.

A small model can't be trusted with arithmetic, and a computed figure has no quote. So such a
question is taken apart into questions for its operands, each is answered and checked like any
other, and code computes from the quoted values (`qa.arithmetic`). The answer cites its operands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from qa.alignment import names_and_numbers
from qa.llms import ChatModel, Deadline, Message, complete
from qa.values import Date, tokenise

__all__ = [
    "WEEKDAYS",
    "Computation",
    "asks_document_date",
    "constant_operands_prompt",
    "counted",
    "operand_questions",
    "plan_computation",
]

Operation = Literal["difference", "order", "weekday", "count"]

# Which values are wanted is read off the question by code; only its two halves are left to
# the model, which turns them into questions.
OPERANDS_INSTRUCTIONS = (
    "The last question compares two things. Split it into two questions, one for each thing, "
    "that a text can answer. Keep names and details as they are. Reply: first | second"
)
OPERANDS_EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "How many days passed between the flood and the reopening of the bridge?",
        "When was the flood? | When was the bridge reopened?",
    ),
    (
        "How many years after the Ferrow Bridge did the tunnel open?",
        "When did the Ferrow Bridge open? | When did the tunnel open?",
    ),
    (
        "Which was built first, the mill or the church by Rehn?",
        "When was the mill built? | When was the church by Rehn built?",
    ),
    (
        "Was the law signed before the strike began?",
        "When was the law signed? | When did the strike begin?",
    ),
    (
        "How many more pupils walk than cycle?",
        "How many pupils walk? | How many pupils cycle?",
    ),
    (
        "How long after his first novel was the second one published?",
        "When was his first novel published? | When was his second novel published?",
    ),
)
OPERANDS_MAX_TOKENS = 64

_UNITS = "day|week|month|year"
_SPAN = re.compile(rf"(?i)\bhow (?:many (?P<unit>{_UNITS})s|long)\b")
_SPANNED = re.compile(r"(?i)\b(?:after|before|between|since|until|till|apart|later|earlier)\b")
# "From" alone is as often a place: "How long can I keep books from the library?"
_FROM, _TO = re.compile(r"(?i)\bfrom\b"), re.compile(r"(?i)\bto\b")
# Of "coats of paint" none is named that a date could be asked of.
_BETWEEN = re.compile(r"(?i)\bbetween\b(?P<rest>.*)")
_TWO = re.compile(r"(?i)\A\s+(?:the\s+|these\s+|those\s+|its\s+|their\s+)?(?:two|both)\b|\band\b")
# What somebody should, may or has to do is a rule, which has no date.
_RULE = re.compile(
    r"\b(?i:can|could|might|must|shall|should|ought|cannot|can['’]t|couldn['’]t|mustn['’]t|"
    r"shouldn['’]t|allowed|permitted|required|obliged|supposed|necessary|advisable|possible)\b"
    r"|\bmay\b|\AMay\b|\b(?i:have|has|had|need|needs|needed|got)\s+to\b"
    r"|(?i:\b(?:do|am|are|is|will|would)\s+(?:i|you|we|one)\b)"
)
_NUMBER_DIFFERENCE = re.compile(
    r"(?i)\bhow (?:many|much) (?:more|fewer|less)\b.*\bthan\b"
    r"|\bdifference between\b.*\band\b"
    # By how much something fell a text may say itself.
    r"|\bby how (?:many|much)\b.*\b(?:than|differ|exceed|outnumber)"
)
_WHICH = re.compile(r"(?i)(?:which|who|what)\b")
_WHICH_ORDER = re.compile(r"(?i)\b(?P<order>first|earlier|last|later)\b")
# "Who wrote the first novel?", "Which mill burnt last year?": of something's place or time.
_NO_ORDER = re.compile(
    r"(?i)\b(?:the|an?|my|your|his|her|its|our|their|\w+['’]s)\s+(?:very\s+)?"
    r"(?:first|earlier|last|later)\s+(?!(?:to|of|in|one|that|which)\b)\w|\blast\s+(?:year|month|week|night|\w+day|time)\b"
)
_WHETHER_FIRST = re.compile(r"(?i)\A.*?\S\s(?P<order>before|after|earlier than|later than)\s.*\S")
_WEEKDAY = re.compile(
    r"(?i)\A\W*(?:on )?(?:which|what) (?:weekday|day of the week)\b(?P<rest>.*)\Z"
)
WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
# What happened once, or does on "a" day; "Is the pool open on Sunday?" asks of every one.
_ON_WEEKDAY = re.compile(
    rf"(?i)\A\W*(?P<rest>(?:(?:was|were|did|had|(?P<now>does|do|will))(?:n['’]t)?)\s.*?)"
    rf"\s+(?:(?:on|of) )?(?P<article>an? )?(?P<day>{WEEKDAYS})\W*\Z"
)
_DOCUMENT = r"(?:the|this) (?:article|document|text|report|story|note|file|page|news|letter|mail)"
_DOCUMENT_DATE = re.compile(
    rf"(?i)\A\W*(?:when|(?:on |from )?(?:what|which) (?:date|day))\s(?:is|was) {_DOCUMENT}"
    r"(?: \w+)?\s(?:from|published|written|dated|posted|sent)\W*\Z"
    rf"|\A\W*what(?:['’]s| is| was) the (?:publication )?date of {_DOCUMENT}\W*\Z"
)
_HOW_MANY = re.compile(r"(?i)\bhow many\b")


@dataclass(frozen=True, slots=True)
class Computation:
    """What is to be computed from what.

    Parameters
    ----------
    operation : {"difference", "order", "weekday", "count"}
    detail : str
        The unit of a difference between dates (``"number"`` for plain numbers), the
        order that is asked about, or the weekday that is supposed; ``""`` for none.
    questions : tuple of str
        For the operands; empty where the model must find them (`operand_questions`).
    options : tuple of str
        What an order is to choose from; empty for yes or no.
    """

    operation: Operation
    detail: str
    questions: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def asks_document_date(question: str) -> bool:
    """Whether an English question asks when a document itself was written."""
    return bool(_DOCUMENT_DATE.search(question))


def plan_computation(question: str, *, yes_no: bool) -> Computation | None:
    """Recognise an English question whose answer must be computed.

    Parameters
    ----------
    question : str
    yes_no : bool
        Whether it asks for yes or no.

    Returns
    -------
    Computation or None
        None for every other question, and for a count, which the text may state.
    """
    if yes_no:
        return _plan_yes_no(question)
    if found := _WEEKDAY.match(question):
        return Computation("weekday", "", (f"On what date{found['rest']}",))
    if which := _which_first(question):
        return which
    unit = _spanned_unit(question)
    if unit and not _RULE.search(question) and _names_two(question):
        return Computation("difference", unit)
    if _NUMBER_DIFFERENCE.search(question):
        return Computation("difference", "number")
    return None


def _which_first(question: str) -> Computation | None:
    """The order of the two things between which a question lets choose, "the mill or the church".

    The question is cut at its last "or" and at the last comma or colon before that, which takes
    no time however often it has them.
    """
    chosen, joined, other = question.rpartition(" or ")
    chosen = chosen.rstrip(" ,")
    asked_end = max(chosen.rfind(","), chosen.rfind(":"))
    if not joined or asked_end < 0 or not _WHICH.match(question):
        return None
    asked, one = chosen[:asked_end], chosen[asked_end + 1 :].strip()
    ended = re.match(r".*\w", other)
    orders = list(_WHICH_ORDER.finditer(asked))
    if not orders or not one or not ended or _NO_ORDER.search(asked):
        return None
    # Of three things only two would be compared.
    if re.search(r"[,:]", asked[orders[-1].end() :]) or " or " in one:
        return None
    firsts = {found["order"].lower() in {"first", "earlier"} for found in orders}
    if len(firsts) > 1:
        return None
    return Computation("order", "first" if True in firsts else "last", options=(one, ended.group()))


def _spanned_unit(question: str) -> str | None:
    """The unit of the time that a question asks for between two things; None where it doesn't."""
    found = _SPAN.search(question)
    if found is None:
        return None
    from_ = _FROM.search(question, found.end())
    if not _SPANNED.search(question, found.end()) and not (
        from_ and _TO.search(question, from_.end())
    ):
        return None
    return (found["unit"] or "day").lower()


def _names_two(question: str) -> bool:
    between = _BETWEEN.search(question)
    return between is None or bool(_TWO.search(between["rest"]))


def _plan_yes_no(question: str) -> Computation | None:
    found = _ON_WEEKDAY.match(question)
    if found and (found["article"] or not found["now"]):
        rest = found["rest"]
        return Computation(
            "weekday", found["day"].lower(), (f"When {rest[:1].lower()}{rest[1:]}?",)
        )
    found = _WHETHER_FIRST.match(question)
    if found and _RULE.search(question):
        return None
    # "before 1990" compares with a date that the question gives.
    if found and not any(
        isinstance(token.value, Date) for token in tokenise(question[found.end("order") :])
    ):
        early = found["order"].lower() in {"before", "earlier than"}
        return Computation("order", "before" if early else "after")
    return None


def counted(question: str) -> str | None:
    """The question for the list whose items a "how many" question counts, or None."""
    found = _HOW_MANY.search(question)
    # The days between two dates aren't listed anywhere.
    if found is None or _spanned_unit(question):
        return None
    which = "Which" if found.group()[0] == "H" else "which"
    return f"{question[: found.start()]}{which}{question[found.end() :]}"


def constant_operands_prompt() -> list[Message]:
    """The part of the prompt for operands that is the same for every question."""
    messages = [Message("system", OPERANDS_INSTRUCTIONS)]
    for asked, split in OPERANDS_EXAMPLES:
        messages += [Message("user", asked), Message("assistant", split)]
    return messages


def operand_questions(model: ChatModel, question: str, deadline: Deadline) -> tuple[str, ...]:
    """Have the model take a comparison apart into questions for its two operands.

    Returns
    -------
    tuple of str
        Two questions; empty where the reply isn't two, or names something that the
        question doesn't.

    Raises
    ------
    ModelUnavailableError
    """
    messages = [*constant_operands_prompt(), Message("user", question)]
    reply = complete(model, messages, max_tokens=OPERANDS_MAX_TOKENS, deadline=deadline).text
    parts = tuple(part.strip() for part in reply.strip().split("|"))
    if len(parts) != 2 or not all(part.endswith("?") for part in parts):
        return ()
    known = {token.value for token in tokenise(question)}
    for part in parts:
        for word in names_and_numbers(part):
            if not {token.value for token in tokenise(word.text)} <= known:
                return ()
    return parts if parts[0] != parts[1] else ()
