"""Questions whose answer stands nowhere but follows from what does, and what they take.

A small model can't be trusted with arithmetic, and a computed figure has no quote. So such a
question is taken apart into questions for its operands, each is answered and checked like any
other, and code computes from the quoted values (`qa.computing.arithmetic`). The answer cites its
operands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from qa.language.alignment import names_and_numbers
from qa.language.values import WEEKDAYS, Date, tokenise
from qa.llms import ChatModel, Deadline, Message, complete

__all__ = [
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

# What lies between two things: "how many days after X did Y", "how long is it from X to Y".
_BETWEEN_TWO = re.compile(
    r"""(?ix)
    (?:[^,]*,\s)?(?:for\s)?how\s(?:many\s(?P<unit>day|week|month|year)s|long)\s
    (?:(?:after|before)\s.+\s(?:did|does|was|were|is|are|will|had|has|came|comes)\s.+
      |(?:later|earlier|apart)\s(?:did|does|was|were|is|are|will|do)\s.+
      |(?:(?:(?:will\s)?pass|passed|elapsed|lie|lay|went\sby|(?:is|are|was|were)(?:\s(?:it|there))?|did\sit\stake)\s)?
       (?:from\s.+\sto\s.+
         |between\s(?:(?:the|these|those|its|their)\s)?(?:(?:two|both)\s.+|.+\sand\s.+)))
    """
)
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
# "Which came first", "who was the last to leave"; "the first novel" is in no order.
_WHICH_ORDER = re.compile(
    r"(?i)(?:which|who|what)\b.*\s"
    r"(?:(?<!\bthe\s)(?P<order>first|earlier|last|later)|the\s(?P<nth>first|last)\sto\s\w+)\Z"
)
_WHETHER_FIRST = re.compile(
    r"(?i)\W*(?:was|were|did|had|has|will|is|does)(?:n['’]t)?\s(?:.*?\s)"
    r"(?P<order>before|after|earlier than|later than)\s.*\S"
)
_WEEKDAY = re.compile(
    r"(?i)\A\W*(?:on )?(?:which|what) (?:weekday|day of the week)\b(?P<rest>.*)\Z"
)
# What happened once, or does on "a" day; "Is the pool open on Sunday?" asks of every one.
_ON_WEEKDAY = re.compile(
    rf"(?i)\A\W*(?P<rest>(?:(?:was|were|did|had|(?P<now>does|do|will))(?:n['’]t)?)\s.*?)"
    rf"\s+(?:(?:on|of) )?(?P<article>an? )?(?P<day>{'|'.join(WEEKDAYS)})\W*\Z"
)
_DOCUMENT = r"(?:the|this) (?:article|document|text|report|story|note|file|page|news|letter|mail)"
_DOCUMENT_DATE = re.compile(
    rf"(?i)\A\W*(?:when|(?:on |from )?(?:what|which) (?:date|day))\s(?:is|was) {_DOCUMENT}"
    r"(?: \w+)?\s(?:from|published|written|dated|posted|sent)\W*\Z"
    rf"|\A\W*what(?:['’]s| is| was) the (?:publication )?date of {_DOCUMENT}\W*\Z"
)
# Days and years aren't listed anywhere.
_HOW_MANY = re.compile(r"(?i)\bhow many\b(?!\s(?:days|weeks|months|years)\b)")


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
    between = _BETWEEN_TWO.fullmatch(question)
    if between and not _RULE.search(question):
        return Computation("difference", (between["unit"] or "day").lower())
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
    asked = _WHICH_ORDER.match(chosen[: max(asked_end, 0)])
    one, ended = chosen[asked_end + 1 :].strip(), re.match(r".*\w", other)
    # Of three things only two would be compared.
    if not asked or not joined or not one or not ended or " or " in one:
        return None
    is_first = (asked["order"] or asked["nth"]).lower() in {"first", "earlier"}
    return Computation("order", "first" if is_first else "last", options=(one, ended.group()))


def _plan_yes_no(question: str) -> Computation | None:
    found = _ON_WEEKDAY.match(question)
    if found and (found["article"] or not found["now"]):
        rest = found["rest"]
        return Computation(
            "weekday", found["day"].lower(), (f"When {rest[:1].lower()}{rest[1:]}?",)
        )
    found = _WHETHER_FIRST.match(question)
    if found is None or _RULE.search(question):
        return None
    # "Before 1990" compares with a date that the question gives.
    if any(isinstance(token.value, Date) for token in tokenise(question[found.end("order") :])):
        return None
    early = found["order"].lower() in {"before", "earlier than"}
    return Computation("order", "before" if early else "after")


def counted(question: str) -> str | None:
    """The question for the list whose items a "how many" question counts, or None."""
    found = _HOW_MANY.search(question)
    if found is None:
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
