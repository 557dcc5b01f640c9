"""The documents as their owner sees them: what is there, what is being done, what went wrong.

Adding, removing and reading again run one after the other in a thread of their own;
the page shows how far they are. While a page is open, the folder is watched: what changes there is
indexed, and the page says so.
"""

from __future__ import annotations

import logging
import queue
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from watchfiles import watch

from qa.documents import SkippedFile
from qa.errors import DocumentError, QaError
from qa.faces.printing import counted
from qa.folders.exclusions import HIDDEN
from qa.index import UpdateReport
from qa.types import Document
from qa.ui.desk import ChatLibrary
from qa.ui.uploads import CLAIMED

__all__ = ["Entry", "Shelf", "State"]

logger = logging.getLogger(__name__)

State = Literal["ready", "new", "partial", "waiting", "indexing", "changed", "skipped", "failed"]

# The folder is watched for so long after a page last asked, and scanned every few seconds too,
# since not every file system reports changes.
WATCH_SECONDS = 120.0
SCAN_MILLISECONDS = 5_000
# Files that a temporary reason kept from being read are tried again after so long.
RETRY_SECONDS = 60.0
NEW_SECONDS = 120.0  # How long a document that was added is pointed out.
MOST_FAILURES = 20
FAULT = "there is a fault in qa, and the details are in the log of the server."


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the list.

    Parameters
    ----------
    path : str
        Relative to the library's folder, or the name of a file that isn't there yet.
    state : str
        ``"skipped"``: in the folder but not read; ``"failed"``: couldn't be added.
    document : Document or None
        Where it can be opened.
    size : int or None
        In bytes.
    detail : str
        For people: why it was skipped or failed, how far indexing is.
    """

    path: str
    state: State
    document: Document | None = None
    size: int | None = None
    detail: str = ""


class Shelf:
    """Looks after a library's documents.

    Parameters
    ----------
    library : ChatLibrary
    editable : bool
        Whether documents may be added and removed.
    """

    def __init__(self, library: ChatLibrary, *, editable: bool = True) -> None:
        self.editable = editable
        self._library = library
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[tuple[str, Path | None]] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._waiting: dict[str, str] = {}
        # The file that is being read, or None, and the text for all that are indexed together.
        self._progress: tuple[str | None, str] | None = None
        self._failures: dict[str, str] = {}
        self._added: dict[str, float] = {}
        self._changes: frozenset[str] = frozenset()
        self._looked = 0.0
        self._read = 0.0
        self._watcher: threading.Thread | None = None
        self._removed: set[str] = set()
        self._news = (0, "")
        self._message = ""

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        with self._lock:
            return self._worker is not None

    @property
    def message(self) -> str:
        """What was done last, or what went wrong with it."""
        return self._message

    def add(self, name: str, file: Path) -> None:
        """Have an uploaded file copied into the library; it is gone from where it is at once.

        Raises
        ------
        DocumentError
            When documents may not be added here, or the file isn't there.
        """
        self._check_editable()
        file = _claimed(file)
        with self._lock:
            self._waiting[name] = "Waiting"
            self._failures.pop(name, None)
        self._do(name, file)

    def remove(self, path: str) -> None:
        """Move a document out of the library, where its owner finds it again.

        Raises
        ------
        DocumentError
            When it isn't there, or documents may not be removed here.
        """
        self._check_editable()
        # Only what is shown: what its owner has hidden there is nobody else's.
        if path not in {*self._library.documents, *(each.path for each in self._skipped())}:
            raise DocumentError(f"{path} isn’t in the library. It may be gone already.")
        with self._lock:
            self._removed.add(path)
        aside = self._library.remove(path)
        self._message = f"{path} was taken out of the library. It is now {aside}"
        self._do("", None)

    def dismiss(self, name: str) -> None:
        """Take what failed off the list; a document of the same name stays where it is."""
        with self._lock:
            self._failures.pop(name, None)

    @property
    def news(self) -> tuple[int, str]:
        """What was last found changed in the folder, and how many times something was."""
        return self._news

    def look(self) -> None:
        """Have the folder watched for a while."""
        with self._lock:
            self._looked = time.monotonic()
            if self._watcher is None:
                self._watcher = threading.Thread(
                    target=self._watch, name="qa-folder-watch", daemon=True
                )
                self._watcher.start()

    def _watch(self) -> None:
        try:
            self._notice()
            for _ in watch(
                self._library.root,
                debounce=400,
                rust_timeout=SCAN_MILLISECONDS,
                yield_on_timeout=True,
                ignore_permission_denied=True,
                raise_interrupt=False,
            ):
                self._notice()
                if time.monotonic() > self._looked + WATCH_SECONDS:
                    break
        except (OSError, RuntimeError) as error:
            self._message = f"The folder can’t be watched: {error}. “Look for changes” reads it."
        finally:
            with self._lock:
                self._watcher = None

    def _notice(self) -> None:
        """Read what has changed, unless something is being read already."""
        try:
            changes = frozenset(self._library.changes())
        except QaError as error:
            self._message = str(error)
            return
        postponed = {file.path for file in self._library.report.postponed}
        if changes <= postponed and time.monotonic() < self._read + RETRY_SECONDS:
            return
        if changes and not self.busy:
            self._changes = changes
            self._do("", None)

    def read_again(self) -> None:
        """Look at every file of the folder now."""
        self._message = ""
        self._do("", None)

    def entries(self) -> tuple[Entry, ...]:
        """All rows: what is being added, what failed, the documents, what is skipped."""
        library, now = self._library, time.monotonic()
        documents = library.documents
        sizes = {file.path: file.size for file in library.files}
        with self._lock:
            waiting, failures, progress = dict(self._waiting), dict(self._failures), self._progress
            self._added = {
                path: since for path, since in self._added.items() if now - since < NEW_SECONDS
            }
            added, changes = set(self._added), self._changes
        rows = [Entry(path, "failed", detail=reason) for path, reason in failures.items()]
        for path, detail in waiting.items():
            if progress and detail == "Indexing" and progress[0] in (path, None):
                rows.append(Entry(path, "indexing", detail=progress[1]))
            else:
                detail = "Waiting" if progress and detail == "Indexing" else detail
                rows.append(Entry(path, "waiting", detail=detail))
        partial = {file.path: file.reason for file in library.report.incomplete}
        postponed = {file.path: file.reason for file in library.report.postponed}
        ordered = sorted(
            documents.values(), key=lambda document: (document.title.casefold(), document.path)
        )
        for document in sorted(ordered, key=lambda document: document.path not in added):
            path = document.path
            if path in waiting:
                continue
            state: State = "new" if path in added else "ready"
            detail = ""
            if path in partial:
                state, detail = "partial", partial[path]
            if path in postponed:
                state, detail = "changed", f"Changed, and still as it was: {postponed[path]}"
            if path in changes:
                state, detail = "changed", "Changed, being read again"
            rows.append(Entry(path, state, document, sizes.get(path), detail))
        rows += [
            Entry(skipped.path, "skipped", detail=skipped.reason) for skipped in self._skipped()
        ]
        return tuple(rows)

    def _skipped(self) -> list[SkippedFile]:
        return [file for file in self._library.report.skipped if file.reason != HIDDEN]

    def _check_editable(self) -> None:
        if not self.editable:
            raise DocumentError(
                "Documents can’t be added or removed here: the chat was started with --read-only."
            )

    def _do(self, name: str, file: Path | None) -> None:
        with self._lock:
            self._tasks.put((name, file))
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="qa-shelf", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        try:
            while self._has_tasks():
                added: list[str] = []
                while not self._tasks.empty():
                    name, file = self._tasks.get()
                    if file is not None and (path := self._copied(name, file)):
                        added.append(path)
                self._index(added)
        finally:
            with self._lock:
                # Another has begun already where something came in after the last look.
                if self._worker is threading.current_thread():
                    self._worker = None

    def _has_tasks(self) -> bool:
        with self._lock:
            if self._tasks.empty():
                self._worker = None
            return self._worker is not None

    def _copied(self, name: str, file: Path) -> str | None:
        try:
            path = self._library.add(name, file)
        except QaError as error:
            self._fail(name, str(error))
            return None
        except Exception:
            # Whatever is wrong with one file, those after it are still added.
            logger.exception("%s could not be added", name)
            self._fail(name, f"It can’t be added: {FAULT}")
            return None
        finally:
            shutil.rmtree(file.parent, ignore_errors=True)
        with self._lock:
            self._waiting.pop(name, None)
            self._waiting[path] = "Indexing"
        return path

    def _fail(self, name: str, reason: str) -> None:
        with self._lock:
            self._waiting.pop(name, None)
            self._failures[name] = reason
            while len(self._failures) > MOST_FAILURES:
                self._failures.pop(next(iter(self._failures)))

    def _index(self, added: list[str]) -> None:
        def show(done: int, total: int, path: str) -> None:
            # Files are read one by one, their sentences embedded together.
            if not path:
                self._progress = None, "Being saved"
            elif total:
                self._progress = None, f"Indexing, {done * 100 // total}%"
            else:
                self._progress = path, "Being read"

        try:
            report = self._library.refresh(show)
        except QaError as error:
            self._message = f"The documents could not be indexed: {error}"
        except Exception:
            logger.exception("The documents could not be indexed")
            self._message = f"The documents could not be indexed: {FAULT}"
        else:
            skipped = {each.path: each.reason for each in report.skipped}
            for path in added:
                if path in skipped:
                    self._fail(path, skipped[path])
            self._tell(report)
        finally:
            self._progress = None
            self._read = time.monotonic()
            with self._lock:
                self._changes = frozenset()
                for path in added:
                    self._waiting.pop(path, None)
                    if path not in self._failures:
                        self._added[path] = time.monotonic()

    def _tell(self, report: UpdateReport) -> None:
        """Tell what others than the readers of this page changed."""
        with self._lock:
            ours = {*self._waiting, *self._added}
            found = [path for path in report.added if path not in ours]
            gone = [path for path in report.removed if path not in self._removed]
            self._removed.difference_update(report.removed)
            self._added.update(dict.fromkeys(found, time.monotonic()))
        told = [
            words.format(paths[0] if len(paths) == 1 else counted(len(paths), "document"))
            for words, paths in (
                ("{}: new in the folder", found),
                ("{}: changed, and read again", report.updated),
                ("{}: no longer in the folder", gone),
            )
            if paths
        ]
        if told:
            self._message = ". ".join(told) + "."
            self._news = (self._news[0] + 1, self._message)


def _claimed(file: Path) -> Path:
    """Move an upload into a folder of its own: Gradio keeps those of the same content in one."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=CLAIMED, dir=file.parent.parent))
        try:
            return file.replace(folder / file.name)
        except OSError:
            folder.rmdir()
            raise
    except OSError as error:
        raise DocumentError(
            f"The file didn’t arrive ({error.strerror or error}). Add it again."
        ) from error
