"""What a model reads before it is asked: the constant parts of its prompts.

That is the instructions with their examples, and a library that is short enough to be
read whole. A model that keeps what it has read then answers the first question as
quickly as the next.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection

from qa.answering.pipeline import rarer_prompts
from qa.checking.checker import constant_check_prompt
from qa.errors import ModelError
from qa.evidence import estimate_tokens, gather_evidence
from qa.generation import warm_up_prompt
from qa.index import Index
from qa.llms import ChatModel, Deadline, Part, PrimableChatModel, forget_prompts
from qa.reading import Whole
from qa.settings import Settings

__all__ = ["Primer", "State", "whole_library"]

# Instructions, examples, question and reply, beside the evidence.
PROMPT_RESERVE_TOKENS = 1400
WAIT_SECONDS = 0.1

State = tuple[Index, Whole | None]


def whole_library(index: Index, settings: Settings, models: Collection[ChatModel]) -> Whole | None:
    """The library to be read whole, or None where it is too long for that for any of them."""
    if not models:
        return None
    limit = min(
        settings.evidence.whole_library_tokens,
        *(model.context_tokens - PROMPT_RESERVE_TOKENS for model in models),
    )
    used = 0
    for document in index.documents.values():
        used += estimate_tokens(document.title) + estimate_tokens(document.text)
        if used > limit:
            return None
    return tuple((document, index.sentences(path)) for path, document in index.documents.items())


class Primer:
    """Makes a model ready for one library, and again whenever that has changed.

    Parameters
    ----------
    model : ChatModel
        Only a `PrimableChatModel` is made ready.
    settings : Settings
    library : str
        The name under which the model keeps what it has read of the documents.
    state : callable
        The library as it is now; None while there is no document.
    """

    def __init__(
        self,
        model: ChatModel,
        settings: Settings,
        library: str,
        state: Callable[[], State | None],
    ) -> None:
        self._model = model
        self._settings = settings
        self._library = library
        self._state = state
        self._priming = threading.Lock()
        self._primed: Index | None = None

    def prime(self, deadline: Deadline) -> None:
        """Have the model read what is constant before every question, once for an index.

        The checker's prompt is read only when there is something to check, so that on a new
        machine the first words come sooner.

        A second caller waits for the first, since both need the same prompt. The wait doesn't
        count against the question's deadline.

        Raises
        ------
        ModelError
        """
        model = self._model
        if not isinstance(model, PrimableChatModel):
            return
        began = time.monotonic()
        while not self._priming.acquire(timeout=WAIT_SECONDS):
            now = time.monotonic()
            deadline.postpone(now - began)
            began = now
            # It may be called off meanwhile.
            deadline.remaining()
        try:
            state = self._state()
            if state is None or self._primed is state[0]:
                return
            index, whole = state
            evidence = gather_evidence("", (), whole, self._settings.evidence)
            reader = warm_up_prompt(evidence if evidence.whole else None)
            # The reader's prompt contains the documents: it is deleted with them.
            model.prime(Part.READER, reader, deadline, library=self._library)
            if self._state() is state:
                self._primed = index
            else:
                # What was read may contain what has just been deleted.
                forget_prompts(self._settings, self._library)
        finally:
            self._priming.release()

    def prime_all(self) -> None:
        """`prime`, then read all other constant prompts; failures show when asked."""
        with contextlib.suppress(ModelError):
            deadline = Deadline(self._settings.generation.deadline_seconds)
            self.prime(deadline)
            if isinstance(self._model, PrimableChatModel):
                self._model.prime(Part.CHECKER, constant_check_prompt(), deadline)
                for part, messages in rarer_prompts():
                    self._model.prime(part, messages, deadline)
