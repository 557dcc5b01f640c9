"""A conversation kept in the reader's browser, and read back without trust in it.

Nothing of a conversation stays on the server when its page is closed.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from qa.ui.choices import Choice, choice_of
from qa.ui.conversation import Conversation, Exchange

__all__ = ["kept", "restored"]

FORM = 1
MOST = 40
LONGEST = 2_000_000

_EXCHANGES = TypeAdapter(tuple[Exchange, ...])


def kept(conversation: Conversation, choice: Choice, person: str | None) -> dict[str, Any]:
    """What the browser keeps: the latest settled exchanges and the choices.

    Parameters
    ----------
    conversation : Conversation
    choice : Choice
    person : str or None
        Who is signed in: on a shared machine nobody is shown another's questions.
    """
    settled = tuple(exchange for exchange in conversation if not exchange.pending)
    return {
        "form": FORM,
        "person": person,
        "exchanges": _EXCHANGES.dump_python(settled[-MOST:], mode="json"),
        "choice": [
            "quotes" if choice.quotes_only else "model",
            choice.caution,
            choice.sources,
        ],
    }


def restored(value: object, person: str | None) -> tuple[Conversation, Choice]:
    """Read back what `kept` made; whatever isn't that is an empty conversation."""
    if not isinstance(value, dict) or value.get("form") != FORM or value.get("person") != person:
        return (), Choice()
    chosen = value.get("choice")
    choice = choice_of(*chosen) if isinstance(chosen, list) and len(chosen) == 3 else Choice()
    exchanges = value.get("exchanges")
    if not isinstance(exchanges, list) or len(exchanges) > MOST or len(str(exchanges)) > LONGEST:
        return (), choice
    try:
        conversation = _EXCHANGES.validate_python(exchanges)
    except (ValidationError, RecursionError):
        return (), choice
    return tuple(filter(_is_sound, conversation)), choice


def _is_sound(exchange: Exchange) -> bool:
    return not exchange.pending and (exchange.answer is not None) == (exchange.stage == "answered")
