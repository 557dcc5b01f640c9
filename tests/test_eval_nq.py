from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from eval.cases import CasesError
from eval.nq import load_nq
from qa.documents import canonical_text
from qa.language.values import tokenise

RECORDS = [
    ("who sat", ["the cat", "Cat"], "Cats", "The cat sat\nin 1900. Dogs ran. It is a Cat."),
    ("when did it sit", ["1900"], "Cats", "The cat sat\nin 1900. Dogs ran. It is a Cat."),
    ("where are the owls", ["Oslo"], "Owls", "Owls live in Oslo."),
    ("what do owls eat", ["mice"], "Owls", "They eat mice at night."),
    ("who wrote it", ["Ada Lindqvist"], "Book", "It was written by Ada Lindqvist."),
    ("how many towers", ["nine"], "Castle", "The castle has nine towers."),
    ("what was on the mat", ["cat"], "Mat", "On the mat there was a cat."),
    ("how tall are they", ["90 metres"], "Towers", "Each tower is ninety metres tall."),
]


@pytest.fixture(params=["plain", "gz"])
def data(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    names = ("question", "answers", "title", "text")
    lines = "\n".join(json.dumps(dict(zip(names, r, strict=True))) for r in RECORDS)
    path = tmp_path / "nq.jsonl"
    path.write_bytes(gzip.compress(lines.encode()) if request.param == "gz" else lines.encode())
    return path


def test_passages_of_a_title_are_a_document_and_answers_lie_in_their_passages(data: Path) -> None:
    suite = load_nq(data, counts=(9, 0), seed=0)
    suite.check({name: canonical_text(text) for name, text in suite.files.items()})
    assert suite.files["Cats.txt"] == "Cats\n\nThe cat sat in 1900. Dogs ran. It is a Cat.\n"
    assert suite.files["Owls.txt"] == "Owls\n\nOwls live in Oslo.\n\nThey eat mice at night.\n"
    found = {case.question: case for case in suite.cases}
    assert "how tall are they" not in found
    assert len(found) == 7
    assert found["who sat"].gold == (("the cat", "Cat"),)
    assert found["who sat"].quotes == (("The cat sat in 1900.",),)
    assert found["who sat"].passages == ("The cat sat in 1900. Dogs ran. It is a Cat.",)
    assert found["when did it sit"].kind == "date"


def test_what_is_withheld_is_told_nowhere_else(data: Path) -> None:
    for seed in range(5):
        suite = load_nq(data, counts=(2, 2), seed=seed)
        assert suite == load_nq(data, counts=(2, 2), seed=seed)
        library = [token.value for text in suite.files.values() for token in tokenise(text)]
        refused = [case for case in suite.cases if case.must_refuse]
        assert len(refused) == 2
        # By the article that was left out, not the file that stands in for it.
        assert len({case.about for case in refused}) == 2
        answers = {r[0]: r[1] for r in RECORDS}
        for case in refused:
            # Owls and cats have other passages or questions that may tell.
            assert case.question in {"who wrote it", "how many towers", "how tall are they"}
            words = [token.value for a in answers[case.question] for token in tokenise(a)]
            assert not set(words) <= set(library)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"question": 3}', b"\x1f\x8bnot", b"\xff"])
def test_what_is_not_nq_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(CasesError, match=r"x\.jsonl"):
        load_nq(path, counts=(1, 1), seed=0)


def test_an_answer_is_no_part_of_a_number_and_answers_are_a_list(tmp_path: Path) -> None:
    path = tmp_path / "nq.jsonl"
    record = {"question": "q", "answers": ["4"], "title": "T"}
    path.write_text(json.dumps(record | {"text": "In 1944 it began. There were 4 of them."}))
    assert load_nq(path, counts=(1, 0), seed=0).cases[0].quotes == (("There were 4 of them.",),)
    path.write_text(json.dumps(record | {"answers": "Paris", "text": "Paris is in France."}))
    with pytest.raises(CasesError, match="must be a list"):
        load_nq(path, counts=(1, 0), seed=0)
