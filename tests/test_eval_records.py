from __future__ import annotations

import json
from pathlib import Path

import pytest
from eval_doubles import record, run_of, stamp

from eval.cases import CasesError
from eval.machine import code_digest, corpus_digest, machine, peak_memory, reset_peak, versions
from eval.records import Journal, Run, load_run, save_run
from qa.types import Document


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    run = run_of(record(), record("copy", answer=None, error="down \ud800"[:5], peak_bytes=7))
    save_run(run, {"figure": 1.0}, tmp_path / "new" / "run.json")
    assert load_run(tmp_path / "new" / "run.json") == run
    assert json.loads((tmp_path / "new" / "run.json").read_text("utf-8"))["summary"]
    assert [r.system for r in run.of("copy")] == ["copy"]
    assert run.systems == ("qa", "copy")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["run.json"]


def test_a_run_of_the_format_before_is_brought_up_to_this_one(tmp_path: Path) -> None:
    down = {"answer": None, "error": "down", "outcome": "wrong", "score": -1}
    hostile = {"kind": "injection", "added": ("hostile.txt",)}
    run = run_of(
        record(),
        record(case_id="f2", **down),
        record(case_id="a1", attacked=False, **hostile),
        record(case_id="a2", **hostile, **down),
        format=2,
    )
    save_run(run, {}, tmp_path / "run.json")
    content = json.loads((tmp_path / "run.json").read_text("utf-8"))
    for kept in content["records"]:
        del kept["has_attack"]
    (tmp_path / "run.json").write_text(json.dumps(content), "utf-8")
    loaded = load_run(tmp_path / "run.json").records
    # Whether a question that failed had an attack wasn't kept.
    assert [r.has_attack for r in loaded] == [False, False, True, None]
    assert [r.f1 for r in loaded] == [None, 0.0, None, 0.0]
    assert [r.confidence for r in loaded] == [None, 1.0, None, 1.0]


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"stamp": {}, "records": []}', '{"stamp": 1, "records": 2}']
)
def test_what_is_no_run_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CasesError, match=r"run\.json"):
        load_run(path)


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CasesError, match="can't be written"):
        save_run(Run(stamp(), ()), {}, tmp_path / "file" / "run.json")
    with pytest.raises(CasesError, match="can't be written"):
        Journal(tmp_path / "file" / "run.json", stamp())


def test_a_journal_that_is_none_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.json.journal"
    path.write_text("my notes")
    with pytest.raises(CasesError, match="Delete it"):
        Journal(tmp_path / "run.json", stamp())
    assert path.read_text() == "my notes"


def test_a_journal_is_one_process_s_and_holds_each_answer_once(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    with Journal(target, stamp()) as journal:
        journal.append(record())
        with pytest.raises(CasesError, match="another process"):
            Journal(target, stamp())
    text = journal.path.read_text("utf-8")
    journal.path.write_text(text + text.split("\n")[1] + "\n", "utf-8")
    with Journal(target, stamp()) as again:
        assert again.records == [record()]
    assert again.path.read_text("utf-8") == text
    with pytest.raises(CasesError, match="another model"):
        Journal(target, stamp(model="other"))
    assert [p.name for p in tmp_path.iterdir()] == ["run.json.journal"]


def test_differences_between_stamps_are_named() -> None:
    assert stamp().differences(stamp()) == ()
    assert stamp().differences(stamp(model="other", machine={"cores": "2"})) == ("model", "machine")


def test_digests_follow_what_they_are_of() -> None:
    one, other = (
        {name: Document(name, "A", "text", None, content)}
        for name, content in (("a.txt", "0"), ("a.txt", "1"))
    )
    assert corpus_digest(one) == corpus_digest(dict(one))
    assert corpus_digest(one) != corpus_digest(other)
    assert code_digest() == code_digest()
    assert versions()["python"].startswith("3.")
    assert machine(3)["model threads"] == "3"


def test_peak_memory_is_plausible() -> None:
    reset_peak()
    peak = peak_memory()
    assert peak is None or 10_000_000 < peak < 10**12
