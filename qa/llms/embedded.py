"""The LLM inside this process: llama.cpp's server on loopback, started when first needed.

One server per model file and process. It speaks the OpenAI protocol, so the embedded
model goes through the same client as every remote one; its key is random, it listens on
a random port of the loopback interface, and every page, tool and state endpoint of it is
off.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import joblib

from qa.errors import ModelNotFoundError, ModelUnavailableError
from qa.llms.base import Deadline, Message, Token
from qa.llms.llamaindex import LlamaIndexChatModel, openai_like
from qa.settings import LocalModelSettings

__all__ = ["EmbeddedChatModel", "is_installed"]

# One keeps the reader's prompt in its cache, the other the checker's, so that neither
# evicts the other's constant beginning.
SLOTS = 2
QUIET = -1


def is_installed() -> bool:
    """Whether the runtime (the extra ``local``) is installed."""
    import importlib.util

    return importlib.util.find_spec("xllamacpp") is not None


class EmbeddedChatModel:
    """A GGUF model in this process.

    Parameters
    ----------
    name : str
        Shown to people.
    weights : callable
        Gives the GGUF file; called once, when the model is first needed, because
        putting it in place can take a while.
    settings : LocalModelSettings
    states : Path
        Folder for what the model remembers of constant prompts (see `prime`).
    """

    def __init__(
        self,
        name: str,
        weights: Callable[[], Path],
        settings: LocalModelSettings,
        states: Path,
    ) -> None:
        self._name = name
        self._weights = weights
        self._settings = settings
        self._states = states
        self._lock = threading.Lock()
        self._client: LlamaIndexChatModel | None = None

    @property
    def name(self) -> str:
        """What people are shown."""
        return f"{self._name} (embedded)"

    @property
    def context_tokens(self) -> int:
        """Size of the context window in tokens."""
        return self._settings.context_tokens

    def start(self) -> None:
        """Load the model now; does nothing when it is loaded.

        Raises
        ------
        ModelNotFoundError
            When the runtime or the file is missing.
        ModelUnavailableError
            When the file can't be loaded.
        WeightsError
            When the weights can't be put in place.
        """
        with self._lock:
            if self._client is None:
                address, key = _serve(self._weights(), self._settings, self._states)
                self._client = openai_like(
                    url=f"{address}/v1",
                    model="embedded",
                    api_key=key,
                    context_tokens=self._settings.context_tokens,
                    name=self.name,
                )

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        """Generate a reply token by token; closing the iterator stops the model."""
        self.start()
        assert self._client is not None
        return self._client.stream(messages, max_tokens=max_tokens, deadline=deadline)


_servers: dict[Path, tuple[Any, str]] = {}
_servers_lock = threading.Lock()


@atexit.register
def _close_servers() -> None:
    _servers.clear()


def _serve(path: Path, settings: LocalModelSettings) -> tuple[str, str]:
    """Address and key of this process's server for the model file at `path`."""
    path = path.resolve()
    with _servers_lock:
        if path not in _servers:
            _servers[path] = _start_server(path, settings)
        server, key = _servers[path]
    return str(server.listening_address), key


def _start_server(path: Path, settings: LocalModelSettings) -> tuple[Any, str]:
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelNotFoundError(
            "The runtime of the embedded language model can't be loaded "
            f"({error}). Install the extra 'local': pip install '.[local]' in the project's folder."
        ) from error
    if not path.is_file():
        raise ModelNotFoundError(f"There is no model file {path}. Check QA_LLM.")
    key = secrets.token_urlsafe(32)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = settings.context_tokens * SLOTS
    params.n_parallel = SLOTS
    params.cache_ram_mib = settings.cache_mebibytes
    threads = settings.threads or joblib.cpu_count(only_physical_cores=True)
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.cors_origins = ""
    params.cors_credentials = False
    params.ui = False
    params.endpoint_slots = False
    params.endpoint_props = False
    params.endpoint_metrics = False
    params.offline = True
    params.warmup = False
    params.verbosity = QUIET
    try:
        return xllamacpp.Server(params), key
    except Exception as error:
        size = os.path.getsize(path)
        raise ModelUnavailableError(
            f"The model file {path} ({size:,} bytes) can't be loaded: {error}. Check that it is a "
            "GGUF file that this version of llama.cpp knows, and that there is memory for it."
        ) from error
