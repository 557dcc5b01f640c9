from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.cases import Case, CasesError
from eval.passages import PassageSuite
from eval.squad import load_squad
from qa.documents import canonical_text

ONE = "Rollo led them. He came in 911 (it is said). “Who knows?” Nobody, of 2,000 men."
TWO = "A line\nbroken  here. Cafe\u0301 culture began on May 2, 1900."


def question(number: int, context: str, answer: str | None) -> dict[str, Any]:
    answers = [{"text": answer, "answer_start": context.index(answer)}] if answer else []
    return {
        "id": f"q{number}",
        "question": f"Question {number}?",
        "answers": answers,
        "is_impossible": answer is None,
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "squad.json"
    one = [question(n, ONE, a) for n, a in enumerate(("Rollo", "911", "2,000", None, None, None))]
    two = [question(n, TWO, a) for n, a in enumerate(("Cafe\u0301", "May 2, 1900", "line\nbroken",
                                                      None), start=6)]  # fmt: skip
    articles = [
        {
            "title": "The_Normans",
            "paragraphs": [{"context": ONE, "qas": one}, {"context": ONE, "qas": []}],
        },
        {"title": "A/B (x)", "paragraphs": [{"context": TWO, "qas": two}]},
    ]
    path.write_text(json.dumps({"version": "v2.0", "data": articles}), "utf-8")
    return path


def test_an_article_is_a_file_of_distinct_paragraphs(data: Path) -> None:
    suite = load_squad(data, counts=(5, 5), seed=0)
    assert suite.files["The_Normans.txt"] == f"The Normans\n\n{ONE}\n"
    assert suite.files["A_B_x.txt"] == f"A/B (x)\n\n{TWO.replace(chr(10), ' ')}\n"


def test_apart_each_paragraph_is_a_file_under_its_article_s_title(data: Path) -> None:
    suite = load_squad(data, counts=(5, 5), seed=0, apart=True)
    assert suite.files == {
        "The_Normans_001.txt": f"The Normans\n\n{ONE}\n",
        "A_B_x_001.txt": f"A/B (x)\n\n{TWO.replace(chr(10), ' ')}\n",
    }
    assert {case.document for case in suite.cases} == set(suite.files)
    # Questions about one article belong together, whatever its paragraphs are filed as.
    assert {case.about for case in suite.cases} == {"The Normans", "A/B (x)"}
    suite.check({name: canonical_text(text) for name, text in suite.files.items()})
    together = load_squad(data, counts=(5, 5), seed=0)
    assert [case.id for case in suite.cases] == [case.id for case in together.cases]


def test_gold_quotes_are_whole_sentences_of_the_canonical_text(data: Path) -> None:
    suite = load_squad(data, counts=(10, 10), seed=0)
    suite.check({name: canonical_text(text) for name, text in suite.files.items()})
    found = {case.id: (case.kind, case.quotes[0]) for case in suite.cases if case.quotes}
    assert found == {
        "q0": ("fact", ("Rollo led them.",)),
        "q1": ("number", ("He came in 911 (it is said).",)),
        "q2": ("number", ("Nobody, of 2,000 men.",)),
        "q6": ("fact", ("Café culture began on May 2, 1900.",)),
        "q7": ("date", ("Café culture began on May 2, 1900.",)),
        "q8": ("fact", ("A line broken  here.",)),
    }
    passages = {case.passages for case in suite.cases if case.quotes}
    assert passages == {(ONE,), (canonical_text(TWO.replace("\n", " ")),)}


def test_the_sample_is_even_alternating_and_seeded(data: Path) -> None:
    suite = load_squad(data, counts=(3, 2), seed=1)
    assert [case.must_refuse for case in suite.cases] == [False, True, False, True, False]
    assert suite == load_squad(data, counts=(3, 2), seed=1)
    samples = {tuple(c.id for c in load_squad(data, counts=(2, 2), seed=s).cases) for s in range(9)}
    assert len(samples) > 1
    assert len(load_squad(data, counts=(50, 50), seed=0).cases) == 10
    given = load_squad(data, counts=(1, 3), seed=0).cases
    assert [case.must_refuse for case in given] == [False, True, True, True]


def test_the_same_content_is_written_to_the_same_folder(data: Path, tmp_path: Path) -> None:
    suite = load_squad(data, counts=(2, 2), seed=0)
    folder = suite.write(tmp_path / "home")
    times = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert load_squad(data, counts=(5, 4), seed=5).write(tmp_path / "home") == folder
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == times
    assert PassageSuite("squad", (), {"a.txt": "x"}).write(tmp_path / "home") != folder


@pytest.mark.parametrize(
    "content", ["", "[]", '{"data": [{}]}', '{"data": 3}', '{"version": "v2.0"}', '{"data": []}']
)
def test_what_is_not_squad_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, "utf-8")
    with pytest.raises(CasesError, match=r"x\.json"):
        load_squad(path, counts=(2, 2), seed=0)


def test_a_case_that_misses_its_document_is_named() -> None:
    suite = PassageSuite("squad", (Case("q9", "?", "unanswerable", "gone.txt"),), {})
    with pytest.raises(CasesError, match=r"q9.*gone\.txt"):
        suite.check({})


def test_a_folder_that_cannot_be_written_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CasesError, match="QA_HOME"):
        load_squad(data, counts=(2, 2), seed=0).write(tmp_path / "file")


def test_a_question_without_its_answer_is_named(data: Path) -> None:
    content = json.loads(data.read_text("utf-8"))
    content["data"][0]["paragraphs"][0]["qas"][0]["answers"] = []
    data.write_text(json.dumps(content), "utf-8")
    with pytest.raises(CasesError, match="'q0' has no answer"):
        load_squad(data, counts=(5, 5), seed=0)
