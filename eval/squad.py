"""SQuAD 2.0 as a suite, with its questions that sound like an article but aren't answered.

Source: Rajpurkar et al., 2018, "Know What You Don't Know: Unanswerable Questions for
SQuAD".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.documents import canonical_text

from .cases import Case, CasesError
from .passages import PassageSuite, draw, file_name, kind_of, one_line, sentence_around

__all__ = ["load_squad"]


def load_squad(
    path: Path | str, *, counts: tuple[int, int], seed: int, apart: bool = False
) -> PassageSuite:
    """Cases sampled from a SQuAD 2.0 JSON file; each article is a document.

    Parameters
    ----------
    path : Path or str
    counts : (int, int)
        Of answerable and of unanswerable questions; fewer where the file has fewer.
    seed : int
        The same seed draws the same questions.
    apart : bool
        Each paragraph is a document, under its article's title: systems that read by large
        chunks then read no more than those that read by sentences.

    Raises
    ------
    CasesError
        The file can't be read or isn't in SQuAD 2.0's format.
    """
    path = Path(path)
    pools: tuple[list[Case], list[Case]] = ([], [])
    files: dict[str, str] = {}
    try:
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            title = str(article["title"]).replace("_", " ")
            contexts = [one_line(paragraph["context"]) for paragraph in article["paragraphs"]]
            numbers = {text: number for number, text in enumerate(dict.fromkeys(contexts), 1)}
            names = {
                text: file_name(f"{title} {number:03}" if apart else title)
                for text, number in numbers.items()
            }
            for text, name in names.items():
                files[name] = files.get(name, f"{title}\n") + f"\n{text}\n"
            for paragraph, context in zip(article["paragraphs"], contexts, strict=True):
                for record in paragraph["qas"]:
                    if str(record["question"]).strip():
                        case = _case(record, context, names[context], title)
                        pools[case.must_refuse].append(case)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CasesError(
            f"{path}: not a SQuAD 2.0 file ({type(error).__name__}: {error}). Give the JSON of "
            "https://rajpurkar.github.io/SQuAD-explorer/."
        ) from error
    cases = draw(*pools, counts, seed)
    if not cases:
        raise CasesError(f"{path}: no question in it. Give a SQuAD 2.0 file with questions.")
    return PassageSuite("squad-paragraphs" if apart else "squad", cases, files)


def _case(record: Mapping[str, Any], context: str, document: str, article: str) -> Case:
    case_id, question = str(record["id"]), str(record["question"]).strip()
    if record["is_impossible"]:
        return Case(case_id, question, "unanswerable", document, group=article)
    answers = record["answers"]
    golds = tuple(dict.fromkeys(str(answer["text"]) for answer in answers))
    if not golds:
        raise ValueError(f"question {case_id!r} has no answer but isn't marked as impossible")
    quotes = dict.fromkeys(
        sentence_around(context, answer["answer_start"], len(answer["text"])) for answer in answers
    )
    return Case(
        case_id,
        question,
        kind_of(golds[0]),
        document,
        (golds,),
        (tuple(quotes),),
        passages=(canonical_text(context).strip(),),
        group=article,
    )
