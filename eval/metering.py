"""What a system asks of its language model, counted without changing what it gets."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qa.evidence import estimate_tokens
from qa.llms import ChatModel, Message, Token

__all__ = ["Meter", "metered"]


@dataclass(slots=True)
class Meter:
    """Calls and tokens since the last `reset`.

    Parameters
    ----------
    calls : int
    read : int
        Prompt tokens, estimated by length (`qa.evidence.estimate_tokens`), those that a
        cache spares included.
    written : int
        Generated tokens.
    """

    calls: int = 0
    read: int = 0
    written: int = 0

    def reset(self) -> None:
        """Count from 0 again."""
        self.calls = self.read = self.written = 0


def metered(model: ChatModel, meter: Meter) -> ChatModel:
    """The same model, counting into `meter`.

    Made as an instance of a subclass of the model's own class, so that it can do all
    that the model can, whatever protocols that meets.
    """
    kind: Any = type(model)

    class Metered(kind):  # type: ignore[misc]
        def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[Token]:
            meter.calls += 1
            meter.read += sum(estimate_tokens(message.content) for message in messages)
            for token in super().stream(messages, **options):
                meter.written += 1
                yield token

    counted: Any = copy.copy(model)
    counted.__class__ = Metered
    result: ChatModel = counted
    return result
