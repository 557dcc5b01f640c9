"""A library: a folder of documents held ready, so that it can be asked at any time.

It holds what stays the same between questions (the index, the embedder, the model) and
brings it up to what the folder holds now; how a question is answered is `qa.answer`'s.
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qa.answer import (
    Clock,
    answer_question,
    checked_history,
    checked_question,
    nothing_to_read,
)
from qa.answering.pipeline import Pipeline
from qa.answering.priming import Primer, State, whole_library
from qa.documents import DocumentFile, SkippedFile
from qa.embeddings import Embedder, LlamaIndexEmbedder, open_embedder
from qa.errors import (
    EmptyLibraryError,
    IndexBusyError,
    IndexStoreError,
    LibraryNotFoundError,
    ModelError,
    ModelNotFoundError,
    QaError,
    QuestionError,
    SettingsError,
)
from qa.folders.exclusions import scan_library
from qa.folders.files import add_file, set_aside
from qa.folders.upkeep import Upkeep
from qa.identity import fingerprint
from qa.index import (
    Index,
    UpdateReport,
    open_index,
    report_as_before,
    store_folder,
    update_index,
)
from qa.llms import (
    ChatModel,
    Deadline,
    LlamaIndexChatModel,
    Message,
    complete,
    forget_prompts,
    open_chat_model,
    open_further_models,
)
from qa.retrieval import retrieve
from qa.settings import Settings
from qa.types import Answer, AnswerReady, Document, Event, Hit, Turn

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.llms import LLM

__all__ = ["Library", "ask", "default_documents"]

# Groups of settings that may be others for one question.
_PER_QUESTION = frozenset({"retrieval", "evidence", "generation", "verification"})

History = Iterable[Turn | Mapping[str, str]]
IndexProgress = Callable[[int, int, str], None]
WeightsProgress = Callable[[int, int], None]


def default_documents(settings: Settings) -> Path:
    """The folder that is asked when none is named: ``QA_DOCUMENTS``, else the seeds."""
    if settings.documents is not None:
        return settings.documents
    package = Path(__file__).parent
    installed = package / "seeds"
    return installed if installed.is_dir() else package.parent / "seeds"


class Library:
    """A folder of documents that can be asked; use `Library.open`.

    Any number of threads may ask at once. The folder is checked for changes before each
    question, and changed files are indexed first. If that takes longer than a few seconds,
    the answer uses the documents as they were, and its notes say so and name those files.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        embedder: Embedder,
        models: Sequence[ChatModel],
        progress: IndexProgress | None,
        may_be_empty: bool = False,
    ) -> None:
        self.root = root
        self.settings = settings
        self._embedder = embedder
        self._models = _by_name(models)
        self._lock = threading.Lock()
        self._upkeep = Upkeep(self.changes, self.refresh, self._lock.locked)
        self._store = store_folder(settings.home, root)
        self._primers = {
            name: Primer(model, settings, self._store.name, lambda: self._state)
            for name, model in self._models.items()
        }
        self._seen: tuple[DocumentFile, ...] = ()
        self._may_be_empty = may_be_empty
        # Read and replaced as one, so that no question meets the parts of two states.
        # None while there is no document.
        self._state: State | None = None
        self.report: UpdateReport
        try:
            self.refresh(progress)
        except IndexBusyError as busy:
            self._open_as_before(busy)

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        llm: str | ChatModel | LLM | None = None,
        embedder: Embedder | BaseEmbedding | None = None,
        progress: IndexProgress | None = None,
        weights_progress: WeightsProgress | None = None,
        may_be_empty: bool = False,
    ) -> Self:
        """Open a folder, building its index or bringing it up to date.

        While another process writes the index, it is opened as it was before; `report`
        says so, and so do the notes of answers until it can be brought up to date.

        Parameters
        ----------
        folder : str or Path, optional
            Default: ``QA_DOCUMENTS``, else the seed documents.
        settings : Settings, optional
            Default: from the environment and ``qa.toml``.
        llm : str, ChatModel or llama_index.core.llms.LLM, optional
            A name as for ``QA_LLM``, or a model. Default: ``settings.llm``. Those that
            ``settings.further_llms`` names can be chosen too.
        embedder : Embedder or llama_index.core.embeddings.BaseEmbedding, optional
            Default: ``settings.embedding``.
        progress : callable, optional
            Called while indexing with files done, files in all, and the file's path.
        weights_progress : callable, optional
            Called with bytes done and in all while the embedded model is put in place.
        may_be_empty : bool
            Open a folder without documents too; no question is answered until one is added.

        Raises
        ------
        SettingsError
        LibraryNotFoundError
        EmptyLibraryError
        IndexStoreError
        ModelNotFoundError
            When a name leads to no model, or two lead to the same.
        """
        if settings is None:
            # A server named by an argument may be sent the key; one that qa.toml names may not.
            settings = Settings.load(**({"llm": llm} if isinstance(llm, str) else {}))
        elif isinstance(llm, str):
            settings = settings.model_copy(update={"llm": llm})
        root = Path(folder) if folder is not None else default_documents(settings)
        try:
            root = root.expanduser().absolute()
            found = root.is_dir()
        except (OSError, RuntimeError, ValueError) as error:
            raise LibraryNotFoundError(
                f"The folder {str(root)[:200]} can't be used: {error}. Check the path."
            ) from error
        if not found:
            scan_library(root)
            raise LibraryNotFoundError(f"There is no folder {root}.")
        model = (
            open_chat_model(settings, weights_progress)
            if llm is None or isinstance(llm, str)
            else _as_chat_model(llm)
        )
        models = (
            *([model] if model is not None else []),
            *open_further_models(settings, weights_progress),
        )
        return cls(root, settings, _as_embedder(embedder, settings), models, progress, may_be_empty)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: there is nothing to release, since models are shared in the process."""

    @property
    def documents(self) -> Mapping[str, Document]:
        """The indexed documents by path."""
        return self._state[0].documents if self._state else {}

    @property
    def index(self) -> Index | None:
        """The index as it is now; None while there is no document."""
        return self._state[0] if self._state else None

    @property
    def files(self) -> tuple[DocumentFile, ...]:
        """The documents' files as they were when they were indexed, by path."""
        documents = self.documents
        return tuple(file for file in self._seen if file.path in documents)

    @property
    def model_name(self) -> str:
        """The LLM and where it runs, or ``"none"``."""
        return next(iter(self._models), "none")

    @property
    def model_names(self) -> tuple[str, ...]:
        """All LLMs that can be chosen, and where they run; the first is the default."""
        return tuple(self._models)

    def refresh(self, progress: IndexProgress | None = None) -> UpdateReport:
        """Bring the index up to what the folder holds now.

        Raises
        ------
        LibraryError
        IndexStoreError
        """
        with self._lock:
            scan = scan_library(self.root)
            try:
                index, self.report = update_index(
                    self._store, self.root, self._embedder, self.settings.chunking, progress
                )
            except EmptyLibraryError as empty:
                gone = tuple(self.documents)
                postponed = itertools.starmap(SkippedFile, empty.postponed.items())
                self.report = UpdateReport(
                    (), (), gone, (), scan.skipped, (), (), None, 0.0, postponed=tuple(postponed)
                )
                # Also where this is raised: what was deleted must not go on answering.
                self._state = None
                self._have_seen(scan.files)
                if not self._may_be_empty:
                    raise
            else:
                self._state = index, whole_library(index, self.settings, self._models.values())
                self._have_seen(scan.files)
        return self.report

    def _open_as_before(self, busy: IndexBusyError) -> None:
        """Open the index that another process is replacing; raises `busy` if there is none."""
        try:
            index = open_index(self._store, self._embedder, self.settings.chunking)
        except IndexStoreError:
            raise busy from None
        self.report = report_as_before(index, str(busy))
        self._state = index, whole_library(index, self.settings, self._models.values())
        # Not what the folder holds: each question then tries again to have it read.
        self._seen = index.scan

    def _have_seen(self, files: tuple[DocumentFile, ...]) -> None:
        # What can't be read now hasn't been seen, or only as it was: questions try again.
        postponed = {file.path for file in self.report.postponed}
        seen = [file for file in files if file.path not in postponed]
        if self.index is not None:
            seen += [file for file in self.index.scan if file.path in postponed]
        self._seen = tuple(sorted(seen, key=lambda file: file.path))
        if self.report.changed:
            forget_prompts(self.settings, self._store.name)

    def changes(self) -> tuple[str, ...]:
        """Paths of files that are new, changed or gone since the folder was indexed.

        Raises
        ------
        LibraryNotFoundError
        """
        return tuple(
            sorted({file.path for file in {*scan_library(self.root).files} ^ {*self._seen}})
        )

    def look_again(self, deadline: Deadline | None = None) -> tuple[str, ...]:
        """Index what changed in the folder, for a few seconds, as is done before each question.

        Parameters
        ----------
        deadline : Deadline, optional
            As for `qa.folders.upkeep.Upkeep.wait`.

        Returns
        -------
        tuple of str
            Notes for the reader: what isn't indexed yet, or can't be checked. Nothing is raised.
        """
        try:
            changed = self._upkeep.wait(deadline)
        except QaError as error:
            return (f"The documents may have changed since they were indexed: {error}",)
        return (self._as_before(changed),) if changed else ()

    def _as_before(self, changed: Sequence[str]) -> str:
        postponed = {file.path: file.reason for file in self.report.postponed}
        reasons = [postponed[path] for path in changed if path in postponed]
        if len(reasons) == len(changed):
            more = f" So it is with {len(reasons) - 1} more." if len(reasons) > 1 else ""
            return f"This answer rests on documents as they were before: {reasons[0]}{more}"
        note = "Documents are being read, and this answer rests on them as they were before."
        documents = self.documents
        known = [path for path in changed if path in documents]
        if not known:
            return note
        more = f" and {len(known) - 3} more" if len(known) > 3 else ""
        return f"{note} Changed or gone since: {', '.join(known[:3])}{more}."

    def add(self, name: str, file: Path) -> str:
        """Copy a file into the folder, beside what is there; `refresh` then indexes it.

        Parameters
        ----------
        name : str
            Its name in the library, with ``/`` between folders; made safe where needed.
        file : Path

        Returns
        -------
        str
            Its path in the library: `name` with a number where that was taken.

        Raises
        ------
        DocumentError
            When its format isn't supported, it is too large, or it can't be copied.
        """
        return add_file(self.root, name, file)

    def remove(self, path: str) -> Path:
        """Move a document's file out of the folder; `refresh` then forgets it.

        Parameters
        ----------
        path : str
            Of one of `documents` or of a file that was skipped.

        Returns
        -------
        Path
            Where the file is now: nothing is deleted.

        Raises
        ------
        DocumentError
        """
        return set_aside(self.root, path, self.settings.home / "removed" / self._store.name)

    def warm_up(self) -> None:
        """Load the models and read the constant parts of the prompts in a background thread.

        The first question is then as quick as the next; failures show when it is asked.
        """
        preload = getattr(self._embedder, "preload", None)
        if preload is not None:
            preload()
        # Only the first of the models: the others may never be asked.
        for primer in itertools.islice(self._primers.values(), 1):
            threading.Thread(target=primer.prime_all, name="qa-warm-up", daemon=True).start()

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        """Chunks for a question, best first; no LLM is asked.

        Parameters
        ----------
        question : str
            1 to 2,000 characters.
        limit : int
            How many, at least 1.

        Raises
        ------
        QuestionError
        """
        if not isinstance(limit, int) or limit < 1:
            raise QuestionError(
                f"limit = {limit!r:.100}: give how many passages to show, a whole number from 1."
            )
        settings = self.settings.retrieval.model_copy(update={"chunks": limit})
        asked = checked_question(question)
        self.look_again()
        state = self._state
        return retrieve(state[0], self._embedder, asked, settings) if state else ()

    def ask(self, question: str, history: History = ()) -> Answer:
        """Answer a question from the documents.

        Parameters
        ----------
        question : str
            1 to 2,000 characters.
        history : iterable of Turn or mapping
            The conversation so far, oldest first, for a follow-up question; a mapping has a
            turn's ``"question"`` and ``"answer"``.

        Raises
        ------
        QuestionError
        ModelError
            When the embedding model fails. A language model that fails is no error: the
            answer is then extractive, and its notes say why.
        """
        for event in self.stream(question, history):
            if isinstance(event, AnswerReady):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def model_problem(self, seconds: float, model: str | None = None) -> str | None:
        """Ask a model for one word, and return why it doesn't answer; None if it does.

        Parameters
        ----------
        seconds : float
            How long to wait for it.
        model : str, optional
            As for `stream`.

        Raises
        ------
        ModelNotFoundError
        """
        chosen = self._chosen(model)
        if chosen is None:
            return None
        hello = (Message("user", "Say yes."),)
        try:
            complete(chosen, hello, max_tokens=1, deadline=Deadline(seconds))
        except ModelError as error:
            return str(error)
        return None

    def stream(
        self,
        question: str,
        history: History = (),
        *,
        settings: Settings | None = None,
        model: str | None = None,
        quotes_only: bool = False,
        deadline: Deadline | None = None,
    ) -> Iterator[Event]:
        """Answer a question step by step; closing the iterator stops the model.

        Parameters
        ----------
        question, history
            As for `ask`.
        settings : Settings, optional
            For this question alone. The index and the models stay as they are: what names or
            makes them can't differ from the library's own settings.
        model : str, optional
            One of `model_names`. Default: the first.
        quotes_only : bool
            Ask no language model.
        deadline : Deadline, optional
            Another thread may end it early. Default: from the settings.

        Yields
        ------
        Event
            One `EvidenceFound`, before it a provisional one where a model has to understand
            a follow-up, any number of `DraftText`, one `AnswerReady`.

        Raises
        ------
        QuestionError
        SettingsError
        ModelNotFoundError
        ModelError
        """
        asked = checked_question(question)
        return self._stream(
            asked,
            checked_history(history),
            self.settings if settings is None else _applicable(settings, self.settings),
            None if quotes_only else self._chosen(model),
            deadline,
            Clock(),
        )

    def _stream(
        self,
        question: str,
        history: Sequence[Turn],
        settings: Settings,
        model: ChatModel | None,
        deadline: Deadline | None,
        clock: Clock,
    ) -> Iterator[Event]:
        notes = self.look_again(deadline)
        state = self._state
        if state is None:
            answer = nothing_to_read(question, fingerprint(settings, model, self._embedder), clock)
            yield AnswerReady(replace(answer, notes=(*notes, *answer.notes)))
            return
        index, whole = state if model is not None else (state[0], None)
        yield from answer_question(
            question,
            history,
            pipeline=Pipeline(index, whole, self._embedder, settings),
            model=model,
            prime=functools.partial(self._prime, model),
            deadline=deadline or Deadline(settings.generation.deadline_seconds),
            notes=notes,
            clock=clock,
        )

    def _chosen(self, name: str | None) -> ChatModel | None:
        if name is None:
            return next(iter(self._models.values()), None)
        if name not in self._models:
            raise ModelNotFoundError(
                f"No model at hand is called {name!r:.200}. Choose one of {self.model_names}."
            )
        return self._models[name]

    def _prime(self, model: ChatModel | None, deadline: Deadline) -> None:
        if model is not None:
            self._primers[model.name].prime(deadline)


def _applicable(settings: Settings, own: Settings) -> Settings:
    """`settings`, checked, if they differ from a library's own in what can change."""
    if not isinstance(settings, Settings):
        raise SettingsError(
            f"settings = {settings!r:.100}: give a copy of the library's own, "
            "library.settings.model_copy(update={…})."
        )
    settings = settings.checked(sorted(_PER_QUESTION))
    fixed = ((name, settings, own) for name in Settings.model_fields if name not in _PER_QUESTION)
    read_whole = ("whole_library_tokens", settings.evidence, own.evidence)
    for name, one, other in (*fixed, read_whole):
        if getattr(one, name) != getattr(other, name):
            raise SettingsError(
                f"{name} can't be set for one question: an open library keeps what it was opened "
                f"with. Change only {', '.join(sorted(_PER_QUESTION))} in a copy of its settings, "
                "library.settings.model_copy(update={…}), or open it with other settings."
            )
    return settings


def _by_name(models: Sequence[ChatModel]) -> dict[str, ChatModel]:
    named = {model.name: model for model in models}
    if len(named) < len(models):
        names = ", ".join(model.name for model in models)
        raise ModelNotFoundError(f"Two of the models have the same name: {names}. Name each once.")
    return named


@functools.lru_cache(maxsize=4)
def _shared_library(folder: Path, settings: Settings) -> Library:
    return Library.open(folder, settings=settings)


def ask(question: str, history: History = (), *, library: str | Path | None = None) -> Answer:
    """Answer a question from a folder of documents, by default the seeds.

    The library is opened at the first question and kept for the next, until the settings, of
    ``QA_*`` variables and ``qa.toml``, are others.

    Parameters
    ----------
    question : str
        1 to 2,000 characters.
    history : iterable of Turn or mapping
        The conversation so far, oldest first; as for `Library.ask`.
    library : str or Path, optional
        The folder. Default: ``QA_DOCUMENTS``, else the seed documents.

    Raises
    ------
    QaError

    Examples
    --------
    >>> from qa import ask
    >>> answer = ask("When is the album out?")  # doctest: +SKIP
    >>> print(answer.to_markdown())  # doctest: +SKIP
    """
    settings = Settings.load()
    folder = Path(library) if library is not None else default_documents(settings)
    # Unlike Path's, it leaves an unknown person's home as it is, which then isn't there.
    root = Path(os.path.expanduser(folder)).absolute()
    return _shared_library(root, settings).ask(question, history)


def _as_chat_model(llm: ChatModel | LLM) -> ChatModel:
    return llm if isinstance(llm, ChatModel) else LlamaIndexChatModel(llm)


def _as_embedder(embedder: Embedder | BaseEmbedding | None, settings: Settings) -> Embedder:
    if embedder is None:
        return open_embedder(settings.embedding, settings.home)
    # Imported only where an embedder is handed in: LlamaIndex takes a second to import.
    from llama_index.core.embeddings import BaseEmbedding

    if isinstance(embedder, BaseEmbedding):
        return LlamaIndexEmbedder(embedder)
    return embedder
