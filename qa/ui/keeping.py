"""Conversations kept in the reader's browser, and read back without trust in it.

Each is kept under a key of its own as it goes, so that no tab writes over what another has
kept, and what several people who sign in ask in one browser stays apart. The page's script
does the keeping; this module says what to keep, and reads what comes back. Nothing of a
conversation stays on the server when its page is closed.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from qa.ui.choices import Choice, choice_of
from qa.ui.conversation import Conversation, Exchange
from qa.ui.source import digest

__all__ = ["Earlier", "entry_of", "listed", "order", "restored", "slot"]

FORM = 2
MOST = 40
MOST_EARLIER = 50
LONGEST_TITLE = 200
# Browsers give a site five million characters for all that it keeps.
LONGEST = 1_200_000

_EXCHANGES = TypeAdapter(tuple[Exchange, ...])
_orders = itertools.count()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A conversation that is kept.

    Parameters
    ----------
    name : str
        The key that the browser keeps it under.
    title : str
        Its first question.
    questions : int
        How many it has.
    date : str
        ISO 8601 calendar date of its latest change.
    """

    name: str
    title: str
    questions: int
    date: str


def slot(library: str, person: str | None) -> str:
    """What the keys of one reader's conversations about one library begin with.

    Parameters
    ----------
    library : str
        What the library's own keys begin with.
    person : str or None
        Who is signed in: on a shared machine nobody is shown another's questions.
    """
    return f"{library}-{digest(person or '')}"


def entry_of(conversation: Conversation, person: str | None) -> dict[str, Any] | None:
    """What is kept of a conversation: its latest settled exchanges; None where there is none."""
    exchanges = _plain(conversation)
    if not exchanges:
        return None
    return {
        "form": FORM,
        "person": person,
        "title": next(each.question for each in conversation if not each.pending)[:LONGEST_TITLE],
        "questions": len(exchanges),
        "exchanges": exchanges,
    }


def order(where: str, **what: Any) -> str:
    """What the page's script is told to do, as JSON that isn't taken for markup.

    Parameters
    ----------
    where : str
        The reader's `slot`.
    **what
        ``entry``: keep this as the conversation that is open; None begins another.
        ``opened``: whether what the page gave back is open.
    """
    # One that is the same as the last is a new one too.
    told = json.dumps({"slot": where, "most": MOST_EARLIER, "order": next(_orders), **what})
    return told.replace("<", "\\u003c")


def restored(
    value: object, where: str, person: str | None, models: Sequence[str] = ()
) -> tuple[Conversation, Choice]:
    """Read back what a page had open and what was chosen; whatever isn't that is empty.

    Parameters
    ----------
    value : object
        What the page gives: ``entry``, and ``choices`` by slot: model, caution, sources.
    where : str
        The reader's `slot`.
    person : str or None
        As for `entry_of`: what is another's is empty too.
    models : sequence of str
        The names of the models at hand: one that is no longer there isn't chosen.
    """
    if not isinstance(value, Mapping):
        return (), Choice()
    choices = value.get("choices")
    wished = choices.get(where) if isinstance(choices, Mapping) else None
    choice = Choice()
    if isinstance(wished, list) and len(wished) == 3:
        model, caution, sources = wished
        choice = choice_of(model, caution, sources, models)
    entry = value.get("entry")
    if not isinstance(entry, Mapping) or entry.get("form") != FORM:
        return (), choice
    if entry.get("person") != person:
        return (), choice
    return _conversation(entry.get("exchanges")), choice


def listed(heads: object) -> tuple[Earlier, ...]:
    """What the page knows of the conversations that are kept, as far as it makes sense."""
    if not isinstance(heads, list):
        return ()
    return tuple(
        Earlier(head["name"], head["title"][:LONGEST_TITLE], head["questions"], head["date"])
        for head in heads[:MOST_EARLIER]
        if _is_head(head)
    )


def _is_head(head: object) -> bool:
    if not isinstance(head, dict):
        return False
    questions = head.get("questions")
    return all(isinstance(head.get(key), str) for key in ("name", "title", "date")) and (
        isinstance(questions, int) and 0 < questions <= MOST
    )


def _plain(conversation: Conversation) -> list[Any]:
    """The latest settled exchanges, as many and as much of each as there is room for."""
    settled = tuple(exchange for exchange in conversation if not exchange.pending)[-MOST:]
    plain: list[Any] = _EXCHANGES.dump_python(settled, mode="json")
    sizes = [_size(each) for each in plain]
    # The oldest go first without the passages that they don't quote, then altogether.
    for number, exchange in enumerate(settled):
        if sum(sizes) <= LONGEST:
            break
        (plain[number],) = _EXCHANGES.dump_python((_quotes_alone(exchange),), mode="json")
        sizes[number] = _size(plain[number])
    first = 0
    while sum(sizes[first:]) > LONGEST:
        first += 1
    return plain[first:]


def _quotes_alone(exchange: Exchange) -> Exchange:
    answer = exchange.answer and replace(exchange.answer, evidence=())
    return replace(exchange, passages=(), answer=answer)


def _size(value: object) -> int:
    return len(json.dumps(value))


def _conversation(exchanges: object) -> Conversation:
    if not isinstance(exchanges, list) or len(exchanges) > MOST:
        return ()
    try:
        # A browser may write the same a little longer.
        if _size(exchanges) > 2 * LONGEST:
            return ()
        conversation = _EXCHANGES.validate_python(exchanges)
    except (ValidationError, RecursionError):
        return ()
    return tuple(filter(_is_sound, conversation))


def _is_sound(exchange: Exchange) -> bool:
    return not exchange.pending and (exchange.answer is not None) == (exchange.stage == "answered")
