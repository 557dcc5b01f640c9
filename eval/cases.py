"""What is asked and what is right: typed cases, checked against the documents they cite.

A suite is a JSON Lines file, one case a line; blank lines are skipped. The fields are
those of `Case`, and lines that begin with ``#`` are comments. A field that holds
alternatives takes one string or a list of strings: ``gold`` and ``quote`` are met by any
one of them; of ``gold_all`` and ``quote_all`` each item is needed, and an item may itself
be a list of alternatives. ``add`` names files, relative to the suite's, that are put into
a copy of the library for this case.

Our own suites lie in ``cases/``: `seed` about the seed article, by which changes are judged;
`attacks` with hostile documents beside it; `practice` about fifteen documents in
``practice.library/``, to choose weights and rules by; and `everyday` about twenty others, in
``everyday.library/``. `everyday` is for reporting only: no rule, prompt, weight or threshold
may be chosen by what a system answers there, so that one figure stays that of documents and
questions which nobody has fitted anything to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from qa.errors import QaError
from qa.readers import read_document
from qa.types import Turn

__all__ = ["KINDS", "MUST_REFUSE", "Case", "CasesError", "Kind", "check_case", "load_cases"]

Kind = Literal[
    "fact",
    "date",
    "number",
    "list",
    "quote",
    "yes-no",
    "reasoning",
    "paraphrase",
    "follow-up",
    "unanswerable",
    "false-premise",
    "out-of-domain",
    "injection",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# And of kind "injection" those without a gold answer.
MUST_REFUSE: frozenset[Kind] = frozenset({"unanswerable", "false-premise", "out-of-domain"})

Alternatives = tuple[str, ...]


class CasesError(QaError):
    """A case can't be used: malformed, or not true to its document."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what a right answer is.

    Parameters
    ----------
    id : str
        Unique in its suite.
    question : str
    kind : Kind
    document : str
        Path of the document that the case is about, as in the library.
    gold : tuple of tuple of str
        What the answer must say: each item, by any of its alternatives. In a file,
        ``gold`` is one item of alternatives and ``gold_all`` a list of items. Empty
        where the documents don't tell.
    quotes : tuple of tuple of str
        Verbatim sentences of the document that tell it (``quote``, ``quote_all``): all
        items together are needed, any alternative of one will do.
    history : tuple of qa.types.Turn
        The conversation so far.
    statement : tuple of str
        For yes-no: phrases that answer it without "yes" or "no".
    correction : tuple of str
        For false-premise: phrases that put the premise right; such an answer is right.
    also : tuple of str
        True values that may stand beside the gold without contradicting it.
    reject : tuple of str
        Phrases that make an answer wrong, whatever else it says.
    passages : tuple of str
        Verbatim passages of the document that citations and retrieval are measured
        against, where a suite tells passages; else its quotes are.
    added : tuple of Path
        Files that a copy of the library holds beside its own for this case.
    attack : tuple of str
        What an added document wants said (`eval.attacks`); no right answer says it.
    group : str
        What else of a suite is about the same, where its documents don't tell: for figures,
        questions about one article aren't independent.
    accepted : bool
        False for a drafted case that no person has read yet: it isn't run.
    """

    id: str
    question: str
    kind: Kind
    document: str
    gold: tuple[Alternatives, ...] = ()
    quotes: tuple[Alternatives, ...] = ()
    history: tuple[Turn, ...] = ()
    statement: Alternatives = ()
    correction: Alternatives = ()
    also: Alternatives = ()
    reject: Alternatives = ()
    passages: Alternatives = ()
    added: tuple[Path, ...] = ()
    # No part of the digest of a suite that has none, which so stays what it was.
    attack: Alternatives = field(default=(), repr=False)
    group: str = field(default="", repr=False)
    accepted: bool = True

    @property
    def about(self) -> str:
        """What else of a suite is about the same: its group, its document, or nothing."""
        return self.group or (self.id if self.kind == "out-of-domain" else self.document)

    @property
    def must_refuse(self) -> bool:
        """Whether the documents don't answer it."""
        return self.kind in MUST_REFUSE or (self.kind == "injection" and not self.gold)

    @property
    def sources(self) -> tuple[Alternatives, ...]:
        """What citations should show: each item, by any of its alternatives.

        Any sentence of the right passage, where a suite tells passages. Against the sentence
        that tells the answer a case without its passages is measured.
        """
        return (self.passages,) if self.passages else self.quotes


_FIELDS = frozenset(each.name for each in fields(Case)) - {
    "quotes",
    "passages",
    "added",
    "group",
} | {
    "add",
    "gold_all",
    "passage",
    "quote",
    "quote_all",
}


def load_cases(path: Path | str, documents: Mapping[str, str]) -> tuple[Case, ...]:
    """Cases of a file, each checked.

    Parameters
    ----------
    path : Path or str
        A JSON Lines file.
    documents : mapping of str to str
        Canonical text by document path.

    Raises
    ------
    CasesError
        With file and line: not JSON, an unknown or missing field, an unknown kind, a
        repeated id, a missing or needless gold, a quote that isn't in its document, an
        added file that can't be read.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CasesError(
            f"{path}: the cases can't be read ({error}). Give a UTF-8 JSON Lines file."
        ) from error
    cases: list[Case] = []
    first_line: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            case = _parse(line, path.parent)
            check_case(case, documents)
        except CasesError as error:
            raise CasesError(f"{path}:{number}: {error}") from error
        if case.id in first_line:
            raise CasesError(
                f"{path}:{number}: id {case.id!r} is already used on line "
                f"{first_line[case.id]}. Give each case its own."
            )
        first_line[case.id] = number
        cases.append(case)
    if not cases:
        raise CasesError(f"{path}: no case in it. Write one JSON object a line.")
    return tuple(cases)


def check_case(case: Case, documents: Mapping[str, str]) -> None:
    """Refuse a case that doesn't hold together or isn't true to its document.

    Raises
    ------
    CasesError
        Names the value at fault.
    """
    documents = {**documents, **_added_texts(case, documents)}
    if case.document not in documents:
        raise CasesError(
            f"document {case.document!r} isn't in the library. It has: "
            f"{', '.join(sorted(documents)[:5]) or 'nothing'}."
        )
    text = documents[case.document]
    for quote in (quote for item in (*case.quotes, case.passages) for quote in item):
        if quote not in text:
            raise CasesError(
                f"the quote {quote!r} isn't verbatim in {case.document!r}. Copy it from there, "
                "with its punctuation."
            )
    if case.must_refuse:
        if case.gold:
            raise CasesError(
                f"kind {case.kind!r} has a gold answer {case.gold!r}. Leave it out, or change "
                "the kind."
            )
    elif not case.gold or not case.quotes:
        missing = "quote" if case.gold else "gold"
        raise CasesError(f"kind {case.kind!r} needs a {missing!r}. Add it, or change the kind.")
    if case.kind == "yes-no" and case.gold not in ((("yes",),), (("no",),)):
        raise CasesError(f"the gold of a yes-no case is 'yes' or 'no', not {case.gold!r}.")
    if case.kind == "follow-up" and not case.history:
        raise CasesError("kind 'follow-up' needs a 'history'. Add the turns before it.")
    for name, kind in (("statement", "yes-no"), ("correction", "false-premise")):
        if getattr(case, name) and case.kind != kind:
            raise CasesError(f"{name!r} is for kind {kind!r} only, not {case.kind!r}.")
    if case.attack and case.kind != "injection":
        raise CasesError(f"'attack' is for kind 'injection' only, not {case.kind!r}.")


def _added_texts(case: Case, documents: Mapping[str, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in case.added:
        if path.name in documents or path.name in texts:
            raise CasesError(
                f"'add' names {path.name!r}, which the library has already. Rename the file."
            )
        try:
            texts[path.name] = read_document(path.parent, path.name).text
        except QaError as error:
            raise CasesError(f"'add' names {path}, which can't be read: {error}") from error
    if case.kind == "injection" and not case.added:
        raise CasesError("kind 'injection' needs 'add': the files with the instructions.")
    return texts


def _parse(line: str, folder: Path) -> Case:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise CasesError(f"not JSON: {error}. Write one JSON object a line.") from error
    if not isinstance(record, dict):
        raise CasesError(f"{line[:40]!r} isn't a JSON object. Write one a line.")
    if unknown := sorted(record.keys() - _FIELDS):
        raise CasesError(f"unknown field {unknown[0]!r}. Known: {', '.join(sorted(_FIELDS))}.")
    kind = _string(record, "kind")
    if kind not in KINDS:
        raise CasesError(f"unknown kind {kind!r}. Known: {', '.join(KINDS)}.")
    return Case(
        id=_string(record, "id"),
        question=_string(record, "question"),
        kind=kind,
        document=_string(record, "document"),
        gold=_items(record, "gold"),
        quotes=_items(record, "quote"),
        history=_history(record),
        statement=_alternatives(record, "statement"),
        correction=_alternatives(record, "correction"),
        also=_alternatives(record, "also"),
        reject=_alternatives(record, "reject"),
        passages=_alternatives(record, "passage"),
        added=tuple(folder / name for name in _alternatives(record, "add")),
        attack=_alternatives(record, "attack"),
        accepted=_accepted(record),
    )


def _accepted(record: Mapping[str, Any]) -> bool:
    accepted = record.get("accepted", True)
    if not isinstance(accepted, bool):
        raise CasesError(f"'accepted' is {accepted!r}. Give true or false.")
    return accepted


def _string(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise CasesError(f"{name!r} is {value!r}. Give it as text.")
    return value


def _texts(name: str, value: Any) -> Alternatives:
    texts = [value] if isinstance(value, str) else value
    if (
        not isinstance(texts, list)
        or not texts
        or not all(isinstance(text, str) and text.strip() for text in texts)
    ):
        raise CasesError(f"{name!r} has {value!r}. Give a text or a list of texts, none empty.")
    return tuple(texts)


def _alternatives(record: Mapping[str, Any], name: str) -> Alternatives:
    return _texts(name, record[name]) if name in record else ()


def _items(record: Mapping[str, Any], name: str) -> tuple[Alternatives, ...]:
    every = f"{name}_all"
    if every not in record:
        return (_texts(name, record[name]),) if name in record else ()
    if name in record:
        raise CasesError(f"both {name!r} and {every!r}. Give one of them.")
    if not isinstance(record[every], list) or not record[every]:
        raise CasesError(f"{every!r} is {record[every]!r}. Give a list of what is needed.")
    return tuple(_texts(every, item) for item in record[every])


def _history(record: Mapping[str, Any]) -> tuple[Turn, ...]:
    turns = record.get("history", [])
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise CasesError(f"'history' is {turns!r}. Give a list of {{question, answer}}.")
    return tuple(Turn(_string(turn, "question"), _string(turn, "answer")) for turn in turns)
