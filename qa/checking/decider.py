"""A reading for yes or no: does this passage say that it is so, that it isn't, or neither?

Asked whether "yes" answers a question, a small model agrees with nearly anything. Given three ways
out, it says yes as gladly, but how probable each was tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.checking.checker import under_headings
from qa.language.alignment import words
from qa.llms import ChatModel, Completion, Deadline, Message, complete
from qa.types import Passage

__all__ = [
    "DECIDE_INSTRUCTIONS",
    "Leaning",
    "constant_decision_prompt",
    "first_word",
    "read_for_yes_no",
]

DECIDE_INSTRUCTIONS = (
    "You answer questions for yes or no from a passage alone. Reply Yes if the passage says or "
    "implies that it is so. Reply No if the passage says or implies that it is not so. Reply "
    "Unclear if the passage leaves it open, or speaks of another person, thing, place or time than "
    "the question."
)
# All three replies to each passage, for rules as well as for facts: an exception, a negation, a
# span of time, and what merely sounds like the passage.
DECIDE_EXAMPLES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Skateboards may not be ridden in the park, except by children. It is open daily from 9 to "
        "18, in July until 20.",
        (
            ("I am 30. Can I use my skateboard in the park?", "No"),
            ("Are scooters allowed in the park?", "Unclear"),
            ("May my little daughter ride her skateboard there?", "Yes"),
            ("Do I have to pay to get in?", "Unclear"),
            ("Is the park open at 19:00 in July?", "Yes"),
        ),
    ),
    (
        "The Ferrow Bridge was opened on 3 June 1931 by the mayor, Ada Lindqvist. It was designed "
        "by Tomas Rehn.",
        (
            ("Did Lindqvist cut a ribbon?", "Unclear"),
            ("Did Lindqvist design the bridge?", "No"),
            ("Was it opened in the summer of 1931?", "Yes"),
            ("Was the bridge opened in May?", "No"),
            ("Was the tunnel opened by the mayor?", "Unclear"),
        ),
    ),
    (
        "Nobody under 12 is admitted without an adult. Tickets need not be booked in advance.",
        (
            ("Can my son, who is 10, go alone?", "No"),
            ("Is there a discount for children?", "Unclear"),
            ("Can I just turn up without having booked?", "Yes"),
            ("Do I need to book?", "No"),
            ("Can I get a refund for a ticket?", "Unclear"),
        ),
    ),
    (
        "The council had wanted a tram, but it was never built. Mira Holt, who had planned it, "
        "moved to Osk in 1940 and taught there until she died.",
        (
            ("Is there a tram?", "No"),
            ("Was Holt behind the tram's plans?", "Yes"),
            ("Would the tram have crossed the river?", "Unclear"),
            ("Did Holt die in Osk?", "Yes"),
            ("Did Rehn move to Osk?", "Unclear"),
            ("Did Holt live in Osk in 1935?", "No"),
        ),
    ),
)


# What the three replies must have together; the embedded model gives them nearly all.
LEAST_SAID = 0.5


@dataclass(frozen=True, slots=True)
class Leaning:
    """How probable each reply was, 0 to 1.

    Parameters
    ----------
    yes, no : float
    unclear : float
        That the passages leave it open.
    """

    yes: float
    no: float
    unclear: float


def read_for_yes_no(
    model: ChatModel, question: str, passages: Sequence[Passage], deadline: Deadline
) -> Leaning:
    """Have passages read for what they say to a question for yes or no.

    Returns
    -------
    Leaning
        All 0 if the model would rather say something else.

    Raises
    ------
    ModelUnavailableError
    """
    prompt = [*constant_decision_prompt(), _decision(under_headings(passages), question)]
    reading = complete(model, prompt, max_tokens=1, deadline=deadline)
    replies = [first_word(reading, word) for word in ("Yes", "No", "Unclear")]
    return Leaning(*replies) if sum(replies) >= LEAST_SAID else Leaning(0.0, 0.0, 0.0)


def first_word(reply: Completion, word: str) -> float:
    """Probability that a reply begins with a word, 0 to 1.

    1 or 0 by the reply itself if the model gives no probabilities.
    """
    known = reply.first_token_probability(word)
    if known is None:
        said = words(reply.text)[:1]
        return float(bool(said) and said[0].key == word.casefold())
    return known


def constant_decision_prompt() -> list[Message]:
    """The part of the prompt that is the same for every question."""
    messages = [Message("system", DECIDE_INSTRUCTIONS)]
    for passage, turns in DECIDE_EXAMPLES:
        for question, reply in turns:
            messages += [_decision(passage, question), Message("assistant", reply)]
    return messages


def _decision(passage: str, question: str) -> Message:
    return Message("user", f"Passage: {passage}\nQuestion: {question}")
