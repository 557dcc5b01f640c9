"""A chat model that follows a script: for tests, demonstrations and reproducible reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from qa.llms.base import Deadline, Message, Token

__all__ = ["ScriptedChatModel"]


class ScriptedChatModel:
    """Replies by a function of the prompt, a word at a time.

    Parameters
    ----------
    script : callable
        From the messages to the reply's text, or to its tokens where probabilities
        matter.
    context_tokens : int
        Size of the pretended context window.
    name : str
    """

    def __init__(
        self,
        script: Callable[[Sequence[Message]], str | Sequence[Token]],
        *,
        context_tokens: int = 4096,
        name: str = "scripted",
    ) -> None:
        self._script = script
        self._context_tokens = context_tokens
        self._name = name
        self.prompts: list[tuple[Message, ...]] = []

    @property
    def name(self) -> str:
        """What people are shown."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """Size of the context window in tokens."""
        return self._context_tokens

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        """Yield the scripted reply, at most `max_tokens` tokens of it."""
        self.prompts.append(tuple(messages))
        reply = self._script(messages)
        if isinstance(reply, str):
            reply = [Token(piece, 1.0, ((piece, 1.0),)) for piece in re.findall(r"\S+\s*", reply)]
        for token in reply[:max_tokens]:
            deadline.remaining()
            yield token
