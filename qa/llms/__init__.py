"""The LLM backends behind one protocol, and the one place where a name becomes a model.

==========================  ==========================================================
``QA_LLM``                  model
==========================  ==========================================================
``auto``                    the embedded one where it is installed, else none
``embedded``                Qwen2.5-Coder-1.5B-Instruct in this process
``/path/model.gguf``        another GGUF model in this process
``http://host:port/v1#m``   model ``m`` of an OpenAI-compatible endpoint
``none``                    none: answers are quoted sentences
==========================  ==========================================================
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import httpx

from qa.addresses import server_of
from qa.errors import ModelNotFoundError
from qa.llms import embedded, weights
from qa.llms.base import (
    AvoidingChatModel,
    ChatModel,
    Completion,
    Deadline,
    Message,
    Part,
    PrimableChatModel,
    Token,
    complete,
)
from qa.llms.llamaindex import LlamaIndexChatModel, openai_like
from qa.llms.scripted import ScriptedChatModel
from qa.settings import Settings

__all__ = [
    "AvoidingChatModel",
    "ChatModel",
    "Completion",
    "Deadline",
    "LlamaIndexChatModel",
    "Message",
    "Part",
    "PrimableChatModel",
    "ScriptedChatModel",
    "Token",
    "complete",
    "forget_prompts",
    "open_chat_model",
    "open_further_models",
]


def open_chat_model(
    settings: Settings, progress: Callable[[int, int], None] | None = None
) -> ChatModel | None:
    """The chat model that ``settings.llm`` names; nothing is loaded or contacted yet.

    Parameters
    ----------
    settings : Settings
    progress : callable, optional
        Called with bytes done and bytes in all while the embedded model's weights are
        put in place, which happens when it is first needed.

    Returns
    -------
    ChatModel or None
        None where there is to be no model.

    Raises
    ------
    ModelNotFoundError
        When the name leads to no model.
    """
    name = settings.llm.strip()
    states = _states(settings)
    if name == "none":
        return None
    if name in {"auto", "embedded"}:
        if name == "auto" and not (embedded.is_installed() and weights.are_installed()):
            return None
        return embedded.EmbeddedChatModel(
            weights.MODEL_NAME,
            lambda: weights.ensure_weights(settings.home, progress),
            settings.local,
            states,
            weights.SHA256,
        )
    if name.startswith(("http://", "https://")):
        return _endpoint(name, settings)
    # Unlike Path's, it leaves an unknown person's home as it is, which then isn't there.
    path = Path(os.path.expanduser(name))
    if path.suffix.lower() == ".gguf":
        # Unlike Path's, it raises nothing where a folder may not be looked into.
        if not os.path.isfile(path):
            raise ModelNotFoundError(
                f"There is no model file {path}, or it can't be looked at. Check QA_LLM."
            )
        # Its digest would take seconds to be told.
        identity = f"{path.stem} {path.stat().st_size}"
        return embedded.EmbeddedChatModel(path.stem, lambda: path, settings.local, states, identity)
    raise ModelNotFoundError(
        f"QA_LLM={name!r} names no model. Use 'auto', 'embedded', 'none', the path of a .gguf "
        "file, or http://host:port/v1#model."
    )


def open_further_models(
    settings: Settings, progress: Callable[[int, int], None] | None = None
) -> tuple[ChatModel, ...]:
    """The chat models that ``settings.further_llms`` names, opened like the first.

    Raises
    ------
    ModelNotFoundError
        When a name leads to no model.
    """
    servers = (server_of(name) for name in (settings.llm, *settings.further_llms))
    keyed = next(filter(None, servers), None)
    opened = (
        open_chat_model(
            settings.model_copy(
                update={"llm": name} | ({} if server_of(name) == keyed else {"api_key": None})
            ),
            progress,
        )
        for name in settings.further_llms
    )
    return tuple(model for model in opened if model is not None)


def forget_prompts(settings: Settings, owner: str) -> None:
    """Delete what any embedded model has kept on disk of a library's prompts.

    Its text stands in them: what is deleted from a library must not stay there.

    Parameters
    ----------
    settings : Settings
    owner : str
        As for `PrimableChatModel.prime`.
    """
    embedded.forget_states(_states(settings), owner)


def _states(settings: Settings) -> Path:
    return settings.home / "states"


def _endpoint(name: str, settings: Settings) -> ChatModel:
    url, _, model = name.partition("#")
    try:
        host = httpx.URL(url).host
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ModelNotFoundError(f"QA_LLM={name!r} isn't a URL: {error}.") from error
    if not host or not model:
        raise ModelNotFoundError(
            f"QA_LLM={name!r} needs a host and a model's name: http://host:port/v1#model."
        )
    key = settings.api_key.get_secret_value() if settings.api_key else None
    return openai_like(
        url=url,
        model=model,
        api_key=key,
        context_tokens=settings.local.context_tokens,
        name=f"{model} at {host}",
        identity=f"{httpx.URL(url).copy_with(username=None, password=None)}#{model}",
    )
