"""How one endpoint wants to be asked, learnt from what it refuses and from how it replies.

Endpoints that speak OpenAI's protocol speak it with different words: one knows no seed, one
tells no probabilities, one has another name for the length of a reply, and some models think before
they reply. What an endpoint refuses once is left out from then on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qa.llms.base import Message

__all__ = ["Dialect"]

# Tokens that a model may think for, beside its reply.
THINKING_TOKENS = 4096
_REFUSALS = frozenset({400, 422})
# How errors name what they refuse.
_NAMED = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in (
        ("logprobs", r"log_?prob"),
        ("seed", r"\bseed\b"),
        ("temperature", r"\btemperature\b"),
        # Only if the error gives the other name does the reply's length stay bounded.
        ("max_tokens", r"\bmax_completion_tokens\b"),
        (
            "system",
            r"\b(?:system|developer)(?: or developer)?[ _'\"`]+(?:role|message|prompt|instruction)"
            r"|\brole[ '\"`:]+(?:system|developer)",
        ),
    )
}


class Dialect:
    """What is sent beside a prompt, and how; shared by all who ask one endpoint."""

    def __init__(self) -> None:
        self._refused: set[str] = set()
        self._thinks = False

    def options(self, max_tokens: int) -> dict[str, Any]:
        """Fields of a request for a reply of at most `max_tokens`, greedy and with probabilities.

        Without a temperature the endpoint's own is used: replies may then differ.
        """
        length = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        options: dict[str, Any] = {
            length: max_tokens + (THINKING_TOKENS if self._thinks else 0),
            "temperature": None if "temperature" in self._refused else 0.0,
        }
        if "seed" not in self._refused:
            options["seed"] = 0
        if "logprobs" not in self._refused:
            options |= {"logprobs": True, "top_logprobs": 20}
        return options

    def messages(self, messages: Sequence[Message]) -> list[Message]:
        """A prompt with its instructions in the user's first message where they must be."""
        if "system" not in self._refused or [each.role for each in messages[:2]] != [
            "system",
            "user",
        ]:
            return list(messages)
        first = Message("user", f"{messages[0].content}\n\n{messages[1].content}")
        return [first, *messages[2:]]

    def learn(self, error: Exception) -> bool:
        """Remember what an error refuses; returns whether that was new.

        Parameters
        ----------
        error : Exception
            With the ``status_code`` of the response where there was one.
        """
        if getattr(error, "status_code", None) not in _REFUSALS:
            return False
        told = str(error)
        found = {
            name: place.start()
            for name, pattern in _NAMED.items()
            if name not in self._refused and (place := pattern.search(told))
        }
        if not found:
            return False
        self._refused.add(min(found, key=lambda name: found[name]))
        return True

    def give_room(self) -> bool:
        """Give the model room to think from now on; returns whether it had none before."""
        thought, self._thinks = self._thinks, True
        return not thought
