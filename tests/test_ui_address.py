from __future__ import annotations

import socket

import pytest
from written import WrittenLibrary

from qa.errors import ServeError
from qa.ui.serving import serve


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
