from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doubles import Endpoint, fails, replies

from qa import Settings
from qa.faces.doctor import OPTIONAL_PACKAGES, PACKAGES, Check, examine
from qa.llms import embedded

Fast = Callable[..., Settings]


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    return write({"a.txt": "The tide rose.", "b.txt": b"\x00" * 99})


def checks(settings: Settings, folder: Path) -> dict[str, Check]:
    return {check.name: check for check in examine(settings, folder)}


def test_everything_is_well(fast: Fast, folder: Path, tmp_path: Path) -> None:
    found = checks(fast(), folder)
    assert list(found) == [
        "Python",
        *PACKAGES,
        *OPTIONAL_PACKAGES,
        "Indexes and weights",
        "Embedding model",
        "Language model",
        "Library",
    ]
    assert all(check.passed for check in found.values()), found
    assert found["Embedding model"].detail == "hashing, 256 dimensions"
    assert str(tmp_path / "home") in found["Indexes and weights"].detail
    assert "GB free" in found["Indexes and weights"].detail
    assert "1 documents, 1 files skipped" in found["Library"].detail
    assert str(folder) in found["Library"].detail


@pytest.mark.parametrize(
    ("missing", "passed"), [("faiss-cpu", False), ("torch", False), ("xllamacpp", True)]
)
def test_a_missing_package(
    fast: Fast, folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str, passed: bool
) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == missing:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = checks(fast(), folder)[missing]
    assert found.passed is passed
    assert "not installed" in found.detail


def test_an_embedding_model_that_is_not_there(fast: Fast, folder: Path) -> None:
    found = checks(fast(embedding={"model": "no/such-model"}), folder)
    assert not found["Embedding model"].passed
    assert "no/such-model" in found["Embedding model"].detail
    assert not found["Library"].passed


def test_a_language_model_that_answers(fast: Fast, folder: Path, endpoint: Endpoint) -> None:
    endpoint.behaviour = replies("yes")
    found = checks(fast(llm=f"{endpoint.url}#m"), folder)["Language model"]
    assert found == Check("Language model", True, "m at 127.0.0.1, 4,096 tokens")


def test_a_language_model_that_refuses(fast: Fast, folder: Path, endpoint: Endpoint) -> None:
    endpoint.behaviour = fails(401)
    found = checks(fast(llm=f"{endpoint.url}#m"), folder)["Language model"]
    assert not found.passed
    assert "QA_API_KEY" in found.detail


@pytest.mark.parametrize(
    ("llm", "said"),
    [("gpt-4", "names no model"), ("http://127.0.0.1:{port}/v1#m", "can't be reached")],
)
def test_a_language_model_that_is_not_there(
    fast: Fast, folder: Path, closed_port: int, llm: str, said: str
) -> None:
    found = checks(fast(llm=llm.format(port=closed_port)), folder)
    assert not found["Language model"].passed
    assert said in found["Language model"].detail
    assert found["Library"].passed


def test_no_language_model_is_well_only_when_it_was_chosen(
    fast: Fast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "is_installed", lambda: False)
    assert checks(fast(llm="none"), folder)["Language model"].passed
    found = checks(fast(llm="auto"), folder)["Language model"]
    assert not found.passed
    assert "extra 'local'" in found.detail


def test_a_library_that_is_not_there(fast: Fast, tmp_path: Path) -> None:
    found = checks(fast(), tmp_path / "nowhere")["Library"]
    assert not found.passed
    assert "nowhere" in found.detail


def test_the_default_library_is_the_one_that_is_asked(
    fast: Fast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, Any] = {check.name: check for check in examine(fast(documents=folder))}
    assert str(folder) in found["Library"].detail


def test_variables_that_have_no_effect(
    fast: Fast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_LIM", "none")
    monkeypatch.setenv("QA_ENVIRONMENT", "1")
    found = [check for check in examine(fast(), folder) if check.name == "Variable"]
    # Another program's is told, and isn't amiss.
    assert [(check.passed, check.detail) for check in found] == [
        (True, "QA_ENVIRONMENT is no setting and has no effect."),
        (False, "QA_LIM is no setting and has no effect. Is QA_LLM meant?"),
    ]


def test_a_home_that_may_not_be_looked_at(
    fast: Fast, folder: Path, tmp_path: Path, closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = closed_folder / "indexes"
    found: dict[str, Any] = {check.name: check for check in examine(fast(home=closed), folder)}
    assert not found["Indexes and weights"].passed
    assert str(closed) in found["Indexes and weights"].detail
    assert "QA_HOME" in found["Indexes and weights"].detail
