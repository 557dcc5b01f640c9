from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from browsing import free_port
from patience import PATIENCE
from written import WrittenLibrary

from qa.errors import ServeError
from qa.ui.serving import _check_root_path, serve


def test_a_port_in_use_is_named_with_the_next_step() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"Port {port} .* in use.*another port"):
            serve(WrittenLibrary(), port=port)


@pytest.mark.parametrize("port", [-1, 65_536, 10**9])
def test_a_port_that_does_not_exist(port: int) -> None:
    with pytest.raises(ServeError, match=f"Port {port} doesn't exist"):
        serve(WrittenLibrary(), port=port)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(ServeError, match=r"192\.0\.2\.1"):
        serve(WrittenLibrary(), host="192.0.2.1", port=7860, auth=[("ada", "secret")])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_others_are_let_in_only_with_accounts(host: str) -> None:
    with pytest.raises(ServeError, match="accounts"):
        serve(WrittenLibrary(), host=host)


def test_another_loopback_address_goes_by_its_own_name() -> None:
    port = free_port()

    async def asked() -> int:
        blocks = serve(WrittenLibrary(), host="127.0.0.2", port=port)
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"http://127.0.0.2:{port}/")).status_code
        finally:
            blocks.close(verbose=False)

    assert asyncio.run(asked()) == 200


SERVING = """
import signal, sys
from qa.ui.serving import launch
from written import WrittenLibrary
# A shell lets what it starts in the background ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
launch(WrittenLibrary(), port=int(sys.argv[1]))
"""


def _started(temporary: Path) -> subprocess.Popen[str]:
    python = os.pathsep.join(map(str, (Path(__file__).parent, Path(__file__).parents[1])))
    return subprocess.Popen(
        [sys.executable, "-c", SERVING, str(free_port())],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": python},
    )


@pytest.mark.skipif(os.name != "posix", reason="elsewhere there is no SIGTERM to be sent")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_however_it_is_ended_no_upload_is_left_behind(
    tmp_path: Path, ending: signal.Signals
) -> None:
    serving = _started(tmp_path)
    with serving:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("The chat is at")
        assert list(tmp_path.glob("qa-uploads-*"))
        serving.send_signal(ending)
        try:
            assert serving.wait(PATIENCE) == 0
        finally:
            serving.kill()
        assert "The chat has ended." in serving.stdout.read()
    assert list(tmp_path.glob("qa-uploads-*")) == []


def test_what_a_killed_chat_left_behind_goes_when_the_next_begins(tmp_path: Path) -> None:
    for _ in range(2):
        with _started(tmp_path) as serving:
            assert serving.stdout is not None
            try:
                assert serving.stdout.readline().startswith("The chat is at")
                assert len(list(tmp_path.glob("qa-uploads-*"))) == 1
            finally:
                serving.kill()


@pytest.mark.parametrize("host", ["192.168.1..5", "x" * 64 + ".example", "a\0b"])
def test_what_is_no_address(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(name: str, *_: object, **__: object) -> None:
        # As it does, before anything is sent.
        if "\0" in name:
            raise ValueError("embedded null character")
        name.encode("idna")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ServeError, match="is no address of a machine"):
        serve(WrittenLibrary(), host=host, auth=[("ada", "secret")])


@pytest.mark.parametrize(
    "root_path",
    ["https://[bad", "https://example.org:port/qa", "//example.org", "qa", "/qa?x", "https://"],
)
def test_what_is_no_place_behind_a_proxy(root_path: str) -> None:
    with pytest.raises(ServeError, match="--root-path"):
        _check_root_path(root_path)


@pytest.mark.parametrize("root_path", ["", "/qa", "https://example.org", "http://a.example:81/qa"])
def test_places_behind_a_proxy(root_path: str) -> None:
    _check_root_path(root_path)
