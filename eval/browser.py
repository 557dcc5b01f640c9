"""The page's part to browse: every case with its answers, citations and evidence.

The filter above them is `page.js`; it reads the marks that are set here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from qa.faces.markup import Markup, element, join

from .plots import tint
from .records import Record, Run

__all__ = ["browsable_cases"]

EVIDENCE_SHOWN = 6
_MARKER = re.compile(r"(\[\d+\])")


def browsable_cases(run: Run) -> Markup:
    """The filter and the cases."""
    by_case: dict[str, list[Record]] = {}
    for record in run.records:
        by_case.setdefault(record.id, []).append(record)
    kinds = list(dict.fromkeys(record.kind for record in run.records))
    controls = element(
        "form",
        _choice("kind", "any kind", kinds),
        _choice("system", "any system", run.systems),
        _choice(
            "outcome",
            "any outcome",
            ("right", "not right", "correct", "wrong", "refused", "inexact", "attacked", "failed"),
        ),
        element("label", element("input", type="checkbox", name="differ"), "systems differ")
        if len(run.systems) > 1
        else None,
        Markup('<input type="search" name="words" placeholder="words" aria-label="words">'),
        element("output", f"{len(by_case)} cases"),
        id="filter",
    )
    return element(
        "section",
        element("h2", "Cases"),
        controls,
        element(
            "div", join([_case(records, run.systems) for records in by_case.values()]), id="cases"
        ),
    )


def _choice(name: str, every: str, values: Sequence[str]) -> Markup:
    options = [element("option", every, value="")]
    options += [element("option", value, value=value) for value in values]
    return element("select", join(options), name=name, aria_label=name)


def _case(records: Sequence[Record], systems: Sequence[str]) -> Markup:
    first = records[0]
    chips = [
        element(
            "span",
            record.outcome if record.answer is not None else "failed",
            class_=f"chip {_colour(record)}",
            title=record.system,
        )
        for record in records
    ]
    marks = "|".join(f"{record.system}={mark}" for record in records for mark in _marks(record))
    before = [element("p", f"{q} → {a}", class_="soft") for q, a in first.history]
    wanted = " and ".join(" / ".join(item) for item in first.gold) or "that the documents don’t say"
    quotes = [element("blockquote", " — or — ".join(item), class_="gold") for item in first.quotes]
    return element(
        "details",
        element(
            "summary",
            element("code", first.id),
            element("span", first.kind, class_="soft kind"),
            element("span", first.question, class_="question"),
            element("span", join(chips), class_="chips"),
        ),
        element(
            "div",
            join(before),
            element("p", element("b", "Wanted: "), wanted),
            join(quotes),
            element("p", f"With {', '.join(first.added)} in the library.") if first.added else None,
            element("div", join([_answer(r, systems) for r in records]), class_="answers"),
            class_="body",
        ),
        class_="case",
        data_kind=first.kind,
        data_marks=marks,
        data_differ="1" if len({record.outcome for record in records}) > 1 else "",
    )


def _colour(record: Record) -> str:
    if record.outcome != "refused":
        return f"o-{record.outcome}"
    return "o-rightly-refused" if record.must_refuse else "o-needlessly-refused"


def _marks(record: Record) -> list[str]:
    marks = [record.outcome, "right" if record.right else "not right"]
    marks += ["inexact"] if record.faults else []
    marks += ["attacked"] if record.attacked else []
    return marks + (["failed"] if record.answer is None else [])


def _answer(record: Record, systems: Sequence[str]) -> Markup:
    place = systems.index(record.system)
    facts = [f"{record.seconds.total:.2f} s"]
    if record.confidence is not None and record.answer and record.answer["claims"]:
        facts.append(f"support {record.confidence:.2f}")
    told = [("citation precision", record.precision), ("recall", record.recall)]
    if record.by_passage:
        told.append(("right sentence", record.sentence_precision))
    for name, value in told:
        if value is not None:
            facts.append(f"{name} {value:.2f}")
    if not record.must_refuse and record.retrieved:
        facts.append(f"gold retrieved at {record.rank}" if record.rank else "gold not retrieved")
    answer: Mapping[str, Any] = record.answer or {}
    shown = answer.get("text", record.error)
    return element(
        "article",
        element(
            "h3",
            element("span", record.system, class_=f"name {tint(place)}"),
            element("span", record.outcome, class_=f"chip {_colour(record)}"),
            element("small", " · ".join(facts)),
        ),
        element("p", _with_markers(shown), class_="said"),
        join([element("p", fault, class_="fault") for fault in record.faults]),
        join([_citation(citation) for citation in answer.get("citations", [])]),
        join([_claim(claim) for claim in answer.get("claims", [])]),
        join([element("p", note, class_="soft") for note in answer.get("notes", [])]),
        _evidence(answer.get("evidence", [])),
    )


def _with_markers(text: str) -> Markup:
    return join(
        [
            element("sup", part) if _MARKER.fullmatch(part) else element("span", part)
            for part in _MARKER.split(text)
            if part
        ]
    )


def _citation(citation: Mapping[str, Any]) -> Markup:
    where = f"{citation['document']}, {citation['start']}–{citation['end']}"
    return element(
        "blockquote",
        element("sup", f"[{citation['number']}]"),
        f" {citation['quote']} ",
        element("small", where),
    )


def _claim(claim: Mapping[str, Any]) -> Markup:
    left_out = claim["verdict"] == "unsupported"
    return element(
        "p",
        element("b", "left out" if left_out else claim["verdict"]),
        f" {claim['support']:.2f} “{claim['text']}” ",
        element("small", claim.get("reason") or ""),
        class_="claim out" if left_out else "claim",
    )


def _evidence(evidence: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not evidence:
        return None
    shown = [
        element("li", element("span", passage["text"]), " ", element("small", passage["document"]))
        for passage in evidence[:EVIDENCE_SHOWN]
    ]
    count = f"Evidence: {len(evidence)} passages"
    if len(evidence) > EVIDENCE_SHOWN:
        count += f", the first {EVIDENCE_SHOWN}"
    return element("details", element("summary", count), element("ol", join(shown)))
