"""Every test runs offline, away from the user's settings, and the same way each time."""

from __future__ import annotations

import os

# Read when the libraries are imported, hence before anything else.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import ipaddress
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import hypothesis
import pytest
from commands import Run
from doubles import Endpoint, Script
from places import Place
from tides import FILES
from written import WrittenLibrary

from qa import Library, Settings
from qa.llms import ScriptedChatModel
from qa.readers import DocumentReader

# A busy machine is slow, not wrong; and a failure must come again.
hypothesis.settings.register_profile("qa", deadline=None, derandomize=True)
hypothesis.settings.load_profile("qa")


pytest.register_assert_rewrite("browsing", "contrast", "formats", "pages", "patience")


class NetworkBlockedError(OSError):
    """A test tried to leave the machine."""


def _is_loopback(host: str) -> bool:
    ip = _ip(host)
    return host == "localhost" or (ip is not None and ip.is_loopback)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


@pytest.fixture
def linear_time() -> Iterator[None]:
    """Fails what takes more than linear time over a text made to be slow.

    Matching makes no calls that could be counted, so a limit must do: of processor time,
    ten times what is needed and far below what quadratic matching would take.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError("this takes more than linear time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 15)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.fixture(autouse=True)
def blocked_connections(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[object]]:
    """Addresses that the test tried to reach; any that is left at its end fails it.

    Raising alone isn't enough, since libraries swallow errors of the network.
    """
    tried: list[object] = []
    if any(request.node.get_closest_marker(mark) for mark in ("real", "browser")):
        yield tried
        return

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            internet = self.family in {socket.AF_INET, socket.AF_INET6}
            if internet and not _is_loopback(address[0]):
                tried.append(address)
                raise NetworkBlockedError(f"a test tried to connect to {address}")
            return call(self, address)

        return connect

    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        # An address needs no looking up.
        if name and name != "localhost" and _ip(name) is None:
            tried.append(name)
            raise NetworkBlockedError(f"a test tried to look up {name}")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield tried
    assert not tried, f"the test tried to reach {tried}"


@pytest.fixture(autouse=True)
def clean_environment(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No ``QA_*`` variable and no ``qa.toml`` of the person who runs the tests.

    The real models are kept where they already are: putting them in place takes long.
    """
    monkeypatch.chdir(tmp_path)
    if request.node.get_closest_marker("real"):
        return
    for name in list(os.environ):
        if name.startswith("QA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))


@pytest.fixture
def closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nobody may look into, not even root."""
    folder = tmp_path / "closed"
    folder.mkdir()
    look, may = os.stat, os.access

    def refused(path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and folder in Path(path).parents

    def stat(path: Any, *arguments: Any, **options: Any) -> Any:
        if refused(path):
            raise PermissionError(13, "Permission denied", str(path))
        return look(path, *arguments, **options)

    def access(path: Any, *arguments: Any, **options: Any) -> bool:
        return Path(path) != folder and not refused(path) and may(path, *arguments, **options)

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "access", access)
    return folder


@pytest.fixture
def seeds() -> Path:
    """The folder of the seed documents."""
    return Path(__file__).parent.parent / "seeds"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Make a library of files: ``write({"a.txt": "text", "b.txt": b"bytes"})``."""

    def write(files: dict[str, str | bytes], name: str = "documents") -> Path:
        return _put(tmp_path / name, files)

    return write


def _put(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def fast(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a model-free embedder; further values as keywords."""

    def fast(**values: Any) -> Settings:
        return Settings(
            **{"home": tmp_path / "home", "embedding": {"model": "hashing"}, "llm": "none"} | values
        )

    return fast


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line, without models; returns what `commands.Run` says."""
    from qa import cli

    monkeypatch.setenv("QA_EMBEDDING__MODEL", "hashing")
    monkeypatch.setenv("QA_LLM", "none")
    monkeypatch.setenv("COLUMNS", "500")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qa", *map(str, arguments)])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        done = capsys.readouterr()
        return status, done.out, done.err

    return run


@pytest.fixture
def scripted(fast: Callable[..., Settings]) -> Callable[..., tuple[Library, Script]]:
    """Open a folder with a scripted model; the script can be changed between questions."""

    def scripted(folder: Path, **values: Any) -> tuple[Library, Script]:
        script = Script()
        return Library.open(folder, settings=fast(**values), llm=ScriptedChatModel(script)), script

    return scripted


@pytest.fixture(scope="module")
def shared_tides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, Script]:
    """The library of `tides` with a scripted model, for tests that only ask."""
    folder = _put(tmp_path_factory.mktemp("documents"), FILES)
    script = Script()
    settings = Settings(
        home=tmp_path_factory.mktemp("home"), embedding={"model": "hashing"}, llm="none"
    )
    return Library.open(folder, settings=settings, llm=ScriptedChatModel(script)), script


@pytest.fixture
def tides(shared_tides: tuple[Library, Script]) -> Iterator[tuple[Library, Script]]:
    """The shared library, with a script that refuses everything."""
    vars(shared_tides[1]).update(vars(Script()))
    return shared_tides


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An OpenAI-compatible server on loopback; who called it is closed at the end."""
    clients: list[httpx.Client] = []
    initialise = httpx.Client.__init__

    def recorded(self: httpx.Client, *arguments: Any, **options: Any) -> None:
        initialise(self, *arguments, **options)
        clients.append(self)

    monkeypatch.setattr(httpx.Client, "__init__", recorded)
    with Endpoint() as server:
        yield server
        for client in clients:
            client.close()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentReader]:
    """A reader of a folder to put files in: see `formats.read`."""
    with DocumentReader(tmp_path_factory.mktemp("formats")) as reader:
        yield reader


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    # Imported only where it is driven: Gradio and Playwright take a while to import.
    from browsing import chromium

    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def written() -> WrittenLibrary:
    """A library whose answers are written by hand, for a whole module."""
    return WrittenLibrary()


@pytest.fixture(scope="module")
def chat(written: WrittenLibrary) -> Iterator[str]:
    """The address of the chat over the library that is written by hand."""
    from browsing import served

    with served(written) as address:
        yield address


@pytest.fixture
def page(browser: Any, chat: str, written: WrittenLibrary) -> Iterator[Any]:
    """A visitor's page of that chat; a question that waits does so until the test says."""
    from browsing import visiting

    written.may_end.clear()
    with visiting(browser, chat) as page:
        yield page
        written.may_end.set()


@pytest.fixture
def closed_port() -> int:
    """A loopback port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A library of two documents, not yet indexed."""
    place = Place(tmp_path)
    place.put(cats="Cats sleep. Cats eat.", dogs="Dogs bark. Dogs run.")
    return place
