"""The child process that parses: bytes come in, text goes out, nothing else is allowed.

It is given a file's bytes and opens no file of the user's itself. Before the first, it
gives up the right to take much memory, write files or dump core; before each, it sets
the processor time after which the system ends it, within what the system leaves it.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from qa.documents import FORMATS, canonical_text
from qa.errors import DocumentError

try:
    import resource
except ImportError:  # Windows has none; the parent's clock still holds.
    resource = None  # type: ignore[assignment]

__all__ = ["MEMORY_BYTES", "PARSERS", "SECONDS", "damaged", "serve"]

PARSERS = {
    "text": ("qa.readers.text", "read"),
    "markdown": ("qa.readers.text", "read"),
    "rst": ("qa.readers.text", "read"),
    "code": ("qa.readers.text", "read"),
    "html": ("qa.readers.html", "read"),
    "pdf": ("qa.readers.pdf", "read"),
    "docx": ("qa.readers.docx", "read"),
    "pptx": ("qa.readers.pptx", "read"),
    "xlsx": ("qa.readers.sheets", "read"),
    "csv": ("qa.readers.sheets", "read_values"),
    "epub": ("qa.readers.epub", "read"),
    "mail": ("qa.readers.mail", "read"),
    "json": ("qa.readers.data", "read"),
    "jsonl": ("qa.readers.data", "read_lines"),
}
"""All formats, with the module and function that parses them."""

SECONDS = 25
"""Of processor time for one file."""

MEMORY_BYTES = 2**30
_RECYCLED_AT = MEMORY_BYTES // 3
_MAX_MESSAGE = 300
_MEMORY = Path("/proc/self/statm")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def serve() -> None:
    """Parse what comes on standard input until it ends."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not mix with the replies.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stdout = sys.stderr
    _give_up_rights()
    while request := _received(requests):
        _limit_processor_time()
        reply = _reply(json.loads(request)["path"], _received(requests))
        reply["last"] = reply.get("last", False) or _is_worn()
        _send(reply, replies)
        if reply["last"]:
            return


def _received(stream: BinaryIO) -> bytes:
    """One message; empty at the end."""
    return stream.read(int.from_bytes(stream.read(8), "big"))


def _send(reply: dict[str, Any], stream: BinaryIO) -> None:
    """Send a reply, then its text: within the reply's JSON it could take six times its size."""
    text = reply.get("content", {}).pop("text", "")
    for message in (json.dumps(reply).encode(), text.encode("utf-8", "surrogatepass")):
        stream.write(len(message).to_bytes(8, "big"))
        stream.write(message)
    stream.flush()


def _reply(path: str, data: bytes) -> dict[str, Any]:
    module, function = PARSERS[FORMATS[Path(path).suffix.lower()]]
    try:
        read = getattr(importlib.import_module(module), function)
        return {"content": asdict(read(data, path))}
    except DocumentError as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": f"{path} is nested too deeply to be read. Check where it comes from."}
    except MemoryError:
        return {"error": out_of_memory(path), "last": True}
    except ImportError as error:
        return {"error": f"{path} can't be read: {error}. Install qa again with its dependencies."}
    except Exception as error:
        # Parsers of damaged files raise anything.
        return {"error": damaged(path, error)}


def damaged(path: str, error: Exception) -> str:
    """Say what a reader stumbled over, in a line that can be shown."""
    told = _ADDRESS.sub("", canonical_text(f"{type(error).__name__}: {error}"))
    told = " ".join(told.split())
    return (
        f"{path} is damaged or not what its name says ({told[:_MAX_MESSAGE]}). Open it in its own "
        "program and save it again."
    )


def out_of_memory(path: str) -> str:
    """Say that a file takes too much memory."""
    return (
        f"{path} needs more than {MEMORY_BYTES // 2**20} MiB of memory to be read. Split it into "
        "smaller files."
    )


def _give_up_rights() -> None:
    if resource is None:
        return
    for name, limit in (
        ("RLIMIT_AS", MEMORY_BYTES),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),
    ):
        kind = getattr(resource, name, None)
        if kind is not None:
            _lower(kind, limit)


def _lower(kind: int, limit: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or limit <= hard:
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):
            # Some systems know a limit but don't keep it; the parent's clock still holds.
            return


def _limit_processor_time() -> None:
    if resource is None:
        return
    # A limit that was set for all the person's processes can't be lifted, nor should it be.
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(_used_seconds()) + SECONDS + 1
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _is_worn() -> bool:
    """Whether the next file is better read by a new process."""
    if _used_memory() > _RECYCLED_AT:
        return True
    if resource is None:
        return False
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    return hard != resource.RLIM_INFINITY and _used_seconds() > hard / 2


def _used_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return float(used.ru_utime + used.ru_stime)


def _used_memory() -> int:
    """Bytes in use; 0 where the system doesn't tell.

    The peak that `resource` tells begins with that of the process that started this one.
    """
    try:
        return int(_MEMORY.read_text().split()[1]) * resource.getpagesize()
    except (OSError, AttributeError):
        return 0
