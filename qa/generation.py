"""Evidence to a draft: the prompts, the call, and the reply read as claims.

What is constant comes first, so that the LLM's cache spares it: instructions, worked
examples, then the evidence, and the question last. The examples show a made-up town, so
that nothing of them can pass for something in a real document; an answer is checked
against the evidence anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa.documents import canonical_text
from qa.language.alignment import content_words, holds, names_and_numbers
from qa.language.injection import is_order
from qa.language.mentions import REPLY, label_of, sent_on
from qa.language.sentences import split_sentences
from qa.llms import ChatModel, Completion, Deadline, Message, Token, complete
from qa.types import Document, Evidence, Turn

__all__ = [
    "NOT_STATED",
    "REFUSING",
    "YES_NO",
    "Draft",
    "answer_prompt",
    "constant_rewrite_prompt",
    "draft_answer",
    "read_draft",
    "standalone_question",
    "warm_up_prompt",
    "with_verdict",
]

# The one phrase for "the documents don't say", shared by prompt, parser and tests. Its
# first token is the same whatever follows, so its probability can be read off.
NOT_STATED = "NOT STATED"
# First tokens of a reply that refuses.
REFUSING = ("NOT", "Not")

# Small models copy more faithfully than they phrase: they are asked for the text's own
# words, and the citation is found by code.
INSTRUCTIONS = (
    "You answer questions about a text. Use only what the text says. Answer with the exact words "
    "of the text, as short as possible. If the text does not state the answer to exactly this "
    f"question, reply: {NOT_STATED}"
)

# Half of the examples are refusals that swap a name, a date or a detail, because a small
# model otherwise answers whatever comes near. The others show the shapes of an answer:
# a date, a duration, a list, a quotation, yes or no with its reason.
EXAMPLES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "The Ferrow Bridge was opened on 3 June 1931 by the mayor, Ada Lindqvist.\n"
        "It was designed by the engineer Tomas Rehn and cost 2.4 million crowns.\n"
        "The bridge has three arches; the longest spans 96 metres.\n"
        "After the flood of 1954 it was closed for two years.\n"
        "Ferries, trams and a railway had been proposed before, but the council rejected all "
        "three.",
        (
            ("When was the bridge opened?", "3 June 1931"),
            ("Who designed the tunnel?", NOT_STATED),
            ("How long did the bridge stay closed after the flood?", "two years"),
            ("Who opened the bridge in 1954?", NOT_STATED),
            ("What had been proposed before the bridge?", "Ferries, trams and a railway"),
            ("What is the name of Tomas Rehn's wife?", NOT_STATED),
            (
                "Was the bridge designed by Ada Lindqvist?",
                "No. It was designed by the engineer Tomas Rehn",
            ),
        ),
    ),
    (
        "Mira Holt, a pupil of Rehn, built the lock gates in Osk between 1940 and 1943.\n"
        '"The water decides, we only ask it politely," she said in an interview with the Evening '
        "Post.\n"
        "The gates were made by Varga & Sons, which employed 310 people at the time; its rival "
        "Belmont Works had offered a lower price.\n"
        "In 1961 the gates were electrified, and in 1987 the town sold them to the harbour "
        "company for one crown.",
        (
            ("In which town did Holt work on gates?", "Osk"),
            ("How many people worked for Belmont Works?", NOT_STATED),
            ("How much did the harbour company pay?", "one crown"),
            ("When were the gates of Lund electrified?", NOT_STATED),
            (
                "What did Holt say about the water?",
                '"The water decides, we only ask it politely"',
            ),
            ("Why did Belmont Works go bankrupt?", NOT_STATED),
            (
                "Did the town buy the gates in 1987?",
                "No. The town sold them to the harbour company",
            ),
            ("Was Holt taught by Rehn?", "Yes. Mira Holt, a pupil of Rehn"),
        ),
    ),
)

# A follow-up must be found and answered without the conversation, so it is first made to
# stand alone. The examples include one that already does and stays as it is.
REWRITE_INSTRUCTIONS = (
    "Rewrite the last question so that it can be understood without the conversation. Replace "
    "pronouns and fill in what is left out, with words of the conversation. If it already stands "
    "alone, repeat it unchanged. Reply with the question only."
)
REWRITE_EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        "Q: Who designed the Ferrow Bridge?\nA: Tomas Rehn\nLast question: And when was it opened?",
        "When was the Ferrow Bridge opened?",
    ),
    (
        "Q: Where did Mira Holt build lock gates?\nA: Osk\nLast question: who taught her",
        "Who taught Mira Holt?",
    ),
    (
        "Q: Who opened the Ferrow Bridge?\nA: Ada Lindqvist\n"
        "Last question: How many people did Varga & Sons employ?",
        "How many people did Varga & Sons employ?",
    ),
    (
        "Q: When were the gates in Osk electrified?\nA: 1961\nLast question: why?",
        "Why were the gates in Osk electrified in 1961?",
    ),
)
# In place of a title that gives orders.
UNTITLED = "Document"
REWRITE_TURNS = 2
REWRITE_MAX_TOKENS = 64
REWRITE_QUESTION_CHARACTERS = 500
REWRITE_ANSWER_CHARACTERS = 300

_MARKER = re.compile(r"\s*\[\d+(?:\s*[,–-]\s*\d+)*\]")
# "No" is an answer only if it can't go on as in "No dogs are allowed" or "No. 5".
YES_NO = re.compile(
    r"(?i)\A(yes|no(?!\.\s*\d)(?=\s*(?:[.,:;!(–—]|\Z)|\s-\s"
    r"|\s+(?:it|he|she|they|we|you|i|the|this|that|these|those|there)\b))\b[.,:;!]*\s*"
)
_PREAMBLE = re.compile(
    r"(?i)^(?:according to the (?:text|document|article|passage)s?|answer)\s*[,:]\s*"
)
_BULLET = re.compile(r"[-*+•‣◦–]\s+(?!\d)")
_ITEM_NUMBER = re.compile(r"\(?(\d{1,2})[.)]\s+")


@dataclass(frozen=True, slots=True)
class Draft:
    """The LLM's reply, read but not checked.

    Parameters
    ----------
    claims : tuple of str
        Its statements, without markers; empty where the LLM said that the text doesn't
        state it.
    completion : Completion
        As it came.
    """

    claims: tuple[str, ...]
    completion: Completion


def answer_prompt(evidence: Evidence) -> list[Message]:
    """Messages that ask the LLM for a draft."""
    return [
        *_constant_prompt(),
        Message("user", f"New text:\n{_render(evidence)}\n\nQuestion: {evidence.question}"),
    ]


def warm_up_prompt(evidence: Evidence | None) -> list[Message]:
    """The part of `answer_prompt` that stays the same between questions.

    Parameters
    ----------
    evidence : Evidence or None
        Of a library that is read whole; None where the text changes with the question.
    """
    if evidence is None:
        return _constant_prompt()
    return [*_constant_prompt(), Message("user", f"New text:\n{_render(evidence)}\n\n")]


def _constant_prompt() -> list[Message]:
    messages = [Message("system", INSTRUCTIONS)]
    for text, turns in EXAMPLES:
        for number, (question, reply) in enumerate(turns):
            shown = f"New text:\n{text}\n\n" if number == 0 else ""
            messages += [
                Message("user", f"{shown}Question: {question}"),
                Message("assistant", reply),
            ]
    return messages


def draft_answer(
    model: ChatModel, evidence: Evidence, *, max_tokens: int, deadline: Deadline
) -> Iterator[Token]:
    """Generate a draft token by token (see `read_draft`).

    Raises
    ------
    ModelUnavailableError
    """
    return model.stream(answer_prompt(evidence), max_tokens=max_tokens, deadline=deadline)


def read_draft(completion: Completion) -> Draft:
    """Take a reply apart into claims, one a sentence.

    Markers are dropped: citations are found by alignment. A "yes" or "no" stays with the
    sentence that gives its reason.
    """
    text = _PREAMBLE.sub("", _MARKER.sub("", canonical_text(completion.text)).strip())
    if not text or text.casefold().startswith(NOT_STATED.casefold()):
        return Draft((), completion)
    sentences = [
        sentence
        for sentence in _without_list_marks(
            sentence.text
            for sentence in split_sentences(Document("draft", "draft", text, None, ""))
        )
        if NOT_STATED.casefold() not in sentence.casefold()
    ]
    verdict = YES_NO.fullmatch(sentences[0]) if sentences else None
    if verdict and len(sentences) > 1:
        word = verdict.group(1).capitalize()
        sentences[:2] = [with_verdict(word, sentences[1])]
    # A small model that was asked two things may say one of them twice.
    said = [
        sentence
        for place, sentence in enumerate(sentences)
        if not any(holds(before, sentence) for before in sentences[:place])
    ]
    return Draft(tuple(said), completion)


def with_verdict(verdict: str, reason: str) -> str:
    """A yes or no followed by its reason, so that `YES_NO` still matches it."""
    # "No. 12 came" names a number.
    return f"{verdict}{',' if reason.lstrip()[:1].isdigit() else '.'} {reason}"


def _without_list_marks(sentences: Iterable[str]) -> list[str]:
    """Sentences without bullets and numbers, if the model wrote them as a list.

    One number alone may belong to a name or a date: "1. FC Köln", "24. Dezember".
    """
    bare = [
        _BULLET.sub("", sentence, count=1) if _BULLET.match(sentence) else sentence
        for sentence in sentences
    ]
    marks = [_ITEM_NUMBER.match(sentence) for sentence in bare]
    numbers = [int(mark[1]) for mark in marks if mark]
    if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
        return bare
    return [
        sentence[mark.end() :] if mark else sentence
        for sentence, mark in zip(bare, marks, strict=True)
    ]


def constant_rewrite_prompt() -> list[Message]:
    """The part of the rewriter's prompt that is the same for every follow-up."""
    messages = [Message("system", REWRITE_INSTRUCTIONS)]
    for asked, rewritten in REWRITE_EXAMPLES:
        messages += [Message("user", asked), Message("assistant", rewritten)]
    return messages


def standalone_question(
    model: ChatModel, question: str, history: Sequence[Turn], deadline: Deadline
) -> str:
    """Rewrite a follow-up so that it stands alone.

    A rewrite that brings in a name or number that isn't in the conversation, or that drops one of
    the question's own, is discarded.

    Returns
    -------
    str
        `question` itself where it stands alone or no sound rewrite was found.

    Raises
    ------
    ModelUnavailableError
    """
    messages = constant_rewrite_prompt()
    # A small model copies markers too, and a question's "[1]" would be asked for as a number.
    said = [
        f"Q: {turn.question[:REWRITE_QUESTION_CHARACTERS]}\n"
        f"A: {_MARKER.sub('', turn.answer)[:REWRITE_ANSWER_CHARACTERS]}"
        for turn in history[-REWRITE_TURNS:]
    ]
    messages.append(Message("user", "\n".join([*said, f"Last question: {question}"])))
    reply = complete(model, messages, max_tokens=REWRITE_MAX_TOKENS, deadline=deadline).text
    rewritten = next(iter(canonical_text(reply).strip().splitlines()), "").strip().strip('"')
    known = {
        word.key
        for turn in history
        for word in content_words(f"{turn.question} {_MARKER.sub('', turn.answer)}")
    }
    known |= {word.key for word in content_words(question)}
    invented = [word for word in names_and_numbers(rewritten) if word.key not in known]
    kept = {word.key for word in content_words(rewritten)}
    dropped = [word for word in names_and_numbers(question) if word.key not in kept]
    if not content_words(rewritten) or invented or dropped:
        return question
    return rewritten


def _render(evidence: Evidence) -> str:
    """Passages as the LLM reads them: by document under its title and date, and by heading.

    A library that is read whole has its headings among the passages.
    """
    lines: list[str] = []
    document, heading = None, ""
    for passage in evidence.passages:
        sentence = passage.sentence
        # Among selected sentences a heading is written where the first one below it is.
        if sentence.is_heading and not evidence.whole:
            continue
        if sentence.document != document:
            document, heading = sentence.document, ""
            # A mailbox has no date of its own: the headings of its messages tell theirs.
            told = passage.date and not sent_on(sentence)
            dated = f" ({passage.date})" if told else ""
            title = UNTITLED if is_order(passage.title) else passage.title
            lines.append(f"{'' if not lines else chr(10)}{title}{dated}")
        if not evidence.whole and (label := label_of(sentence)) != heading:
            heading = label
            lines += [heading] if heading and heading != REPLY.sub("", passage.title) else []
        lines.append(" ".join(sentence.text.split()))
    return "\n".join(lines)
