"""What is checked in the tests of verification: five sentences, and a reader by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from doubles import Reply, Script

from qa.checking.claims import CheckedClaim
from qa.generation import Draft
from qa.llms import Completion, Deadline, Message, ScriptedChatModel, Token
from qa.settings import VerificationSettings, YesNoModel
from qa.types import Evidence, Passage, Sentence
from qa.verification import check_claims

TEXTS = (
    "RM released the song on May 10.",
    "The volcano erupted near Milano at 9 am.",
    "Kim plays the piano.",
    "The album has eleven tracks.",
    "It sold 5.8 million copies in Japan.",
)


def evidence(question: str = "When?", ranked: tuple[int, ...] = (1, 2)) -> Evidence:
    passages = tuple(
        Passage(
            number,
            Sentence("a.txt", number, 100 * number, 100 * number + len(text), text),
            "Songs",
            None,
            0.5,
            TEXTS,
        )
        for number, text in enumerate(TEXTS, start=1)
    )
    return Evidence(question, passages, ranked)


def yes_no(yes: float, no: float) -> tuple[Token, ...]:
    pairs = (("Yes", yes), ("No", no))
    return (Token(*max(pairs, key=lambda pair: pair[1]), pairs),)


def check(
    *claims: str,
    question: str = "When?",
    reading: Reply | Exception | Callable[[Sequence[Message]], Reply] = "Yes",
    threshold: float = 0.3,
    similarity: float = 0.8,
    tokens: tuple[Token, ...] | None = None,
    ranked: tuple[int, ...] = (1, 2),
    read: Evidence | None = None,
    weights: YesNoModel | None = None,
) -> tuple[CheckedClaim, ...]:
    script = Script()
    script.check = script.decision = reading
    if tokens is None:
        begun = claims[0].split()[0].strip(".") if claims else ""
        drafted = {"Yes": decides(0.9, 0.05), "No": decides(0.05, 0.9)}
        tokens = drafted.get(begun, (Token("x", 0.9),))
    return check_claims(
        Draft(claims, Completion(tokens)),
        evidence(question, ranked) if read is None else read,
        model=ScriptedChatModel(script),
        similarity=lambda one, other: similarity,
        settings=VerificationSettings(threshold=threshold, yes_no=weights or YesNoModel()),
        deadline=Deadline(10),
    )


def decides(yes: float, no: float) -> tuple[Token, ...]:
    """A reading or a draft in which yes and no are so probable, and else that it is left open."""
    pairs = (("Yes", yes), ("No", no), ("Unclear", max(0.0, 1.0 - yes - no)))
    return (Token(*max(pairs, key=lambda pair: pair[1]), pairs),)
