"""The LLM inside this process: llama.cpp's server on loopback, started when first needed.

One server per model file and process. It speaks the OpenAI protocol, so the embedded
model goes through the same client as every remote one; its key is random, it listens on
a random port of the loopback interface, and every page, tool and state endpoint of it is
off.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import glob
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakSet

import httpx
import joblib

from qa.checksums import sha256_of
from qa.errors import ModelDownError, ModelNotFoundError
from qa.llms.base import Deadline, Message, Part, Token, complete
from qa.llms.llamaindex import LlamaIndexChatModel, openai_like
from qa.settings import LocalModelSettings

__all__ = ["EmbeddedChatModel", "forget_states", "is_installed"]

# Reader, checker and rewriter work at once; further parts take turns with them, since each
# begins by recalling the state of its own prompt. A slot costs 28 KiB of memory a token.
SLOTS = 3
# Tokens of a prompt that are read before the server sees whether it is still wanted: less
# than a second's worth on two cores. Fewer at once take longer in all.
BATCH = 64
# Off: on processors flash attention sums in half precision, and it is slower.
FLASH_ATTENTION = 0
QUIET = -1
# Seconds between two looks whether a wait was called off.
TICK = 0.1


def forget_states(states: Path, owner: str) -> None:
    """Delete what is kept in the folder `states` of prompts of `owner`."""
    for path in states.glob(f"{glob.escape(owner)}-*"):
        with contextlib.suppress(OSError):
            path.unlink()


def is_installed() -> bool:
    """Whether the runtime (the extra ``local``) is installed."""
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
    identity : str, optional
        What tells its weights from others. Default: its name.
    """

    def __init__(
        self,
        name: str,
        weights: Callable[[], Path],
        settings: LocalModelSettings,
        states: Path,
        identity: str | None = None,
    ) -> None:
        self._name = name
        self.identity = identity or name
        self._weights = weights
        self._settings = settings
        self._states = states
        # Guards loading only. Priming has its own lock, since it may take just as long.
        self._starting = threading.Lock()
        # Prompts are read one after the other, as the numbers kept of them were measured.
        self._priming = threading.Lock()
        self._running: _Running | None = None
        self._primed: dict[tuple[str, Part], _Primed] = {}
        self._fields: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """What people are shown."""
        return f"{self._name} (embedded)"

    @property
    def context_tokens(self) -> int:
        """Size of the context window in tokens."""
        return self._settings.context_tokens

    def avoiding(self, words: Sequence[str]) -> EmbeddedChatModel:
        """The same model, which writes none of the tokens of `words`.

        Its probabilities are those of the unrestricted model.
        """
        other = copy.copy(self)
        other._fields = {"logit_bias": [[word, False] for word in words]}
        return other

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        """Generate a reply token by token; closing the iterator stops the model.

        The model is loaded when it is first asked.

        A prompt that begins with a primed one starts from exactly the state that was kept of that,
        whatever was asked in between: reading a prompt in other pieces gives slightly other
        numbers, and the same question must get the same answer. A prompt that is asked again with
        words to avoid isn't read again.
        """
        running = self._started(deadline)
        matching = [
            (primed.length, part, primed)
            for (_, part), primed in list(self._primed.items())
            if _begins_with(messages, primed.messages)
        ]
        if matching:
            _, part, primed = max(matching, key=lambda match: match[:2])
            return self._stream_from(running, part, primed, messages, max_tokens, deadline)
        # The server takes any slot that is idle, and between a prompt's reading and its keeping
        # that could be its own.
        with _held(self._priming, deadline):
            running.read[:] = [None] * SLOTS
        client = running.client.with_fields(**self._fields)
        return client.stream(messages, max_tokens=max_tokens, deadline=deadline)

    def _stream_from(
        self,
        running: _Running,
        part: Part,
        primed: _Primed,
        messages: Sequence[Message],
        max_tokens: int,
        deadline: Deadline,
    ) -> Iterator[Token]:
        slot = part % SLOTS
        with _held(running.slots[slot], deadline):
            client = running.client.with_fields(id_slot=slot)
            prompt = tuple(messages)
            # If anything goes wrong, the slot's state is unknown.
            read, running.read[slot] = running.read[slot], None
            if not self._fields or read != prompt:
                running.act_on_slot(slot, "restore", primed.name, deadline)
                if self._fields:
                    # As if it had just been asked without them.
                    complete(client, messages, max_tokens=1, deadline=deadline)
            client = client.with_fields(**self._fields)
            yield from client.stream(messages, max_tokens=max_tokens, deadline=deadline)
            running.read[slot] = prompt

    def prime(
        self, part: Part, messages: Sequence[Message], deadline: Deadline, library: str = ""
    ) -> None:
        """Read `messages` now, or recall what an earlier process made of them.

        What the model makes of a prompt (its key-value state) is kept in a file, since
        recalling it takes milliseconds where reading takes seconds. The file is named by
        all that it depends on and its digest is checked.

        Raises
        ------
        ModelError
        """
        running = self._started(deadline)
        owner, slot = library or part.name.lower(), part % SLOTS
        name = f"{owner}-{int(part)}-{self._state_digest(messages)}.bin"
        path = self._states / name
        known = self._primed.get((owner, part))
        if known is not None and known.name == name and path.exists():
            return
        with _held(self._priming, deadline), _held(running.slots[slot], deadline):
            running.read[slot] = None
            if not (_is_intact(path) and running.act_on_slot(slot, "restore", name, deadline)):
                client = running.client.with_fields(id_slot=slot)
                complete(client, messages, max_tokens=1, deadline=deadline)
                # Without room for the file the next process reads the prompt again.
                with contextlib.suppress(OSError):
                    for old in self._states.glob(f"{glob.escape(owner)}-{int(part)}-*"):
                        old.unlink(missing_ok=True)
                    if running.act_on_slot(slot, "save", name, deadline):
                        path.chmod(0o600)
                        _digest_path(path).write_text(sha256_of(path), encoding="ascii")
            self._primed[owner, part] = _Primed(name, tuple(messages))

    def _started(self, deadline: Deadline) -> _Running:
        """The running model, which calls `deadline` off should the process end first.

        Putting the weights in place and loading them doesn't count against the deadline.
        """
        if self._running is None:
            with _held(self._starting, deadline, postponing=True):
                began = time.monotonic()
                if self._running is None:
                    self._running = _serve(self._weights(), self._settings, self._states, self.name)
                deadline.postpone(time.monotonic() - began)
        with _deadlines_lock:
            _deadlines.add(deadline)
        return self._running

    def _state_digest(self, messages: Sequence[Message]) -> str:
        weights = self._weights()
        about = [
            str(weights.resolve()),
            weights.stat().st_size,
            weights.stat().st_mtime_ns,
            importlib.metadata.version("xllamacpp"),
            self._settings.context_tokens,
            BATCH,
            FLASH_ATTENTION,
            [(message.role, message.content) for message in messages],
        ]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Primed:
    """A prompt that was read, and the name of the file with what was made of it."""

    name: str
    messages: tuple[Message, ...]

    @property
    def length(self) -> int:
        """In characters."""
        return sum(len(message.content) for message in self.messages)


@dataclass(frozen=True, slots=True)
class _Running:
    """A loaded model: the way to its server, its client, and who may use which slot.

    `read` has the prompt that each slot has read to its end, if nothing came after it.
    """

    address: str
    key: str
    client: LlamaIndexChatModel
    slots: list[threading.Lock] = field(
        default_factory=lambda: [threading.Lock() for _ in range(SLOTS)]
    )
    read: list[tuple[Message, ...] | None] = field(default_factory=lambda: [None] * SLOTS)

    def act_on_slot(self, slot: int, action: str, name: str, deadline: Deadline) -> bool:
        """Save or restore a slot's state; whether it worked."""
        try:
            response = httpx.post(
                f"{self.address}/slots/{slot}",
                params={"action": action},
                json={"filename": name},
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=deadline.remaining(),
                trust_env=False,
            )
        except httpx.HTTPError:
            return False
        return response.is_success


@contextlib.contextmanager
def _held(lock: threading.Lock, deadline: Deadline, *, postponing: bool = False) -> Iterator[None]:
    """Hold a lock, waiting for it until the deadline or until that is called off.

    Parameters
    ----------
    lock : threading.Lock
    deadline : Deadline
    postponing : bool
        Whether the time spent waiting is added to the deadline.

    Raises
    ------
    ModelUnavailableError
        When the time is up.
    """
    began = time.monotonic()
    while not lock.acquire(timeout=min(TICK, deadline.remaining())):
        if postponing:
            now = time.monotonic()
            deadline.postpone(now - began)
            began = now
    try:
        yield
    finally:
        lock.release()


def _begins_with(messages: Sequence[Message], primed: Sequence[Message]) -> bool:
    """Whether a prompt continues a primed one, in its last message or after it."""
    if len(messages) < len(primed):
        return False
    *before, last = primed
    place = len(before)
    return (
        list(messages[:place]) == before
        and messages[place].role == last.role
        and messages[place].content.startswith(last.content)
    )


def _digest_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _is_intact(path: Path) -> bool:
    try:
        return _digest_path(path).read_text(encoding="ascii") == sha256_of(path)
    except (OSError, ValueError):
        return False


_running: dict[tuple[Path, Path, str], _Running] = {}
_running_lock = threading.Lock()
# The only references to the servers. One goes down, its threads joined, when it is let go;
# one that is still reading a prompt while the process ends would crash it.
_servers: list[Any] = []
# Of the questions that may still be under way: a server that goes down waits for them.
_deadlines: WeakSet[Deadline] = WeakSet()
_deadlines_lock = threading.Lock()


@atexit.register
def _close_servers() -> None:
    with _deadlines_lock:
        asked = list(_deadlines)
    for deadline in asked:
        deadline.call_off()
    # One that is being started can't be let go before it has.
    with _running_lock:
        _servers.clear()


def _serve(path: Path, settings: LocalModelSettings, states: Path, name: str) -> _Running:
    """Find or start the one server of this process for a model file and its settings."""
    path = path.resolve()
    which = (path, states.resolve(), settings.model_dump_json())
    with _running_lock:
        if which not in _running:
            server, key = _start_server(path, settings, states)
            _servers.append(server)
            address = str(server.listening_address)
            client = openai_like(
                url=f"{address}/v1",
                model="embedded",
                api_key=key,
                context_tokens=settings.context_tokens,
                name=name,
            )
            _running[which] = _Running(address, key, client)
        return _running[which]


def _start_server(path: Path, settings: LocalModelSettings, states: Path) -> tuple[Any, str]:
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelNotFoundError(
            "The runtime of the embedded language model can't be loaded "
            f"({error}). Install the extra 'local': pip install '.[local]' in the project's folder."
        ) from error
    if not os.path.isfile(path):
        raise ModelNotFoundError(
            f"There is no model file {path}, or it can't be looked at. Check QA_LLM."
        )
    key = secrets.token_urlsafe(32)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = settings.context_tokens * SLOTS
    params.n_parallel = SLOTS
    params.n_batch = BATCH
    params.n_ubatch = BATCH
    params.flash_attn_type = xllamacpp.llama_flash_attn_type(FLASH_ATTENTION)
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
    try:
        states.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ModelDownError(
            f"The folder {states} can't be used: {error.strerror}. Check it, or set QA_HOME to "
            "another one."
        ) from error
    params.slot_save_path = f"{states}{os.sep}"
    params.warmup = False
    params.verbosity = QUIET
    try:
        return xllamacpp.Server(params), key
    except Exception as error:
        size = os.path.getsize(path)
        raise ModelDownError(
            f"The model file {path} ({size:,} bytes) can't be loaded: {error}. Check that it is a "
            "GGUF file that this version of llama.cpp knows, and that there is memory for it."
        ) from error
