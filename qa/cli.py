"""The command line: a face that renders what a `Library` says and decides nothing.

Results go to standard output, progress and errors to standard error, so that
``qa ask --json`` can be piped.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.metadata
import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from qa.errors import QaError
from qa.faces.printing import counted, printable, weights_progress
from qa.faces.watching import keep_current, print_report
from qa.library import Library
from qa.settings import Settings
from qa.types import QUOTED, Answer, AnswerReady, DraftText, EvidenceFound, shown_date

__all__ = ["app", "main"]

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
CLOSEST_SHOWN = 3

app = typer.Typer(
    name="qa",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", "-l", metavar="DIR", help="Folder of documents. Default: seeds."),
]
LlmOption = Annotated[
    str | None,
    typer.Option(
        "--llm",
        "--model",
        metavar="MODEL",
        help="'embedded', 'none', a .gguf file, or http://host:port/v1#model. Default: QA_LLM.",
    ),
]
LlmsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--llm",
        "--model",
        metavar="MODEL",
        help="As for 'qa ask'. If given several times, readers choose; the first is the default.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qa {importlib.metadata.version('qa')}")
        raise typer.Exit


@app.callback()
def overall(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Ask your documents; check every word."""


@app.command()
def ask(
    question: Annotated[list[str], typer.Argument(help="What you want to know.")],
    library: LibraryOption = None,
    llm: LlmOption = None,
    json: JsonOption = False,
) -> None:
    """Answer a question from your documents, with quotes."""
    with _opened(library, llm) as (opened, console):
        opened.warm_up()
        answer: Answer | None = None
        with console.status("Searching the documents…") as status:
            for event in opened.stream(" ".join(question)):
                match event:
                    case EvidenceFound(passages=passages):
                        status.update(f"Reading {counted(len(passages), 'passage')}…")
                    case DraftText():
                        status.update("Checking the answer…")
                    case AnswerReady():
                        answer = event.answer
    assert answer is not None
    if json:
        typer.echo(answer.to_json())
    else:
        _print_answer(answer)


@app.command()
def chat(
    library: LibraryOption = None,
    llm: LlmsOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    auth_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Who may sign in; see 'qa account'. Needed where others can reach the host.",
        ),
    ] = None,
    root_path: Annotated[
        str,
        typer.Option(
            metavar="PATH", help="Where a reverse proxy serves the chat: /qa, or the whole address."
        ),
    ] = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Let nobody add or remove documents.")
    ] = False,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Let assistants ask through the Model Context Protocol.")
    ] = False,
    at_once: Annotated[
        int, typer.Option(min=1, max=32, help="How many questions the model answers at once.")
    ] = 1,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in your browser.")
    ] = True,
) -> None:
    """Chat with your documents in the browser."""
    from qa.ui import launch, read_accounts

    accounts = read_accounts(auth_file) if auth_file is not None else None
    with _opened(library, *(llm or (None,)), for_chat=True) as (opened, console):
        opened.warm_up()
        names = opened.model_names or ("none",)
        models = f"model{'s' if len(names) > 1 else ''}: {', '.join(names)}"
        console.print(f"{counted(len(opened.documents), 'document')}; {models}", soft_wrap=True)
        launch(
            opened,
            host=host,
            port=port,
            open_browser=browser,
            auth=accounts,
            root_path=root_path,
            editable=not read_only,
            mcp=mcp,
            at_once=at_once,
        )


@app.command()
def account(
    name: Annotated[str, typer.Argument(help="Who is to sign in.")],
    auth_file: Annotated[
        Path, typer.Option(metavar="FILE", help="The accounts' file; created if there is none.")
    ],
) -> None:
    """Create an account for the chat, or change its password, which is asked for."""
    from qa.ui import add_account

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    add_account(auth_file, name, password)
    typer.echo(f"{printable(name.strip())} may sign in: qa chat --auth-file {auth_file}")


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of documents.")],
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Keep running and index every change, until interrupted."),
    ] = False,
) -> None:
    """Build a folder's index, or bring it up to date, and say what changed."""
    with _opened(folder, "none") as (opened, console):
        print_report(opened)
        if watch:
            keep_current(opened, console)
        elif opened.report.behind:
            raise typer.Exit(EXIT_ERROR)


@app.command()
def search(
    question: Annotated[list[str], typer.Argument(help="What to look for.")],
    library: LibraryOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100)] = 5,
    json: JsonOption = False,
) -> None:
    """Show the passages closest to a question; no language model is asked."""
    with _opened(library, "none") as (opened, _):
        hits = opened.search(" ".join(question), limit)
    if json:
        import json as json_module

        typer.echo(json_module.dumps([hit.to_dict() for hit in hits], ensure_ascii=False, indent=2))
        return
    out = Console(highlight=False)
    for number, hit in enumerate(hits, start=1):
        chunk = hit.chunk
        date = shown_date(hit.date, hit.saved)
        out.print(_source_line(number, hit.title, date, chunk.document, chunk.start, chunk.end))
        out.print(Padding(Text(" ".join(chunk.text.split())), (0, 0, 1, 4)))


@app.command()
def doctor(library: LibraryOption = None, llm: LlmOption = None) -> None:
    """Say what is installed, which models load, and where things are kept."""
    from qa.faces.doctor import examine

    settings = _settings(llm)
    table = Table(box=None, show_header=False, pad_edge=False)
    failed = False
    for check in examine(settings, library):
        failed |= not check.passed
        mark = Text("ok", style="green") if check.passed else Text("no", style="bold red")
        table.add_row(mark, Text(check.name), Text(check.detail))
    Console(highlight=False).print(table)
    if failed:
        raise typer.Exit(EXIT_ERROR)


@app.command(
    "eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def evaluate(context: typer.Context) -> None:
    """Measure answers: your own cases, drafts of them, systems side by side."""
    # In a checkout the suite is the folder eval/, in an installed package it is qa_eval.
    checkout = (Path(__file__).parent.parent / "eval" / "__main__.py").is_file()
    suite = importlib.import_module("eval.__main__" if checkout else "qa_eval.__main__")
    suite.main(context.args, name="qa eval")


def main() -> None:
    """Run the command line; a user's mistake ends in one line on standard error."""
    _quieten_libraries()
    for stream in (sys.stdout, sys.stderr):
        # Quotes hold any character: a narrow terminal shows what it can, a pipe loses none.
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8")
    errors = Console(stderr=True, highlight=False)
    try:
        app()
    except QaError as error:
        errors.print(Text.assemble(("error: ", "bold red"), printable(str(error))), soft_wrap=True)
        sys.exit(EXIT_ERROR)
    except OSError as error:
        # Files of ours have errors of ours: what is left is the output.
        if error.errno not in {errno.ENOSPC, errno.EIO, errno.EBADF}:
            raise
        errors.print(Text.assemble(("error: ", "bold red"), f"Nothing could be written: {error}."))
        # What waits to be written would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        _interrupted(errors)
    except SystemExit as leaving:
        if leaving.code != EXIT_INTERRUPTED:
            raise
        _interrupted(errors)


def _interrupted(errors: Console) -> NoReturn:
    # A package that is half imported in the background complains while it is taken down.
    sys.unraisablehook = lambda _: None
    errors.print("Interrupted.")
    sys.exit(EXIT_INTERRUPTED)


def _quieten_libraries() -> None:
    """Keep what other packages log and warn of out of people's terminals."""
    warnings.simplefilter("ignore")
    for name in ("httpx", "llama_index", "sentence_transformers", "transformers", "openai"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _settings(llm: str | None, *further: str | None) -> Settings:
    given = {"llm": llm, "further_llms": further or None}
    return Settings.load(**{name: value for name, value in given.items() if value is not None})


@contextlib.contextmanager
def _opened(
    folder: Path | None, llm: str | None, *further: str | None, for_chat: bool = False
) -> Iterator[tuple[Library, Console]]:
    """Open a library with progress bars on standard error."""
    console = Console(stderr=True, highlight=False)
    settings = _settings(llm, *further)
    if not for_chat:
        # Nobody could choose them, and opening them takes time.
        settings = settings.model_copy(update={"further_llms": ()})
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bars:
        library = Library.open(
            folder,
            settings=settings,
            progress=_index_progress(bars),
            weights_progress=weights_progress(console.print),
            may_be_empty=for_chat,
        )
    yield library, console


def _index_progress(bars: Progress) -> Callable[[int, int, str], None]:
    task: list[TaskID] = []

    def show(done: int, total: int, path: str) -> None:
        # While files are read, nobody knows how much there is to embed, or how long it takes;
        # nor, once all is embedded, how long it takes to write.
        if not path and task:
            # A total that is known can't become unknown again.
            bars.remove_task(task.pop())
        if not task:
            task.append(bars.add_task("Reading files", total=None))
        doing = "Writing the index" if not path else "Embedding" if total else "Reading files"
        known = total if path and total else None
        bars.update(task[0], description=doing, completed=done, total=known)

    return show


def _print_answer(answer: Answer) -> None:
    out = Console(highlight=False)
    if answer.standalone_question:
        out.print(Text(f"Understood as: {answer.standalone_question}", style="dim italic"))
    style = "bold" if answer.status != "not_found" else "bold yellow"
    out.print(Text(answer.text, style=style))
    for citation in answer.citations:
        out.print()
        out.print(
            _source_line(
                citation.number,
                citation.title,
                shown_date(citation.date, citation.saved),
                citation.document,
                citation.start,
                citation.end,
            )
        )
        out.print(
            Padding(Text(f"“{' '.join(citation.quote.split())}”", style="green"), (0, 0, 0, 4))
        )
        if citation.support:
            out.print(Padding(Text(f"support {citation.support:.2f}", style="dim"), (0, 0, 0, 4)))
    for claim in answer.claims:
        if not claim.shown:
            out.print()
            out.print(Text(f"Left out: “{claim.text}”. {claim.reason}", style="dim"))
    closest = answer.uncited() if answer.status == "not_found" else ()
    if closest:
        out.print("\nOther passages:" if answer.citations else "\nClosest passages:")
        for passage in closest[:CLOSEST_SHOWN]:
            sentence = passage.sentence
            quote = Text(f"“{' '.join(sentence.text.split())}”")
            place = Text(
                f"{printable(sentence.document)}, {sentence.start}–{sentence.end}", style="dim"
            )
            out.print(Padding(Text.assemble(quote, " ", place), (0, 0, 0, 4)))
    if answer.quoted:
        out.print(Text(f"\n{QUOTED}", style="dim"))
    for note in answer.notes:
        out.print(Text(f"\n{printable(note)}", style="yellow"))
    seconds = ", ".join(f"{stage} {took:.2f} s" for stage, took in answer.timings.items())
    out.print(Text(f"\n{answer.model}; {seconds}", style="dim"))


def _source_line(number: int, title: str, date: str, document: str, start: int, end: int) -> Text:
    line = Text.assemble((f"[{number}] ", "bold cyan"), (title, "bold"))
    if date:
        line.append(f", {date}")
    return line.append(f"  {printable(document)}, {start}–{end}", style="dim")
