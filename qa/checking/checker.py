"""A sceptical second reading: does this passage say that this is the answer to the question?

The same model that drafted an answer is shown nothing but the cited sentences, and says
yes or no. What counts is not the word but how probable it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.language.alignment import content_words
from qa.language.mentions import REPLY, label_of, speaks_of, stems, subject_of
from qa.llms import ChatModel, Completion, Deadline, Message, complete
from qa.types import Passage

__all__ = ["check_prompt", "constant_check_prompt", "read_again", "under_headings"]

# The sceptical reader sees only the cited passages: alone, a wrong name or relation stands
# out that goes unnoticed in a long text.
CHECK_INSTRUCTIONS = (
    "You check answers. You get a passage, a question and a proposed answer. Reply Yes if the "
    "passage states that this is the answer to exactly this question. Reply No if the passage "
    "speaks of another person, thing, place, time or relation than the question does, or if the "
    "answer is something else than what was asked for."
)
# Twins: the same passage with a question that it answers and one that only sounds like it.
CHECK_EXAMPLES: tuple[tuple[str, str, str, str], ...] = tuple(
    (passage, question, answer, verdict)
    for passage, cases in (
        (
            "The Ferrow Bridge was opened on 3 June 1931 by the mayor, Ada Lindqvist.",
            (("When was the bridge opened?", "3 June 1931", "Yes"),),
        ),
        (
            "The Ferrow Bridge was designed by the engineer Tomas Rehn and cost 2.4 million "
            "crowns.",
            (("Who designed the Ferrow tunnel?", "Tomas Rehn", "No"),),
        ),
        (
            "After the flood of 1954 it was closed for two years.",
            (
                ("How long did the closing after the 1954 flood last?", "two years", "Yes"),
                ("Why was it closed after the fire of 1954?", "flood", "No"),
            ),
        ),
        (
            "Ferries, trams and a railway had been proposed before, but the council rejected all "
            "three.",
            (
                ("Which proposals did the council accept?", "Ferries, trams and a railway", "No"),
                ("Who turned down the earlier ideas?", "the council", "Yes"),
            ),
        ),
        (
            "The longest arch spans 96 metres.",
            (("How wide is the shortest arch?", "96 metres", "No"),),
        ),
        (
            "Rehn's pupil Mira Holt built the lock gates in Osk.",
            (("In which town did Holt work on gates?", "Osk", "Yes"),),
        ),
        (
            "Varga & Sons, which employed 310 people, made the gates; its rival Belmont Works had "
            "offered a lower price.",
            (
                ("How many people did Belmont Works employ?", "310", "No"),
                ("Which firm would have been cheaper?", "Belmont Works", "Yes"),
            ),
        ),
        (
            "In 1961 the gates were electrified, and in 1987 the town sold them to the harbour "
            "company for one crown.",
            (
                ("When did the harbour company sell the gates?", "1987", "No"),
                ("What was the price of the gates?", "one crown", "Yes"),
            ),
        ),
        (
            '"The water decides, we only ask it politely," she said in an interview with the '
            "Evening Post.",
            (
                ("Which paper did she talk to?", "the Evening Post", "Yes"),
                (
                    "What did the Evening Post reporter say?",
                    '"The water decides, we only ask it politely"',
                    "No",
                ),
            ),
        ),
        (
            "The orchestra plays in the old mill, while the theatre moved to Castle Street in "
            "2003.",
            (
                ("Where does the orchestra play?", "Castle Street", "No"),
                ("Since when has the theatre been in Castle Street?", "2003", "Yes"),
            ),
        ),
        (
            "Unlike copper, the alloy does not rust, and it melts at 640 degrees.",
            (
                ("What is the melting point of copper?", "640 degrees", "No"),
                ("Which metal rusts?", "copper", "Yes"),
            ),
        ),
        (
            "About 40 percent of the pupils come by bus; the rest walk or cycle.",
            (("What share of the teachers come by bus?", "40 percent", "No"),),
        ),
        (
            "The law was drafted by Senator Brandt and signed by President Oyelaran in May.",
            (
                ("Who vetoed the law?", "President Oyelaran", "No"),
                ("Who put his signature under the law?", "President Oyelaran", "Yes"),
                ("Was the law signed in May?", "Yes", "Yes"),
            ),
        ),
    )
    for question, answer, verdict in cases
)


def read_again(
    model: ChatModel,
    question: str,
    claim: str,
    passages: Sequence[Passage],
    deadline: Deadline,
) -> float | None:
    """Probability that the passages say that `claim` answers `question`.

    Returns
    -------
    float or None
        Of "Yes" against "No", 0 to 1; from the word alone if the model gives no probabilities, None
        if it says something else.

    Raises
    ------
    ModelUnavailableError
    """
    prompt = check_prompt(question, claim, passages)
    return _yes_probability(complete(model, prompt, max_tokens=1, deadline=deadline))


def check_prompt(question: str, claim: str, passages: Sequence[Passage]) -> list[Message]:
    """Messages that ask for a sceptical reading of the cited passages."""
    subject = _subject(question, passages)
    text = f"{subject}: {under_headings(passages)}" if subject else under_headings(passages)
    return [*constant_check_prompt(), Message("user", _check_question(text, question, claim))]


def under_headings(passages: Sequence[Passage]) -> str:
    """Text of passages as it is checked: each led by its heading, if that names its subject.

    Without it, a sentence of a manual or of minutes may be taken for one about another section. The
    document's title is left out: what the whole document is about makes any of its sentences sound
    like an answer.
    """
    pieces: list[str] = []
    above = ""
    for passage in passages:
        text, label = " ".join(passage.sentence.text.split()), label_of(passage.sentence)
        if label == REPLY.sub("", " ".join(passage.title.split())):
            label = ""
        pieces.append(text if label in ("", above) else f"{label.rstrip(':')}: {text}")
        above = label
    return " ".join(pieces)


def _subject(question: str, passages: Sequence[Passage]) -> str:
    """What a question names that the passages don't, but the file or short title of one does.

    "It weighs 12 kg" in the manual of a heater says how heavy the heater is. The whole title would
    say more than the question asks for (see `under_headings`), and a headline's words are about
    what happened, not about a thing.
    """
    said = frozenset[str]().union(
        *(stems(text) for p in passages for text in (p.sentence.text, p.sentence.heading))
    )
    about = frozenset[str]().union(*(stems(subject_of(passage)) for passage in passages))
    return " ".join(
        word.text
        for word in content_words(question)
        if speaks_of(word.key, about) and not speaks_of(word.key, said)
    )


def constant_check_prompt() -> list[Message]:
    """The part of `check_prompt` that is the same for every claim."""
    messages = [Message("system", CHECK_INSTRUCTIONS)]
    for passage, asked, answer, verdict in CHECK_EXAMPLES:
        messages += [
            Message("user", _check_question(passage, asked, answer)),
            Message("assistant", verdict),
        ]
    return messages


def _yes_probability(reading: Completion) -> float | None:
    yes, no = reading.first_token_probability("Yes"), reading.first_token_probability("No")
    if yes is None or no is None or yes + no == 0:
        word = reading.text.strip().casefold()
        return 1.0 if word.startswith("yes") else 0.0 if word.startswith("no") else None
    return yes / (yes + no)


def _check_question(passage: str, question: str, answer: str) -> str:
    return f"Passage: {passage}\nQuestion: {question}\nAnswer: {answer}"
