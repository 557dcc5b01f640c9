"""Conversations kept in the reader's browser, and read back without trust in it.

The one that is open is kept as it goes; those before it are filed, the latest first.
Nothing of a conversation stays on the server when its page is closed.
"""

from __future__ import annotations

import datetime
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from qa.ui.choices import Choice, choice_of
from qa.ui.conversation import Conversation, Exchange

__all__ = ["Earlier", "filed", "kept", "listed", "restored", "taken"]

FORM = 1
MOST = 40
MOST_EARLIER = 50
LONGEST_TITLE = 200
# Browsers give a site five million characters for both of these together; encoded, they are
# a third more.
LONGEST = 1_200_000
LONGEST_EARLIER = 2_000_000

_EXCHANGES = TypeAdapter(tuple[Exchange, ...])


@dataclass(frozen=True, slots=True)
class Earlier:
    """A conversation that was filed.

    Parameters
    ----------
    name : str
        By which it is asked for.
    title : str
        Its first question.
    questions : int
        How many it has.
    date : str
        ISO 8601 calendar date on which it was filed.
    """

    name: str
    title: str
    questions: int
    date: str


def kept(conversation: Conversation, choice: Choice, person: str | None) -> dict[str, Any]:
    """What the browser keeps: the latest settled exchanges and the choices.

    Parameters
    ----------
    conversation : Conversation
    choice : Choice
    person : str or None
        Who is signed in: on a shared machine nobody is shown another's questions.
    """
    return {
        "form": FORM,
        "person": person,
        "exchanges": _plain(conversation),
        "choice": [
            choice.model,
            choice.caution,
            choice.sources,
        ],
    }


def restored(
    value: object, person: str | None, models: Sequence[str] = ()
) -> tuple[Conversation, Choice]:
    """Read back what `kept` made; whatever isn't that is an empty conversation.

    Parameters
    ----------
    value : object
        What the browser holds.
    person : str or None
        As for `kept`.
    models : sequence of str
        The names of the models at hand: one that is no longer there isn't chosen.
    """
    if not isinstance(value, dict) or value.get("form") != FORM or value.get("person") != person:
        return (), Choice()
    chosen = value.get("choice")
    choice = Choice()
    if isinstance(chosen, list) and len(chosen) == 3:
        model, caution, sources = chosen
        choice = choice_of(model, caution, sources, models)
    return _conversation(value.get("exchanges")), choice


def filed(
    value: object, conversation: Conversation, person: str | None, date: datetime.date
) -> dict[str, Any]:
    """File a conversation before the earlier ones; the oldest go where it gets too much.

    Parameters
    ----------
    value : object
        What the browser holds of earlier conversations.
    conversation : Conversation
        Where nothing in it is settled, nothing is filed.
    person : str or None
        As for `kept`.
    date : datetime.date
        Today.
    """
    exchanges = _plain(conversation)
    if not exchanges:
        return _file(_entries(value, person), person)
    new = {
        "name": secrets.token_hex(8),
        "title": next(each.question for each in conversation if not each.pending)[:LONGEST_TITLE],
        "questions": len(exchanges),
        "date": date.isoformat(),
        "exchanges": exchanges,
    }
    return _file([new, *_entries(value, person)], person)


def listed(value: object, person: str | None) -> tuple[Earlier, ...]:
    """The earlier conversations, latest first; whatever else the browser holds is none."""
    return tuple(
        Earlier(entry["name"], entry["title"], entry["questions"], entry["date"])
        for entry in _entries(value, person)
    )


def taken(value: object, name: object, person: str | None) -> tuple[Conversation, dict[str, Any]]:
    """Take an earlier conversation out: itself, and what is left.

    It is empty where there is none of that name.
    """
    entries = _entries(value, person)
    found = next((entry for entry in entries if entry["name"] == name), {})
    left = [entry for entry in entries if entry["name"] != name]
    return _conversation(found.get("exchanges")), _file(left, person)


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


def _entries(value: object, person: str | None) -> list[dict[str, Any]]:
    """What is filed, as far as it can be told; the exchanges are read when they are opened."""
    if not isinstance(value, dict) or value.get("form") != FORM or value.get("person") != person:
        return []
    entries = value.get("earlier")
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries[:MOST_EARLIER] if _is_entry(entry)]


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("exchanges"), list):
        return False
    questions = entry.get("questions")
    return all(isinstance(entry.get(key), str) for key in ("name", "title", "date")) and (
        isinstance(questions, int) and 0 < questions <= MOST
    )


def _file(entries: Iterable[dict[str, Any]], person: str | None) -> dict[str, Any]:
    room = LONGEST_EARLIER
    fitting: list[dict[str, Any]] = []
    for entry in entries:
        size = _size(entry)
        if size <= room and len(fitting) < MOST_EARLIER:
            fitting.append(entry)
            room -= size
    return {"form": FORM, "person": person, "earlier": fitting}
