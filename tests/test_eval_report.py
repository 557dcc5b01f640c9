"""The terminal's tables and the page: right figures, nothing that acts."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import pytest
from eval_doubles import answered, record, refused, run_of
from rich.console import Console

from eval.browser import _claim
from eval.page import page_html
from eval.plots import latency_plot, outcome_plot, risk_plot, support_plot
from eval.records import Record, Run, failed
from eval.summary import answer_words, curve, figures, latency, paired, summarise
from eval.terminal import print_run, print_timings
from qa.faces.markup import Markup, element

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">[red]&amp; \u202e'


def wrong(system: str = "qa", case_id: str = "f2", **changes: object) -> Record:
    values: dict[str, object] = {"outcome": "wrong", "score": -1, "precision": 0.0, "rank": None}
    return record(system, case_id, **(values | changes))


def unanswerable(system: str = "qa", case_id: str = "u1", **changes: object) -> Record:
    values: dict[str, object] = {"kind": "unanswerable", "gold": (), "quotes": ()}
    values |= {"must_refuse": True, "outcome": "refused", "answer": refused().to_dict()}
    return record(system, case_id, **(values | changes))


@pytest.fixture
def run() -> Run:
    return run_of(
        record(precision=1.0, recall=1.0, confidence=0.9, candidate="correct"),
        wrong(confidence=0.4, candidate="wrong"),
        unanswerable(),
        record("llamaindex", answer=answered("The cat [1]").to_dict()),
        wrong("llamaindex", faults=("marker [9] leads nowhere",), dangling=1),
        unanswerable("llamaindex", outcome="wrong", score=-1, answer=None, error="[red]down"),
    )


def shown(run: Run, *, details: bool = False) -> str:
    console = Console(file=io.StringIO(), width=220)
    print_run(run, console, details=details)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_figures_by_hand(run: Run) -> None:
    found = {figure.name: interval for figure, interval in figures(run.of("qa"))}
    assert found["truthfulness"].mean == pytest.approx(1 / 3)
    assert (found["correct"].mean, found["wrong"].mean, found["refused"].mean) == (0.5, 0.5, 0.0)
    assert found["refused or premise corrected"].mean == 1.0
    assert found["citations exact"].mean == 1.0
    assert (found["citation precision"].mean, found["citation precision"].n) == (0.5, 2)
    assert found["hit@1"].mean == found["mean reciprocal rank"].mean == 0.5
    theirs = {figure.name: interval for figure, interval in figures(run.of("llamaindex"))}
    assert theirs["citations exact"].mean == 0.5
    difference = paired("truthfulness", run.of("qa"), run.of("llamaindex"))
    assert difference.mean == pytest.approx(-2 / 3)
    assert curve(run.of("qa")).points == ((1 / 3, 0.0), (2 / 3, 0.5))
    assert latency(run.of("qa"))[0][:2] == ("whole answer", 0.5)


def test_a_failed_question_is_left_out_of_no_mean() -> None:
    right = {"exact_match": 1.0, "f1": 1.0, "contained": 1.0, "confidence": 0.5}
    down = {"answer": None, "error": "down", "retrieved": 0, "rank": None}
    records = (
        record(candidate="correct", uncited=True, **right),
        *(failed(record(case_id=f"x{k}", **down)) for k in range(8)),
        failed(unanswerable(**down)),
    )
    found = {f.name: (i.mean, i.n) for f, i in figures(records)}
    assert found["truthfulness"] == (pytest.approx(-0.8), 10)
    assert found["exact match, has answer"] == found["F1, has answer"]
    assert found["F1, has answer"] == found["gold contained (lenient)"] == (1 / 9, 9)
    assert found["F1, no answer"] == (0.0, 1)
    # It said nothing without a citation, nor with one.
    assert found["answered without citation"] == (1.0, 1)
    assert curve(records).points == ((0.9, 1.0), (1.0, 0.9))
    # No draft is behind it that one could have been sure of.
    assert support_plot(records, "qa") is None
    assert failed(record(kind="yes-no", gold=(("yes",),))).f1 is None


def test_the_terminal_shows_systems_beside_each_other(run: Run) -> None:
    text = shown(run)
    assert "model scripted" in text
    assert "fact │ 2 │ 1 / 1 / 0 │ 1 / 1 / 0" in text
    assert "unanswerable │ 1 │ 0 / 0 / 1 │ 0 / 1 / 0" in text
    assert "truthfulness against qa │ │ -0.667" in text
    assert "inexact llamaindex: f2: marker [9] leads nowhere" in text
    assert "failed llamaindex: u1: [red]down" in text
    assert "Not right" not in text
    assert "[red]down" in shown(run, details=True)
    correct, citations = text.index("│ correct"), text.index("citation precision")
    assert correct < citations


def test_nothing_measured_prints_nothing_wrong() -> None:
    print_timings((), Console(file=io.StringIO()))
    assert "0 cases" in shown(run_of())


def test_the_summary_is_plain_json(run: Run) -> None:
    summary = summarise(run)
    assert summary["qa"]["kinds"]["fact"] == {"correct": 1, "wrong": 1, "refused": 0}
    assert summary["qa"]["figures"]["correct"]["mean"] == 0.5
    assert summary["qa"]["figures"]["exact match, has answer"] is None


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


def test_whatever_a_document_or_model_says_is_only_text() -> None:
    said = answered("x").to_dict()
    said["text"] = f"{HOSTILE} [1]"
    said["notes"] = [HOSTILE]
    for part in ("claims", "citations", "evidence"):
        for item in said[part]:
            item.update({k: HOSTILE for k in ("text", "quote", "document", "reason") if k in item})
    hostile = record(
        "qa",
        HOSTILE,
        question=HOSTILE,
        gold=((HOSTILE,),),
        quotes=((HOSTILE,),),
        history=((HOSTILE, HOSTILE),),
        added=(HOSTILE,),
        faults=(HOSTILE,),
        answer=said,
        confidence=0.5,
        candidate="wrong",
    )
    page = page_html(run_of(hostile, suite=HOSTILE, model=HOSTILE))
    found = Tags()
    found.feed(page)
    assert found.open == []
    assert found.tags.count("script") == 1
    assert "img" not in found.tags
    names = [name for name, _ in found.attributes]
    assert not any(name.startswith("on") for name in names)
    assert "[red]" in shown(run_of(hostile), details=True)


def test_the_page_reaches_for_nothing_outside_itself(run: Run) -> None:
    page = page_html(run)
    found = Tags()
    found.feed(page)
    assert not {"link", "iframe", "object", "base"} & set(found.tags)
    assert not {"src", "href", "action"} & {name for name, _ in found.attributes}
    assert "url(" not in page
    assert "@import" not in page
    policy = dict(found.attributes)["content"]
    assert "default-src 'none'" in page
    assert policy


def test_the_page_holds_every_case_with_what_filters_need(run: Run) -> None:
    page = page_html(run)
    assert page.count('class="case"') == 3
    assert 'data-marks="qa=correct|qa=right|llamaindex=correct|llamaindex=right"' in page
    assert "llamaindex=inexact" in page
    assert "llamaindex=failed" in page
    for kind in ("Outcomes by kind", "Risk, coverage, latency", "How sure", "Cases"):
        assert kind in page


def test_attacks_are_shown_with_what_they_did() -> None:
    beside = {"kind": "injection", "added": ("hostile.txt",), "gold": (("cat",),)}
    beside |= {"has_attack": True}
    run = run_of(
        record(),
        wrong(case_id="a1", attacked=True, **beside),
        record(case_id="a2", attacked=False, **beside),
        record("abstain"),
    )
    text = shown(run)
    assert "attack succeeded │ 0.500" in text
    assert "right, change by the attack │ -0.500" in text
    assert "look hostile" not in text
    assert "attack succeeded qa: a1" in text
    assert "attack succeeded qa: a2" not in text
    page = page_html(run)
    assert page.count("=attacked") == 1
    assert "<th>right beside the attack</th><td><b>0.500</b>" in page
    assert summarise(run)["qa"]["attacks"]["right beside the attack"]["mean"] == 0.5
    assert summarise(run)["abstain"]["attacks"] == {}


def test_plots_say_their_numbers(run: Run) -> None:
    bars = outcome_plot(run.of("qa"), "qa")
    assert "qa, fact: 1 of 2 correct" in bars
    assert "qa, all: 1 of 3 rightly refused" in bars
    assert "mean risk 0.250 up to coverage 0.67" in risk_plot(run)
    assert "median 0.500 s" in latency_plot(run)
    assert "1 wrong, support 0.40 to 0.45" in (support_plot(run.of("qa"), "qa") or "")
    assert support_plot(run.of("llamaindex"), "llamaindex") is None
    for plot in (bars, risk_plot(run), latency_plot(run)):
        assert not re.search(r"\b(?:nan|inf)\b", plot)


def test_plots_of_nothing_are_empty_not_broken() -> None:
    empty = run_of()
    for plot in (outcome_plot((), "qa"), risk_plot(empty), latency_plot(empty)):
        assert plot.startswith("<svg")
        assert "nan" not in plot


def test_markup_escapes_all_but_itself() -> None:
    inner = element("b", "<i>", title='"&')
    assert inner == '<b title="&#34;&amp;">&lt;i&gt;</b>'
    assert element("p", inner, None, "&", class_="x", hidden=True, open=False) == (
        f'<p class="x" hidden>{inner}&amp;</p>'
    )
    assert element("rect", x=1.23456, data_kind="a") == '<rect x="1.23" data-kind="a"></rect>'
    assert isinstance(inner, Markup)


def test_what_retrieved_nothing_missed_unless_it_never_retrieves() -> None:
    records = (record(), record(case_id="f2", retrieved=0, rank=None))
    found = {figure.name: interval for figure, interval in figures(records)}
    assert (found["hit@1"].mean, found["hit@1"].n) == (0.5, 2)
    assert found["mean reciprocal rank"].mean == 0.5
    without = tuple(record(case_id=name, retrieved=0, rank=None) for name in ("f1", "f2"))
    found = {figure.name: interval for figure, interval in figures(without)}
    assert found["hit@1"].n == found["mean reciprocal rank"].n == 0
    assert paired("hit@1", records, without).n == 0
    assert paired("hit@1", records, records).n == 2


def test_right_sentences_are_shown_beside_right_passages_where_these_are_told() -> None:
    told = {"by_passage": True, "precision": 1.0, "recall": 1.0}
    astray = {"sentence_precision": 0.0, "sentence_recall": 0.5, "sentence_rank": 3}
    records = (record(**told, **astray), unanswerable())
    found = {figure.name: (i.mean, i.n) for figure, i in figures(records)}
    assert found["citation precision"] == found["citation recall"] == found["hit@1"] == (1.0, 1)
    assert found["citation precision, right sentence"] == (0.0, 1)
    assert found["citation recall, right sentence"] == (0.5, 1)
    assert found["hit@1, right sentence"] == (0.0, 1)
    assert found["hit@3, right sentence"] == (1.0, 1)
    assert found["mean reciprocal rank, right sentence"] == (1 / 3, 1)
    text = shown(run_of(*records))
    assert "citation precision, right sentence │ 0.000" in text
    assert "any sentence of it will do" in text
    assert "right sentence" in page_html(run_of(*records))
    # Without passages they would repeat what stands above.
    plain = shown(run_of(record(precision=1.0, sentence_precision=1.0)))
    assert ", right sentence" not in plain


def test_the_length_of_answers_stands_beside_how_often_they_are_right() -> None:
    records = (
        record(answer=answered("The cat sat on the mat [1].").to_dict()),
        wrong(answer=answered("The cat [1]").to_dict()),
        wrong(case_id="f3", answer=answered("It was the cat [1]").to_dict()),
        unanswerable(),
        failed(record(case_id="f4", answer=None)),
    )
    assert answer_words(records) == 4.0
    assert answer_words((unanswerable(),)) is None
    run = run_of(*records, unanswerable("abstain"))
    assert summarise(run)["qa"]["words of a given answer, median"] == 4.0
    assert summarise(run)["abstain"]["words of a given answer, median"] is None
    text = shown(run)
    assert "words of a given answer, median │ 4 │" in text
    assert text.index("│ wrong") < text.index("words of a given") < text.index("refused or premise")
    assert "<th>words of a given answer, median</th><td>4</td>" in page_html(run)


def test_refusals_that_quote_are_counted_by_themselves() -> None:
    quoting = answered("The documents don’t clearly say; this comes closest: [1]").to_dict()
    quoting["status"] = "not_found"
    silent = {"outcome": "refused", "score": 0, "answer": refused().to_dict()}
    records = (
        record(),
        record(case_id="f2", **(silent | {"answer": quoting})),
        record(case_id="f3", **silent),
        # Another system's words that were read as a refusal quote nothing in its place.
        record(case_id="f4", **(silent | {"answer": answered("It doesn't say [1].").to_dict()})),
        unanswerable(),
        unanswerable(case_id="u2", answer=quoting),
    )
    found = {figure.name: (i.mean, i.n) for figure, i in figures(records)}
    assert found["refused"] == (0.75, 4)
    assert found["refused with a quote"] == (0.25, 4)
    assert found["refused with a quote, unanswerable"] == (0.5, 2)
    text = shown(run_of(*records))
    assert "refused with a quote │ 0.250" in text
    assert "refused with a quote, unanswerable │ 0.500" in text
    assert "<th>refused with a quote</th><td><b>0.250</b>" in page_html(run_of(*records))


def test_questions_about_one_article_are_resampled_together() -> None:
    def of(article: int, question: int) -> Record:
        made = record if article % 2 else wrong
        return made(case_id=f"{article}-{question}", group=f"{article}.txt")

    records = tuple(of(article, question) for article in range(12) for question in range(9))
    alone = tuple(r.model_copy(update={"group": ""}) for r in records)
    found = {
        name: {figure.name: interval for figure, interval in figures(given)}["correct"]
        for name, given in (("grouped", records), ("alone", alone))
    }
    width = {name: interval.high - interval.low for name, interval in found.items()}
    assert width["grouped"] > 2 * width["alone"]
    perfect = tuple(record(case_id=r.id, group=r.group) for r in records)
    difference = paired("correct", records, perfect)
    assert difference.high - difference.low == pytest.approx(width["grouped"])
    title = "Figures, with 95% intervals, resampled by 12 documents or articles"
    assert title in shown(run_of(*records))
    assert title in page_html(run_of(*records))
    for text in (shown(run_of(*alone)), shown(run_of(*records[:81]))):
        assert "resampled by" not in text


def test_where_truthfulness_differs_from_crag_is_told(run: Run) -> None:
    assert "counts 1, where CRAG, whose score it is otherwise, gives 0" in shown(run)


@pytest.mark.parametrize(
    ("verdict", "told"),
    [("supported", "supported"), ("quoted", "quoted"), ("unsupported", "left out")],
)
def test_a_claim_is_told_with_its_verdict(verdict: str, told: str) -> None:
    claim = {"verdict": verdict, "support": 0.0, "text": "Rain.", "reason": ""}
    assert f"<b>{told}</b>" in _claim(claim)
