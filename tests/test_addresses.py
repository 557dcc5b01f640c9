from __future__ import annotations

import pytest

from qa.addresses import is_loopback, server_of


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "::1", "[::1]"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", *"0.0.0.0 :: localhost.example 192.168.1.5 127.1..1".split()])
def test_others(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("https://one.example/v1#m", "https://one.example"),
        (" http://one.example:8080/v1#m", "http://one.example:8080"),
        ("embedded", None),
        ("/models/m.gguf", None),
    ],
)
def test_the_server_of_a_model(name: str, server: str | None) -> None:
    assert server_of(name) == server
