from __future__ import annotations

import errno
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from doubles import Script
from pptx import Presentation
from tides import FILES, QUESTION, TIDES, assert_sound

import qa
from qa import Answer, Library, Settings, ask
from qa import library as library_module
from qa.errors import (
    EmptyLibraryError,
    IndexBusyError,
    LibraryNotFoundError,
    ModelNotFoundError,
    ModelUnavailableError,
    QuestionError,
)
from qa.folders import upkeep
from qa.index import store_folder
from qa.library import default_documents
from qa.llms import Deadline, ScriptedChatModel
from qa.storage import generations
from qa.storage.generations import GenerationStore
from qa.types import AnswerReady

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]
Fast = Callable[..., Settings]


# --- Opening -------------------------------------------------------------------------


def test_the_default_folder(tmp_path: Path, fast: Fast, seeds: Path) -> None:
    assert default_documents(fast()) == seeds
    assert default_documents(fast(documents=tmp_path)) == tmp_path


def test_ask_keeps_the_library_open(
    write: Write, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("QA_DOCUMENTS", str(write(FILES)))
    monkeypatch.setenv("QA_LLM", "none")
    monkeypatch.setenv("QA_EMBEDDING__MODEL", "hashing")
    library_module._shared_library.cache_clear()
    request.addfinalizer(library_module._shared_library.cache_clear)
    opened: list[str] = []
    real = Library.open.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Library], *arguments: Any, **options: Any) -> Library:
        opened.append(str(arguments))
        library: Library = real(cls, *arguments, **options)
        return library

    monkeypatch.setattr(Library, "open", classmethod(counted))
    answer = ask("When did the volcano erupt near Milano?")
    assert answer.text.startswith("The volcano erupted")
    assert ask("What does Kim play on Sundays?").extractive
    assert len(opened) == 1
    other = write({"b.txt": "A unicorn slept in the garden."}, name="other")
    assert "unicorn" in ask("Where did the unicorn sleep?", library=other).text
    assert len(opened) == 2
    # What is set later counts, and what was opened before is still there.
    monkeypatch.setenv("QA_EVIDENCE__LEAST_TOKENS", "1")
    monkeypatch.setenv("QA_EVIDENCE__SENTENCES", "1")
    narrow = ask("When did the volcano erupt near Milano?")
    assert (len(narrow.evidence), len(opened)) == (1, 3)
    assert narrow.fingerprint != answer.fingerprint
    monkeypatch.delenv("QA_EVIDENCE__LEAST_TOKENS")
    monkeypatch.delenv("QA_EVIDENCE__SENTENCES")
    again = ask("When did the volcano erupt near Milano?")
    assert (again.fingerprint, len(opened)) == (answer.fingerprint, 3)


def test_llamaindex_models_plug_in(write: Write, fast: Fast) -> None:
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.llms import MockLLM

    library = Library.open(
        write(FILES),
        settings=fast(),
        llm=MockLLM(max_tokens=5),
        embedder=MockEmbedding(embed_dim=8),
    )
    assert library.model_name == "MockLLM" or library.model_name
    assert_sound(library, library.ask(QUESTION))


def test_a_library_is_a_context(write: Write, fast: Fast) -> None:
    with Library.open(write(FILES), settings=fast()) as library:
        hits = library.search("piano", limit=1)
        assert [hit.chunk.document for hit in hits] == ["sub/songs.md"]
        assert len(library.search("piano")) <= 10
    assert qa.Library is Library


def test_a_passage_tells_its_page_and_heading(write: Write, fast: Fast) -> None:
    slides = Presentation()
    for title, text in (("Piers", "The north pier is closed."), ("Boats", "The ferry sails.")):
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        for shape, said in zip(slide.placeholders, (title, text), strict=True):
            shape.text_frame.text = said
    folder = write({"a.md": "# Lamps\n\nThe lamp burns at night.\n"})
    slides.save(str(folder / "b.pptx"))
    library = Library.open(folder, settings=fast())
    hit, *_ = library.search("ferry")
    told = hit.to_dict()
    assert (told["document"], told["page"], told["heading"]) == ("b.pptx", 2, "Boats")
    found = library.ask("When does the ferry sail?").to_dict()["evidence"]
    places = {(each["text"], each["page"], each["heading"]) for each in found}
    assert ("The ferry sails.", 2, "Boats") in places
    assert ("The lamp burns at night.", None, "Lamps") in places


@pytest.mark.parametrize("limit", [0, -1, 2.5, "3", None])
def test_a_limit_that_can_t_be_is_refused(write: Write, fast: Fast, limit: Any) -> None:
    library = Library.open(write(FILES), settings=fast())
    with pytest.raises(QuestionError, match=rf"limit = {limit!r}.*whole number"):
        library.search("piano", limit)


def test_search_finds_the_best_first(write: Write, fast: Fast) -> None:
    library = Library.open(write(FILES), settings=fast())
    hits = library.search("theatre on Castle Street", limit=3)
    assert "Castle Street" in hits[0].chunk.text
    assert all(one.score >= other.score for one, other in pairwise(hits))


# --- Folders and models that can't be used -------------------------------------------


def test_a_folder_that_is_not_there(tmp_path: Path, fast: Fast) -> None:
    with pytest.raises(LibraryNotFoundError, match="nowhere"):
        Library.open(tmp_path / "nowhere", settings=fast())
    (tmp_path / "file.txt").write_text("text")
    for name in ("a\0b", "x" * 10_000, "~nobody/at/all"):
        with pytest.raises(LibraryNotFoundError):
            Library.open(name, settings=fast())
    with pytest.raises(LibraryNotFoundError, match="~nobody-here"):
        ask(QUESTION, library="~nobody-here/all")
    with pytest.raises(LibraryNotFoundError, match=r"file\.txt"):
        Library.open(tmp_path / "file.txt", settings=fast())


@pytest.mark.parametrize(
    "files", [{}, {"a.txt": ""}, {"a.txt": " \n"}, {"a.txt": b"\x00\x01\x02" * 99}, {"a.exe": "x"}]
)
def test_a_folder_without_a_document(
    write: Write, fast: Fast, files: dict[str, str | bytes]
) -> None:
    with pytest.raises(EmptyLibraryError, match="documents"):
        Library.open(write(files), settings=fast())


def test_a_binary_file_is_skipped_and_told(write: Write, scripted: Open) -> None:
    library, script = scripted(write({**FILES, "image.txt": b"\x89PNG\x00\x01\xff" * 500}))
    assert set(library.documents) == set(FILES)
    assert [skipped.path for skipped in library.report.skipped] == ["image.txt"]
    script.answer = "12 cm"
    assert library.ask(QUESTION).status == "answered"


@pytest.mark.parametrize("failure", ["no process", "killed"])
def test_what_cant_be_read_now_is_tried_again_by_the_next_question(
    write: Write, fast: Fast, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    root = write({"b.txt": "Another text.", "p.html": "<p>The bridge opened in 1901.</p>"})
    library = Library.open(root, settings=fast())
    with monkeypatch.context() as busy:
        if failure == "no process":
            busy.setattr(subprocess, "Popen", refuse)
        else:
            busy.setattr("qa.readers.sandbox._START", "import os; os.kill(os.getpid(), 9)")
        (root / "p.html").write_text("<p>The bridge opened in 1901. It cost five million.</p>")
        (root / "new.html").write_text("<p>The tide rose.</p>")
        answer = library.ask("When did the bridge open?")
        assert "1901" in answer.text
        assert any("as they were before: " in note for note in answer.notes)
        assert library.changes() == ("new.html", "p.html")
        assert [file.path for file in library.files] == ["b.txt", "p.html"]
    answer = library.ask("What did the bridge cost?")
    assert "five million" in library.documents["p.html"].text
    assert not any("before" in note for note in answer.notes)
    assert "new.html" in library.documents
    assert library.changes() == ()


def test_a_library_whose_only_file_cant_be_read_now_is_tried_again(
    write: Write, fast: Fast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        busy.setattr("qa.readers.sandbox._START", "import os; os.kill(os.getpid(), 9)")
        root = write({"p.html": "<p>The bridge opened in 1901.</p>"})
        library = Library.open(root, settings=fast(), may_be_empty=True)
        assert [file.path for file in library.report.postponed] == ["p.html"]
    assert "1901" in library.ask("When did the bridge open?").text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_any_encoding_is_quoted_exactly(write: Write, scripted: Open, encoding: str) -> None:
    text = "Die Flut in Ålesund stieg früh um 12 cm. Später fiel sie über Nacht wieder.\n" * 3
    library, script = scripted(write({"flut.txt": text.encode(encoding)}))
    script.answer = "12 cm"
    answer = library.ask("Wie hoch stieg die Flut in Ålesund?")
    assert_sound(library, answer)
    assert answer.citations[0].quote == "Die Flut in Ålesund stieg früh um 12 cm."


@pytest.mark.parametrize("llm", ["gpt-4", "/nowhere/model.gguf", "http://host/v1"])
def test_an_unknown_model_is_told_before_anything_is_indexed(
    write: Write, fast: Fast, tmp_path: Path, llm: str
) -> None:
    with pytest.raises(ModelNotFoundError, match="QA_LLM"):
        Library.open(write(FILES), settings=fast(), llm=llm)
    assert not (tmp_path / "home").exists()


def test_an_unknown_embedding_model_is_told(write: Write, fast: Fast) -> None:
    with pytest.raises(ModelNotFoundError, match="QA_EMBEDDING__MODEL|embedding model"):
        Library.open(write(FILES), settings=fast(embedding={"model": "no/such-model"}))


def test_a_folder_may_be_empty_where_that_is_said(write: Write, fast: Fast) -> None:
    root = write({})
    with pytest.raises(EmptyLibraryError):
        Library.open(root, settings=fast())
    library = Library.open(root, settings=fast(), may_be_empty=True)
    answer = library.ask(QUESTION)
    assert (answer.status, dict(library.documents), library.files) == ("not_found", {}, ())
    assert "no document in the library yet" in answer.notes[0]
    (root / "tides.txt").write_text(TIDES)
    assert library.changes() == ("tides.txt",)
    assert library.ask(QUESTION).citations
    assert library.changes() == ()
    assert [file.path for file in library.files] == ["tides.txt"]


def test_further_models_are_asked_by_name(
    write: Write, fast: Fast, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {name: ScriptedChatModel(Script(), name=name) for name in ("own", "larger")}
    monkeypatch.setattr(library_module, "open_chat_model", lambda settings, _: named[settings.llm])
    monkeypatch.setattr(
        library_module,
        "open_further_models",
        lambda settings, _: [named[name] for name in settings.further_llms],
    )
    settings = fast(llm="own", further_llms=("larger",))
    library = Library.open(write(FILES), settings=settings)
    assert library.model_names == ("own", "larger")
    assert library.model_name == "own"

    def made_by(model: str | None) -> str:
        *_, ready = library.stream(QUESTION, model=model)
        assert isinstance(ready, AnswerReady)
        return ready.answer.model

    assert [made_by(model) for model in (None, "own", "larger")] == ["own", "own", "larger"]
    with pytest.raises(ModelNotFoundError, match=r"called 'smaller'.*own.*larger"):
        library.stream(QUESTION, model="smaller")
    twice = fast(llm="own", further_llms=("own",))
    with pytest.raises(ModelNotFoundError, match="same name"):
        Library.open(write(FILES), settings=twice)
    assert twice.fingerprint() == settings.fingerprint()


def test_a_model_s_problem_is_told(write: Write, scripted: Open) -> None:
    library, _ = scripted(write(FILES))
    assert Library.open(write(FILES), settings=library.settings).model_problem(1) is None
    (model,) = library._models.values()
    model._script = lambda messages: "Yes"  # type: ignore[attr-defined]
    assert library.model_problem(10) is None

    def fail(messages: object) -> str:
        raise ModelUnavailableError("It is down.")

    model._script = fail  # type: ignore[attr-defined]
    assert library.model_problem(10) == "It is down."


# --- A folder that changes -----------------------------------------------------------


def test_a_deleted_file_is_not_cited(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "Kim plays the piano. The tide rose by 12 cm."
    (folder / "sub" / "songs.md").unlink()
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.status == "partial"
    assert {citation.document for citation in answer.citations} == {"tides.txt"}
    assert set(library.documents) == {"tides.txt"}


def test_a_changed_and_an_added_file_are_read_anew(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    write({"tides.txt": "Prologue.\n\nThe tide rose by 77 cm.", "new.txt": "A 55 cm wave came."})
    script.answer = "The tide rose by 77 cm. A 55 cm wave came. The tide rose by 12 cm."
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.text == "The tide rose by 77 cm. [1] A 55 cm wave came. [2]"


def test_when_every_file_is_gone_nothing_of_them_answers(write: Write, scripted: Open) -> None:
    folder = write({"tides.txt": TIDES})
    library, script = scripted(folder)
    (folder / "tides.txt").unlink()
    script.answer = "12 cm"
    answer = library.ask(QUESTION)
    assert (answer.status, answer.evidence, dict(library.documents)) == ("not_found", (), {})
    assert "Removed from the index: tides.txt" in answer.notes[0]
    again = library.ask(QUESTION)
    assert (again.status, again.evidence, library.search(QUESTION)) == ("not_found", (), ())
    assert "no document in the library" in again.notes[0]
    write({"new.txt": "The tide rose by 12 cm."})
    assert library.ask(QUESTION).status == "answered"


def test_prompts_of_a_library_that_was_emptied_are_forgotten(
    write: Write, scripted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr(library_module, "forget_prompts", lambda _, name: forgotten.append(name))
    folder = write({"tides.txt": TIDES})
    library, _ = scripted(folder)
    forgotten.clear()
    (folder / "tides.txt").unlink()
    with pytest.raises(EmptyLibraryError):
        library.refresh()
    assert forgotten == [library._store.name]
    assert library.report.removed == ("tides.txt",)


def test_a_folder_that_can_not_be_looked_at_is_told(write: Write, scripted: Open) -> None:
    folder = write({"tides.txt": TIDES})
    library, script = scripted(folder)
    folder.rename(folder.with_name("elsewhere"))
    script.answer = "12 cm"
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert "may have changed" in answer.notes[0]


def test_other_permissions_are_a_change_until_they_are_looked_at(
    write: Write, scripted: Open
) -> None:
    folder = write(FILES)
    library, _ = scripted(folder)
    (folder / "tides.txt").chmod(0o600)
    assert library.changes() == ("tides.txt",)
    assert library.look_again() == ()
    assert library.changes() == ()
    assert not library.report.changed


def test_a_search_notices_what_changed_too(write: Write, fast: Fast) -> None:
    folder = write(FILES)
    library = Library.open(folder, settings=fast())
    (folder / "sub" / "songs.md").unlink()
    write({"new.txt": "A violin was bought."})
    assert {hit.chunk.document for hit in library.search("piano")} <= {"tides.txt", "new.txt"}
    assert library.search("violin", limit=1)[0].chunk.document == "new.txt"


def test_opening_again_does_nothing_again(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    first, _ = scripted(folder)
    second, _ = scripted(folder)
    assert set(first.report.added) == set(FILES)
    assert set(second.report.unchanged) == set(FILES)
    assert not second.report.changed


def test_an_interruption_while_indexing_keeps_the_old_index(write: Write, fast: Fast) -> None:
    folder = write(FILES)
    Library.open(folder, settings=fast())
    write({"new.txt": "A new wave came."})

    def interrupt(done: int, total: int, path: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Library.open(folder, settings=fast(), progress=interrupt)
    library = Library.open(folder, settings=fast())
    assert library.report.rebuilt is None
    assert library.report.added == ("new.txt",)
    assert set(library.report.unchanged) == set(FILES)


def test_an_interruption_of_the_first_indexing_leaves_nothing_half_done(
    write: Write, fast: Fast
) -> None:
    folder = write(FILES)
    seen: list[str] = []

    def interrupt(done: int, total: int, path: str) -> None:
        seen.append(path)
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Library.open(folder, settings=fast(), progress=interrupt)
    assert seen
    library = Library.open(folder, settings=fast())
    assert set(library.report.added) == set(FILES)
    assert library.report.rebuilt is None


# --- Several at once -----------------------------------------------------------------


def test_threads_get_their_own_answers(write: Write, scripted: Open) -> None:
    library, script = scripted(write(FILES))
    replies = {
        "How much did the tide rise?": "12 cm",
        "What does Kim play?": "the piano",
        "How many copies did the song sell?": "5.8 million",
        "Where is the theatre?": "Castle Street",
    }
    script.answer = lambda messages: replies[messages[-1].content.rpartition("Question: ")[2]]
    questions = list(replies) * 6
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(library.ask, questions))
    for question, answer in zip(questions, answers, strict=True):
        assert answer.question == question
        assert answer.text == f"{replies[question]} [1]"
        assert_sound(library, answer)


def test_asking_while_files_come_and_go(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "The tide rose by 12 cm."
    stop = threading.Event()

    def change() -> None:
        for number in range(15):
            (folder / f"new{number % 3}.txt").write_text(f"Wave {number} came. " * (number + 1))
            time.sleep(0.01)
        stop.set()

    def keep_asking() -> list[Answer]:
        answers = []
        while not stop.is_set():
            answers.append(library.ask(QUESTION))
        return answers

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(keep_asking) for _ in range(3)]
        pool.submit(change).result(60)
        answers = [answer for future in asking for answer in future.result(60)]
    assert answers
    for answer in answers:
        assert [citation.quote for citation in answer.citations] == [
            "The tide rose by 12 cm 🌊 at 9 am."
        ]


def test_a_question_meets_one_state_of_the_library(
    write: Write, scripted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "A 55 cm wave came."
    whole = library_module.whole_library
    with ThreadPoolExecutor(1) as pool:
        asked = []

        def slow(*arguments: Any) -> Any:
            # Another thread asks while this one is between two states.
            if not asked:
                asked.append(pool.submit(library.ask, "What came?"))
                wait(asked, timeout=0.3)
            return whole(*arguments)

        monkeypatch.setattr(library_module, "whole_library", slow)
        write({"new.txt": "A 55 cm wave came."})
        library.refresh()
        assert asked[0].result(30).text == "A 55 cm wave came. [1]"


def test_while_another_process_writes_a_library_opens_as_it_was(
    write: Write, scripted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LOCK_SECONDS", 0.05)
    folder = write(FILES)
    library, _ = scripted(folder)
    write({"new.txt": "A 55 cm wave came."})
    with GenerationStore(library._store).writing():
        second, script = scripted(folder)
        assert set(second.documents) == set(FILES)
        assert "Another process is writing" in str(second.report.behind)
        assert second.report.unchanged == tuple(second.documents)
        assert second.changes() == ("new.txt",)
        script.answer = "12 cm"
        answer = second.ask(QUESTION)
        assert answer.status == "answered"
        assert "Another process is writing" in answer.notes[0]
    assert second.ask(QUESTION).notes == ()
    assert "new.txt" in second.documents
    assert second.report.behind is None


def test_while_another_process_writes_the_first_index_there_is_nothing_to_open(
    write: Write, scripted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LOCK_SECONDS", 0.05)
    folder = write(FILES)
    store = store_folder(scripted(write(FILES, "other"))[0].settings.home, folder)
    with GenerationStore(store).writing(), pytest.raises(IndexBusyError):
        scripted(folder)


@pytest.fixture
def slow_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading what changed takes until this is set."""
    may_end = threading.Event()
    update = library_module.update_index

    def slow(*arguments: Any) -> Any:
        may_end.wait(60)
        return update(*arguments)

    monkeypatch.setattr(library_module, "update_index", slow)
    yield may_end
    may_end.set()


def test_a_question_does_not_wait_for_a_large_folder_to_be_read(
    write: Write,
    scripted: Open,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "12 cm"
    monkeypatch.setattr(upkeep, "_READING_SECONDS", 0.3)
    monkeypatch.setattr(upkeep, "_UNDER_WAY_SECONDS", 0.1)
    may_end: threading.Event = request.getfixturevalue("slow_reading")
    (folder / "sub" / "songs.md").unlink()
    write({"new.txt": "A 55 cm wave came."})
    for _ in range(2):
        answer = library.ask(QUESTION)
        assert_sound(library, answer)
        assert answer.status == "answered"
        assert answer.notes[0] == (
            "Documents are being read, and this answer rests on them as they were before. "
            "Changed or gone since: sub/songs.md."
        )
        assert library.search("piano")
    assert [thread.name for thread in threading.enumerate()].count("qa-read") == 1
    may_end.set()
    monkeypatch.setattr(upkeep, "_UNDER_WAY_SECONDS", 60)
    monkeypatch.setattr(upkeep, "_READING_SECONDS", 60)
    assert library.ask(QUESTION).notes == ()
    assert set(library.documents) == {"tides.txt", "new.txt"}


def test_whoever_calls_a_question_off_does_not_wait_for_documents(
    write: Write, scripted: Open, request: pytest.FixtureRequest
) -> None:
    library, _ = scripted(write(FILES))
    request.getfixturevalue("slow_reading")
    write({"new.txt": "A 55 cm wave came."})
    deadline = Deadline(0.2)
    assert "being read" in library.look_again(deadline)[0]
    deadline = Deadline(60)
    deadline.call_off()
    started = time.monotonic()
    assert "being read" in library.look_again(deadline)[0]
    assert time.monotonic() - started < upkeep._UNDER_WAY_SECONDS / 2
