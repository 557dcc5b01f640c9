from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from qa import Settings
from qa import settings as settings_module
from qa.errors import SettingsError
from qa.settings import (
    RetrievalSettings,
    SupportModel,
    VerificationSettings,
    unknown_variables,
)


def test_defaults_are_valid_and_offline() -> None:
    settings = Settings.load()
    assert settings.llm == "auto"
    assert settings.embedding.model == "all-MiniLM-L6-v2"
    assert settings.documents is None


def test_an_argument_wins_over_a_variable_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qa.toml").write_text('llm = "file"\n[retrieval]\nchunks = 3\ndense_weight = 0.5\n')
    assert (Settings.load().llm, Settings.load().retrieval.chunks) == ("file", 3)
    monkeypatch.setenv("QA_LLM", "variable")
    monkeypatch.setenv("QA_RETRIEVAL__CHUNKS", "4")
    loaded = Settings.load()
    assert (loaded.llm, loaded.retrieval.chunks, loaded.retrieval.dense_weight) == (
        "variable",
        4,
        0.5,
    )
    assert Settings.load(llm="argument").llm == "argument"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"retrieval": {"chunks": 0}}, "retrieval.chunks = 0"),
        ({"retrieval": {"dense_weight": 1.5}}, "retrieval.dense_weight = 1.5"),
        ({"verification": {"threshold": -0.1}}, "verification.threshold = -0.1"),
        ({"generation": {"deadline_seconds": 0}}, "generation.deadline_seconds = 0"),
        ({"evidence": {"sentences": "many"}}, "evidence.sentences = 'many'"),
        ({"retrieval": {"chunk": 5}}, "retrieval.chunk"),
        ({"llms": "none"}, "llms"),
    ],
)
def test_a_bad_value_is_named(values: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(**values)
    assert named in str(caught.value)
    assert "qa.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("QA_RETRIEVAL__CHUNKS", "a dozen", "a dozen"),
        ("QA_GENERATION__DEADLINE_SECONDS", "-1", "generation.deadline_seconds"),
        ("QA_RETRIEVAL", "not json", "QA_RETRIEVAL = 'not json' isn't JSON.*QA_RETRIEVAL__NAME="),
        ("QA_HOME", "~nobody-here/qa", "home = '~nobody-here/qa'"),
    ],
)
def test_a_bad_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=named):
        Settings.load()


@pytest.mark.parametrize("content", [b"llm = ", b"\xff\xfe\x00", b"[retrieval]\nchunk = 1\n"])
def test_a_bad_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "qa.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"qa\.toml"):
        Settings.load()


def test_settings_can_not_change() -> None:
    settings = Settings.load()
    with pytest.raises(ValidationError):
        settings.llm = "none"
    with pytest.raises(ValidationError):
        settings.retrieval.chunks = 5


@pytest.mark.parametrize(
    "values",
    [
        {"llm": "none"},
        {"embedding": {"model": "hashing"}},
        {"chunking": {"max_chunk_characters": 300}},
        {"retrieval": {"chunks": 5}},
        {"evidence": {"sentences": 5}},
        {"generation": {"max_tokens": 50}},
        {"verification": {"threshold": 0.9}},
        {"local": {"context_tokens": 8192}},
    ],
)
def test_the_fingerprint_changes_with_what_can_change_an_answer(values: dict[str, Any]) -> None:
    assert Settings.load(**values).fingerprint() != Settings.load().fingerprint()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("name", ["intercept", "check"])
def test_a_weight_is_a_number(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"verification\.model\.{name} = '?-?{value[-3:]}"):
        Settings.load(verification={"model": {name: value}})


def test_the_fingerprint_stays_with_places_and_secrets(tmp_path: Path) -> None:
    plain = Settings.load().fingerprint()
    other = Settings.load(
        documents=tmp_path,
        home=tmp_path / "other",
        api_key="secret",
        local={"threads": 1, "cache_mebibytes": 0},
    )
    assert other.fingerprint() == plain
    assert len(plain) == 12
    assert int(plain, 16) >= 0


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_API_KEY", "hunter2")
    settings = Settings.load()
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()
    for values in ({"retrieval": {"chunks": 0}}, {"api_key": ["hunter2"]}):
        with pytest.raises(SettingsError) as caught:
            Settings.load(**values)
        assert "hunter2" not in str(caught.value)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_LLM", "")
    monkeypatch.setenv("QA_DOCUMENTS", "")
    settings = Settings.load()
    assert (settings.llm, settings.documents) == ("auto", None)


def test_home_stays_the_same_wherever_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.load(home="~/data").home == tmp_path / "data"
    assert Settings.load(home="data").home == Path.cwd() / "data"


@pytest.mark.parametrize("value", ["none,http://h:1/v1#m", " none , http://h:1/v1#m,"])
def test_further_models_stand_in_one_variable(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_FURTHER_LLMS", value)
    assert Settings.load().further_llms == ("none", "http://h:1/v1#m")
    monkeypatch.setenv("QA_FURTHER_LLMS", '["none", "http://h:1/v1#m"]')
    assert Settings.load().further_llms == ("none", "http://h:1/v1#m")


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("QA_FURTHER_LLMS", "[none", "further_llms = '\\[none'"),
        ("QA_VERIFICATION__TRESHOLD", "1", "verification.treshold = '1': no setting has this name"),
    ],
)
def test_a_variable_that_can_not_be_read_is_named(
    variable: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("QA_API_KEY", "sk-mine")
    with pytest.raises(SettingsError, match=told):
        Settings.load()


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\u200bb"])
def test_a_key_that_no_header_can_carry(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_API_KEY", key)
    with pytest.raises(SettingsError, match="a key is of printable ASCII") as caught:
        Settings.load()
    assert key not in str(caught.value)


def test_the_line_break_behind_a_key_is_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_API_KEY", "sk-1\n")
    key = Settings.load().api_key
    assert key is not None
    assert key.get_secret_value() == "sk-1"


def test_variables_that_are_no_settings() -> None:
    names = ["QA_LIM", "QA_LLM", "qa_home", "QA_VERIFICATION__THRESHOLD", "QA_ENV", "QATAR"]
    assert unknown_variables(dict.fromkeys(names, "")) == {"QA_ENV": "", "QA_LIM": "QA_LLM"}


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e10, 86_401])
def test_a_question_has_at_most_a_day(seconds: float) -> None:
    with pytest.raises(SettingsError, match=r"generation\.deadline_seconds"):
        Settings.load(generation={"deadline_seconds": seconds})
    Settings.load(generation={"deadline_seconds": 86_400})


OURS, THEIRS = "https://ours.example/v1#m", "https://user:hunter2@theirs.example/v1#m"


@pytest.mark.parametrize(
    ("file", "outside", "arguments", "key"),
    [
        # Named outside, by a variable or an argument.
        ("", {"QA_LLM": OURS}, {}, "sk-mine"),
        (f"llm = '{THEIRS}'", {"QA_LLM": OURS}, {}, "sk-mine"),
        (f"llm = '{THEIRS}'", {}, {"llm": OURS}, "sk-mine"),
        (f"llm = '{OURS}'", {"QA_LLM": OURS}, {}, "sk-mine"),
        (f"llm = '{OURS}'", {"QA_FURTHER_LLMS": f"none,{OURS}"}, {}, "sk-mine"),
        (f"further_llms = ['{THEIRS}']", {"QA_LLM": OURS}, {}, "sk-mine"),
        ("llm = 'embedded'", {}, {}, "sk-mine"),
        # By the file alone.
        (f"llm = '{THEIRS}'", {}, {}, None),
        (f"llm = '{THEIRS}'", {"QA_FURTHER_LLMS": OURS}, {}, None),
        (f"further_llms = ['{THEIRS}']", {}, {}, None),
        (f"further_llms = ['{THEIRS}']", {"QA_LLM": "embedded"}, {}, None),
        (f"llm = '{THEIRS}'", {}, {"api_key": "sk-argument"}, None),
        # Whose key stands there too.
        (f"llm = '{THEIRS}'\napi_key = 'sk-theirs'", {}, {}, "sk-theirs"),
    ],
)
def test_a_key_goes_to_no_server_that_only_the_file_names(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    outside: dict[str, str],
    arguments: dict[str, Any],
    key: str | None,
) -> None:
    (tmp_path / "qa.toml").write_text(file)
    for name, value in {"QA_API_KEY": "sk-mine", **outside}.items():
        monkeypatch.setenv(name, value)
    found = Settings.load(**arguments).api_key
    assert (found and found.get_secret_value()) == key


def test_a_file_that_names_a_model_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings_module._tell.cache_clear()
    file = tmp_path / "qa.toml"
    file.write_text(f"llm = '{THEIRS}'\napi_key = 'sk-theirs'")
    for _ in range(2):
        Settings.load()
        # One that isn't used needn't be told.
        Settings.load(llm="none")
    assert caplog.messages == [f"{file} names the language model https://theirs.example/v1#m."]
    monkeypatch.setenv("QA_API_KEY", "sk-mine")
    Settings.load()
    assert "isn't sent to https://theirs.example, which only" in caplog.messages[1]
    assert "hunter2" not in caplog.text
    file.write_text("llm = 'none'\n")
    Settings.load()
    assert len(caplog.messages) == 2


NAN = float("nan")


@pytest.mark.parametrize(
    ("group", "value", "fault"),
    [
        ("retrieval", {"chunks": -3}, "retrieval.chunks = -3"),
        ("retrieval", RetrievalSettings.model_construct(chunks=-3), "retrieval.chunks = -3"),
        ("retrieval", None, "retrieval = None"),
        (
            "verification",
            VerificationSettings().model_copy(update={"threshold": NAN}),
            "verification.threshold = nan",
        ),
        (
            "verification",
            VerificationSettings(model=SupportModel.model_construct(intercept=NAN)),
            "verification.model.intercept = nan",
        ),
    ],
)
def test_a_copy_is_checked(group: str, value: object, fault: str) -> None:
    copy = Settings.load().model_copy(update={group: value})
    with pytest.raises(SettingsError, match=re.escape(fault)):
        copy.checked(["retrieval", "verification"])


def test_a_checked_copy_has_its_groups() -> None:
    copy = Settings.load().model_copy(update={"retrieval": {"chunks": 3}})
    assert copy.checked(["retrieval"]).retrieval == RetrievalSettings(chunks=3)
