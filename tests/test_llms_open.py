from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from patience import PATIENCE

from qa import Settings, llms
from qa.errors import ModelNotFoundError, ModelUnavailableError, WeightsError
from qa.llms import (
    AvoidingChatModel,
    ChatModel,
    Deadline,
    Message,
    Part,
    ScriptedChatModel,
    Token,
    complete,
    embedded,
    open_chat_model,
    open_further_models,
    weights,
)
from qa.settings import LocalModelSettings

PROMPT = [Message("user", "How high?")]


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the extra ``local`` were installed."""
    monkeypatch.setattr(embedded, "is_installed", lambda: True)
    monkeypatch.setattr(weights, "are_installed", lambda: True)
    return


def opened(fast: Callable[..., Settings], llm: str) -> ChatModel:
    model = open_chat_model(fast(llm=llm))
    assert model is not None
    return model


def test_none_is_none(fast: Callable[..., Settings]) -> None:
    assert open_chat_model(fast(llm="none")) is None
    assert open_chat_model(fast(llm=" none ")) is None


@pytest.mark.parametrize("absent", ["runtime", "weights"])
def test_auto_is_none_without_the_extra(
    fast: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, local: None, absent: str
) -> None:
    if absent == "runtime":
        monkeypatch.setattr(embedded, "is_installed", lambda: False)
    else:
        monkeypatch.setattr(weights, "are_installed", lambda: False)
    assert open_chat_model(fast(llm="auto")) is None
    # Who asks for it by name is told what is missing when it is needed.
    assert open_chat_model(fast(llm="embedded")) is not None


@pytest.mark.parametrize("llm", ["auto", "embedded"])
def test_the_embedded_model_is_opened_but_not_loaded(
    fast: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, local: None, llm: str
) -> None:
    monkeypatch.setattr(weights, "ensure_weights", lambda *_: pytest.fail("weights were touched"))
    model = opened(fast, llm)
    assert model.name == "Qwen2.5-Coder-1.5B-Instruct (embedded)"
    assert model.context_tokens == 4096


def test_weights_that_fail_are_told_when_needed(
    fast: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, local: None
) -> None:
    def full(home: Path, progress: object) -> Path:
        raise WeightsError("The disk is full.")

    monkeypatch.setattr(weights, "ensure_weights", full)
    with pytest.raises(WeightsError, match="The disk is full"):
        complete(opened(fast, "embedded"), PROMPT, max_tokens=1, deadline=Deadline(10))


@pytest.mark.parametrize(
    ("llm", "said"),
    [
        ("gpt-4", "'gpt-4' names no model.*'embedded'"),
        ("", "'' names no model"),
        ("ftp://host/v1#m", "names no model"),
        ("/nowhere/model.gguf", r"no model file /nowhere/model\.gguf.*QA_LLM"),
        ("~nobody-here/model.gguf", r"no model file ~nobody-here/model\.gguf.*QA_LLM"),
        ("/nowhere/model.bin", "names no model"),
        ("http://host/v1", "http://host:port/v1#model"),
        ("http://host/v1#", "http://host:port/v1#model"),
        ("http://#m", "needs a host"),
        ("http://[::1#m", "isn't a URL"),
        ("http://host:port/v1#m", "isn't a URL"),
    ],
)
def test_a_name_that_leads_nowhere(fast: Callable[..., Settings], llm: str, said: str) -> None:
    with pytest.raises(ModelNotFoundError, match=said):
        open_chat_model(fast(llm=llm))


def test_an_endpoint_is_not_contacted_when_opened(
    fast: Callable[..., Settings], closed_port: int
) -> None:
    url = f"http://user:hunter2@127.0.0.1:{closed_port}/v1#org/model"
    model = opened(fast, url)
    assert model.name == "org/model at 127.0.0.1"
    started = time.perf_counter()
    with pytest.raises(ModelUnavailableError, match="can't be reached") as caught:
        complete(model, PROMPT, max_tokens=1, deadline=Deadline(30))
    assert time.perf_counter() - started < 10
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("llm", "keyed"),
    [
        ("none", {"https://one.example/v1#a", "https://one.example/v1#b"}),
        ("https://own.example/v1#m", set()),
        ("https://two.example/v1#m", {"https://two.example/v1#a"}),
    ],
)
def test_the_key_is_for_one_server_alone(
    fast: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, llm: str, keyed: set[str]
) -> None:
    further = [
        *("none", "https://one.example/v1#a", "https://two.example/v1#a"),
        *("https://one.example.evil/v1#a", "https://one.example/v1#b"),
    ]
    given: dict[str, str | None] = {}

    def endpoint(*, url: str, model: str, api_key: str | None, **rest: object) -> object:
        given[f"{url}#{model}"] = api_key
        return object()

    monkeypatch.setattr(llms, "openai_like", endpoint)
    settings = fast(llm=llm, further_llms=further, api_key="secret")
    assert len(open_further_models(settings)) == len(given) == 4
    assert {name for name, key in given.items() if key is not None} == keyed


@pytest.mark.parametrize("content", [b"", b"GGUF\x03\x00\x00\x00", b"not a model " * 1000])
def test_a_file_that_is_no_model_is_told_when_needed(
    fast: Callable[..., Settings], tmp_path: Path, content: bytes
) -> None:
    pytest.importorskip("xllamacpp")
    path = tmp_path / "Model.GGUF"
    path.write_bytes(content)
    model = opened(fast, str(path))
    assert model.name == "Model (embedded)"
    with pytest.raises(ModelUnavailableError, match=r"Model\.GGUF .*can't be loaded"):
        complete(model, PROMPT, max_tokens=1, deadline=Deadline(30))


def test_a_file_that_goes_away_is_told_when_needed(
    fast: Callable[..., Settings], tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    model = opened(fast, str(path))
    path.unlink()
    with pytest.raises(ModelNotFoundError, match="no model file"):
        complete(model, PROMPT, max_tokens=1, deadline=Deadline(30))


def test_a_missing_runtime_is_told_when_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    model = embedded.EmbeddedChatModel("m", lambda: path, LocalModelSettings(), tmp_path / "states")
    with pytest.raises(ModelNotFoundError, match="extra 'local'"):
        model.stream([Message("user", "Hi")], max_tokens=1, deadline=Deadline(5))


def test_putting_the_weights_in_place_is_not_the_question_s_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assembled() -> Path:
        time.sleep(0.3)
        return tmp_path

    monkeypatch.setattr(embedded, "_serve", lambda *_: Running())
    model = embedded.EmbeddedChatModel("m", assembled, LocalModelSettings(), tmp_path)
    deadline = Deadline(0.2)
    model.stream(PROMPT, max_tokens=1, deadline=deadline)
    assert deadline.remaining() > 0.05


def test_whoever_waits_for_the_start_isnt_charged_for_it_and_may_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, began = threading.Event(), threading.Event()

    def assembled() -> Path:
        began.set()
        may_end.wait(PATIENCE)
        return tmp_path

    monkeypatch.setattr(embedded, "_serve", lambda *_: Running())
    model = embedded.EmbeddedChatModel("m", assembled, LocalModelSettings(), tmp_path)
    starting = threading.Thread(target=model._started, args=(Deadline(PATIENCE),))
    starting.start()
    assert began.wait(PATIENCE)
    gone = Deadline(PATIENCE)
    threading.Timer(0.05, gone.call_off).start()
    with pytest.raises(ModelUnavailableError, match="called off"):
        model.stream(PROMPT, max_tokens=1, deadline=gone)
    waiting = Deadline(1)
    threading.Timer(1.3, may_end.set).start()
    model.stream(PROMPT, max_tokens=1, deadline=waiting)
    assert waiting.remaining() > 0.5
    starting.join()


def test_while_a_prompt_is_read_other_questions_go_on_and_none_waits_beyond_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, reading, may_end = Running(), threading.Event(), threading.Event()

    def restore(slot: int, action: str, name: str, deadline: Deadline) -> bool:
        if slot == Part.CHECKER:
            reading.set()
            may_end.wait(PATIENCE)
        return True

    monkeypatch.setattr(running, "act_on_slot", restore)
    monkeypatch.setattr(embedded, "_is_intact", lambda _: True)
    monkeypatch.setattr(embedded, "_serve", lambda *_: running)
    weights = tmp_path / "weights"
    weights.touch()
    model = embedded.EmbeddedChatModel("m", lambda: weights, LocalModelSettings(), tmp_path)
    model.prime(Part.READER, PROMPT, Deadline(5))
    priming = threading.Thread(target=model.prime, args=(Part.CHECKER, PROMPT, Deadline(PATIENCE)))
    priming.start()
    assert reading.wait(PATIENCE)
    asked = Deadline(5)
    assert complete(model, PROMPT, max_tokens=1, deadline=asked).text
    assert asked.remaining() <= 5
    for part in (Part.CHECKER, Part.REWRITER):
        with pytest.raises(ModelUnavailableError, match=r"within 0\.2 s"):
            model.prime(part, PROMPT, Deadline(0.2))
    # It could take the slot of the prompt that is read, before that is kept.
    with pytest.raises(ModelUnavailableError, match=r"within 0\.2 s"):
        model.stream([Message("user", "Else?")], max_tokens=1, deadline=Deadline(0.2))
    may_end.set()
    priming.join()
    model.prime(Part.REWRITER, PROMPT, Deadline(5))
    assert not any(slot.locked() for slot in running.slots)


def test_what_a_model_is_kept_from_goes_with_every_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_serve", lambda *_: Running())
    monkeypatch.setattr(Client, "fields", [])
    model = embedded.EmbeddedChatModel("m", lambda: tmp_path, LocalModelSettings(), tmp_path)
    assert isinstance(model, AvoidingChatModel)
    other = model.avoiding(["NOT", "Not"])
    for asked in (other, model):
        complete(asked, PROMPT, max_tokens=1, deadline=Deadline(5))
    assert Client.fields == [{"logit_bias": [["NOT", False], ["Not", False]]}, {}]
    assert other.name == model.name


def test_a_prompt_is_read_once_to_be_asked_again_with_words_to_avoid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running()
    monkeypatch.setattr(embedded, "_serve", lambda *_: running)
    monkeypatch.setattr(Client, "fields", [])
    weights = tmp_path / "weights"
    weights.touch()
    model = embedded.EmbeddedChatModel("m", lambda: weights, LocalModelSettings(), tmp_path)
    model.prime(Part.READER, PROMPT, Deadline(5), library="lib")
    other = model.avoiding(["NOT"])
    longer = [*PROMPT, Message("assistant", "Very."), Message("user", "Why?")]

    def asked(*models: ChatModel, prompt: list[Message] = longer) -> list[str]:
        before = len(running.client.prompts), len(running.actions)
        for one in models:
            complete(one, prompt, max_tokens=1, deadline=Deadline(5))
        read = ["read"] * (len(running.client.prompts) - before[0])
        return running.actions[before[1] :] + read

    Client.fields.clear()
    assert asked(model, other, other) == ["restore", *["read"] * 3]
    held = {"id_slot": 0, "logit_bias": [["NOT", False]]}
    assert Client.fields == [{"id_slot": 0}, held, held]
    # Whoever asked something else in between changes nothing but the time that it takes.
    assert asked(model, prompt=PROMPT) == ["restore", "read"]
    Client.fields.clear()
    assert asked(other) == ["restore", "read", "read"]
    assert Client.fields == [{"id_slot": 0}, held]
    # What is asked as it is begins anew, so that it has the same answer every time.
    assert asked(model, model) == ["restore", "restore", "read", "read"]
    model.prime(Part.SECOND_READER, [*PROMPT, Message("assistant", "No.")], Deadline(5))
    assert asked(other)[-2:] == ["read", "read"]
    # A reply that was given up may have left the prompt half read.
    stream = iter(model.stream(longer, max_tokens=9, deadline=Deadline(5)))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert asked(other) == ["restore", "read", "read"]
    # So may one whose reading failed before it was to be avoided.
    monkeypatch.setattr(running, "act_on_slot", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        asked(other, prompt=PROMPT)
    monkeypatch.undo()
    monkeypatch.setattr(embedded, "_serve", lambda *_: running)
    assert asked(other) == ["restore", "read", "read"]
    # A prompt that nobody primed takes whichever slot is idle.
    assert asked(other) == ["read"]
    asked(model, prompt=[Message("user", "Else?")])
    assert asked(other) == ["restore", "read", "read"]


class Client(ScriptedChatModel):
    """Remembers what else it was asked with."""

    fields: ClassVar[list[dict[str, Any]]] = []
    sent: ClassVar[dict[str, Any]] = {}

    def with_fields(self, **fields: Any) -> Client:
        other = copy.copy(self)
        other.sent = {**self.sent, **fields}
        return other

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[Token]:
        self.fields.append(self.sent)
        return super().stream(messages, **options)


class Running:
    """A model that is loaded and asked for nothing."""

    def __init__(self) -> None:
        self.client = Client(lambda _: "Very high.")
        self.actions: list[str] = []
        self.slots = [threading.Lock() for _ in range(embedded.SLOTS)]
        self.read: list[Any] = [None] * embedded.SLOTS

    def act_on_slot(self, slot: int, action: str, name: str, deadline: Deadline) -> bool:
        self.actions.append(action)
        return action == "restore"


def test_a_model_file_that_may_not_be_looked_at_is_named(
    fast: Callable[..., Settings], closed_folder: Path
) -> None:
    path = closed_folder / "model.gguf"
    with pytest.raises(ModelNotFoundError, match=f"{path}.*Check QA_LLM"):
        open_chat_model(fast(llm=str(path)))
