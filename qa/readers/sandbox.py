"""A child process that parses files one by one, replaced when one is too much for it."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from qa.errors import DocumentError, PostponedDocumentError, UnfinishedDocumentError
from qa.readers.content import Content
from qa.readers.worker import MEMORY_BYTES, SECONDS
from qa.types import SentMessage

__all__ = ["PATIENCE", "Sandbox"]

PATIENCE = 4 * SECONDS
"""Seconds on the clock, in which a file gets its processor time on a busy machine too."""

_PACKAGE = Path(__file__).parent.parent

# The package's own start loads what answers need and a parser doesn't.
_START = """
import json, sys, types
sys.path[:] = json.loads(sys.argv[1])
package = types.ModuleType("qa")
package.__path__ = [sys.argv[2]]
sys.modules["qa"] = package
from qa.readers.worker import serve
serve()
"""
# What a parser dies of by itself. Any other signal came from elsewhere (the system short of
# memory, somebody's kill), and says nothing of the file.
_OWN_SIGNALS = frozenset(
    number
    for name in ("SIGXCPU", "SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL", "SIGSYS")
    if (number := getattr(signal, name, None)) is not None
)
# A crash on Windows, where no signals are, ends a process with one of these.
_CRASHES = 0xC0000000
_DYING_SECONDS = 5.0
# A parser of hostile files gets to see no key.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")


class Sandbox:
    """Parses files in a child process, started with the first of them.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            atexit.unregister(self._child.kill)
            self._child.kill()
            self._child.communicate()
            self._child = None

    def parse(self, data: bytes, path: str) -> Content:
        """Parse a file's bytes.

        Raises
        ------
        DocumentError
            When it can't be parsed, or not within the child's time and memory: an
            `UnfinishedDocumentError` where that is the file's own doing. How long it took on
            the clock is not: the machine may have been busy, or asleep.
        """
        child = self._running(path)
        assert child.stdin is not None
        assert child.stdout is not None
        timed_out = threading.Event()

        def stop() -> None:
            timed_out.set()
            child.kill()

        timer = threading.Timer(PATIENCE, stop)
        timer.daemon = True
        timer.start()
        try:
            with suppress(OSError):
                for message in (json.dumps({"path": path}).encode(), data):
                    child.stdin.write(len(message).to_bytes(8, "big"))
                    child.stdin.write(message)
                child.stdin.flush()
            encoded = _received(child.stdout)
            text = _received(child.stdout) if encoded else None
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        if not encoded or text is None:
            with suppress(subprocess.TimeoutExpired):
                child.wait(_DYING_SECONDS)
            status = child.poll()
            self.close()
            raise _unfinished(path, status, timed_out=timed_out.is_set())
        reply: dict[str, Any] = json.loads(encoded)
        if reply["last"]:
            self.close()
        if "error" in reply:
            raise DocumentError(reply["error"])
        content = reply["content"]
        return Content(
            **{
                **content,
                "text": text.decode("utf-8", "surrogatepass"),
                "pages": tuple(content["pages"]),
                "notes": tuple(content["notes"]),
                "messages": tuple(SentMessage(**told) for told in content["messages"]),
            }
        )

    def _running(self, path: str) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            try:
                self._child = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-I", "-c", _START, json.dumps(sys.path), str(_PACKAGE)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                    # The terminal's Ctrl-C is for this process, not for the file being parsed.
                    start_new_session=True,
                )
            except OSError as error:
                raise PostponedDocumentError(
                    f"{path} can't be read: no process can be started for it ({error.strerror}). "
                    "Close some programs and index again."
                ) from error
            # A thread that the end of the program cuts off can't close what it holds.
            atexit.register(self._child.kill)
        return self._child


def _received(stream: IO[bytes]) -> bytes | None:
    """One message; None where it is cut off, or more than the child may hold."""
    size = int.from_bytes(stream.read(8), "big")
    message = stream.read(size) if size <= MEMORY_BYTES else b""
    return message if len(message) == size else None


def _unfinished(path: str, status: int | None, *, timed_out: bool) -> DocumentError:
    """Tell why a child gave no whole reply, by what it died of; None where it lives."""
    if timed_out:
        return DocumentError(
            f"{path} wasn't read within {PATIENCE} s. Index again when the machine is less busy, "
            "or split it into smaller files."
        )
    if status is not None and 0 <= status < _CRASHES:
        return DocumentError(
            f"{path} couldn't be read: its parser ended by itself (status {status}). Install qa "
            "again with its dependencies."
        )
    died_of = -(status or 0)
    if died_of == getattr(signal, "SIGXCPU", None):
        return UnfinishedDocumentError(
            f"{path} takes longer than {SECONDS} s to be read. Split it into smaller files."
        )
    if died_of <= 0 or died_of in _OWN_SIGNALS:
        return UnfinishedDocumentError(
            f"{path} is damaged: its parser crashed or ran out of {MEMORY_BYTES // 2**20} MiB of "
            "memory. Open it in its own program and save it again."
        )
    return PostponedDocumentError(
        f"{path} couldn't be read: its parser was ended from outside (signal {died_of}). "
        "Index again."
    )
