"""What is installed, which models load, and where things are kept: facts for ``qa doctor``."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.embeddings import SentenceTransformersEmbedder, open_embedder
from qa.errors import QaError
from qa.library import Library, default_documents
from qa.llms import Deadline, Message, complete, open_chat_model
from qa.settings import Settings, unknown_variables

__all__ = ["Check", "examine"]

PACKAGES = ("llama-index-core", "sentence-transformers", "faiss-cpu", "gradio", "torch")
OPTIONAL_PACKAGES = ("xllamacpp", "openvino")


@dataclass(frozen=True, slots=True)
class Check:
    """One fact, and whether it is as it should be."""

    name: str
    passed: bool
    detail: str


def examine(settings: Settings, folder: Path | None = None) -> Iterator[Check]:
    """Look at everything that an answer needs, one check at a time.

    Parameters
    ----------
    settings : Settings
    folder : Path, optional
        The library. Default: ``QA_DOCUMENTS``, else the seed documents.

    Yields
    ------
    Check
    """
    yield Check("Python", True, f"{platform.python_version()} at {sys.executable}")
    for package in (*PACKAGES, *OPTIONAL_PACKAGES):
        yield _installed(package, required=package in PACKAGES)
    yield from _variables()
    yield _home(settings.home)
    yield _embedding_model(settings)
    yield _language_model(settings)
    yield _library(settings, folder or default_documents(settings))


def _installed(package: str, *, required: bool) -> Check:
    try:
        return Check(package, True, importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        detail = "not installed" if required else "not installed (the extra 'local' has it)"
        return Check(package, not required, detail)


def _variables() -> Iterator[Check]:
    for name, near in unknown_variables(os.environ).items():
        meant = f" Is {near} meant?" if near else ""
        yield Check("Variable", not near, f"{name} is no setting and has no effect.{meant}")


def _home(home: Path) -> Check:
    # Unlike Path's, it raises nothing where a folder may not be looked into.
    place = next(folder for folder in (home, *home.parents) if os.path.exists(folder))
    try:
        free = shutil.disk_usage(place).free / 1e9
    except OSError as error:
        detail = f"{home} can't be looked at: {error.strerror or error}"
        return Check("Indexes and weights", False, f"{detail}. Choose another place with QA_HOME.")
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        detail = f"{home} can't be used: {place} may not be read and written"
        return Check("Indexes and weights", False, f"{detail}. Choose another place with QA_HOME.")
    return Check("Indexes and weights", True, f"{home} ({free:.1f} GB free)")


def _embedding_model(settings: Settings) -> Check:
    try:
        embedder = open_embedder(settings.embedding, settings.home)
        embedder.embed_query("Does it load?")
    except QaError as error:
        return Check("Embedding model", False, str(error))
    detail = f"{embedder.name}, {embedder.dimension} dimensions"
    if isinstance(embedder, SentenceTransformersEmbedder):
        detail += f", computed in {embedder.arithmetic}"
    return Check("Embedding model", True, detail)


def _language_model(settings: Settings) -> Check:
    try:
        model = open_chat_model(settings)
        if model is None:
            wanted = settings.llm == "none"
            step = "That is as QA_LLM has it." if wanted else "Install the extra 'local'."
            return Check("Language model", wanted, f"none: answers are quoted sentences. {step}")
        deadline = Deadline(settings.generation.deadline_seconds)
        complete(model, [Message("user", "Reply: yes")], max_tokens=1, deadline=deadline)
    except QaError as error:
        return Check("Language model", False, str(error))
    return Check("Language model", True, f"{model.name}, {model.context_tokens:,} tokens")


def _library(settings: Settings, folder: Path) -> Check:
    try:
        library = Library.open(folder, settings=settings, llm="none")
    except QaError as error:
        return Check("Library", False, str(error))
    count, skipped = len(library.documents), len(library.report.skipped)
    detail = f"{library.root}: {count:,} documents, {skipped} files skipped"
    index = library.index
    if index is not None:
        detail += f"; {index.sentence_count:,} sentences, {index.search_kind} search"
    return Check("Library", True, detail)
