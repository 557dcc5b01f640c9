"""What a run was made with: versions, code, machine; and how much memory it took."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import joblib

import qa
from qa.types import Document

__all__ = ["code_digest", "corpus_digest", "machine", "peak_memory", "reset_peak", "versions"]

_PACKAGES = (
    "faiss-cpu",
    "llama-index-core",
    "numpy",
    "qa",
    "sentence-transformers",
    "torch",
    "transformers",
    "xllamacpp",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change an answer or its speed."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def machine(threads: int | None) -> dict[str, str]:
    """Platform, processor, and how many cores there are and may be used.

    Parameters
    ----------
    threads : int or None
        What the settings give the embedded model.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "usable cores": str(usable),
        "model threads": str(threads or joblib.cpu_count(only_physical_cores=True)),
    }


def code_digest() -> str:
    """Twelve hexadecimal digits that change with any source line of answers and scores."""
    folders = (Path(qa.__file__).parent, Path(__file__).parent)
    return _digest(
        f"{path.relative_to(folder).as_posix()}\0{path.read_text(encoding='utf-8')}"
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
    )


def corpus_digest(documents: Mapping[str, Document]) -> str:
    """Twelve hexadecimal digits that change with any document's path or bytes."""
    return _digest(f"{path}\0{documents[path].content_hash}" for path in sorted(documents))


def reset_peak() -> None:
    """Let the peak begin anew, where the system can do so (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory() -> int | None:
    """Most memory that this process has held at once, in bytes; None where it isn't told.

    Since `reset_peak` on Linux, else since the process began. Models that are loaded
    stay, so of several systems in one process each counts what those before it loaded.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return _highest_ever()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _highest_ever() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kibibytes, except on macOS.
    return highest if platform.system() == "Darwin" else highest * 1024


def _processor() -> str:
    with contextlib.suppress(OSError):
        found = re.search(
            r"^model name\s*:\s*(.+)$",
            Path("/proc/cpuinfo").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:12]
